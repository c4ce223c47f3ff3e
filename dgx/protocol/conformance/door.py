"""How the examined player comes in: by a key or a pairing that approves itself, one player a run."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from dgx.core.errors import Conflict, Gone, Invalid, NotFound, Unauthenticated
from dgx.protocol.conformance.stage import Reply
from dgx.protocol.conformance.verdicts import Verdicts
from dgx.protocol.schemas import Claim, Enrolment

CODE = "TEST42"
"""Shown on the screen; nobody has to type it."""


class Door:
    """Knows the player's token. After `revoke()` the token opens nothing, and a pairing waits for ever."""

    def __init__(self, verdicts: Verdicts, *, mobile_id: str | None, key: str | None, claim_after_s: float) -> None:
        self.mobile_id = mobile_id
        self.revoked = False
        self.knocks = 0
        """Enrolments since the token was revoked."""
        self._verdicts = verdicts
        self._key = key
        self._claim_after_s = claim_after_s
        self._token: str | None = None
        self._claim_token: str | None = None
        self._claims = 0
        self._claims_again = False
        self._by = "a key"

    def enrol(self, body: Enrolment) -> Reply:
        """201 with a token by a key, 202 with a code without. Raises Conflict for another player, or a second token."""
        if self.mobile_id not in {None, body.mobile_id}:
            raise Conflict(f"This run examines {self.mobile_id}.", code="another_player")
        self.mobile_id = body.mobile_id
        self.knocks += self.revoked
        if self._token is not None and not self.revoked:
            self._judge_coming_again()
        if self._token is not None and (body.enrolment_key is not None or not self.revoked):
            raise Conflict(f"Device {body.mobile_id} is already enrolled.", code="already_enrolled")
        if body.enrolment_key is None:
            return Reply(202, self._start_pairing())
        if self._key not in {None, body.enrolment_key}:
            self._verdicts.noted("enrolment", "came with another enrolment key than that of --key")
            raise Invalid("The enrolment key is unknown, expired, revoked or used up.", field="enrolment_key")
        return Reply(201, self._enrolled())

    def claim(self, body: Claim) -> Reply:
        """202 at the first time of asking, then 201 with a token, of which half arrives, and with another one until
        that is used."""
        if body.claim_token != self._claim_token:
            raise NotFound("This claim token is unknown. Enrol again.", code="claim_not_found")
        self._claims += 1
        if self.revoked or self._claims == 1:
            return Reply(202, {"poll_after_s": self._claim_after_s})
        is_first = self._token is None
        if not is_first and not self._claims_again:
            raise Gone("The token was already claimed.", code="pairing_claimed")
        self._by, self._claims_again = "a pairing code", True
        return Reply(201, self._enrolled(), cut=is_first)

    def check(self, authorization: str) -> None:
        """Let the player's token in. Raises Unauthenticated with the protocol's codes."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "device" or not token.strip():
            self._verdicts.noted("enrolment", "called without “Authorization: Device <token>”")
            raise Unauthenticated("Send the device's token as “Authorization: Device <token>”.")
        if token.strip() != self._token:
            self._verdicts.noted("enrolment", "called with a token from elsewhere, and did not enrol at the 401")
            raise Unauthenticated("This token is unknown. Enrol the device again.", code="token_unknown")
        self._claims_again = False
        if self.revoked:
            raise Unauthenticated("This token was revoked.", code="token_revoked")
        self._verdicts.passed("enrolment", f"{self.mobile_id} came in by {self._by}")

    def _judge_coming_again(self) -> None:
        if self._claims_again:
            self._verdicts.failed("enrolment", "enrolled anew where the answer to its claim was lost, and got 409")
        else:
            self._verdicts.failed("enrolment", "enrolled again though it had a token: keep it, also over a restart")

    def revoke(self) -> None:
        """The operator takes the token back."""
        self.revoked = True

    def _start_pairing(self) -> dict[str, Any]:
        self._claim_token, self._claims = f"dgxc_{secrets.token_urlsafe(24)}", 0
        return {
            "pairing_code": CODE,
            "claim_token": self._claim_token,
            "expires_at": datetime.now(UTC) + timedelta(minutes=15),
            "poll_after_s": self._claim_after_s,
        }

    def _enrolled(self) -> dict[str, Any]:
        self._token = f"dgxd_{secrets.token_urlsafe(24)}"
        device = {"id": "00000000-0000-4000-8000-000000000000", "mobile_id": self.mobile_id, "name": "Examined"}
        known = {"kind": "player", "group": None, "shop": None, "timezone": "UTC"}
        return {"device": device | known, "token": self._token}
