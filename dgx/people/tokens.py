"""Refresh and access tokens: simplejwt's, which rotates refresh tokens and takes each once. Here they belong to a
login, so one that comes a second time ends all that came of it; and of a token nothing is kept but its id."""

import logging
import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from jwt import PyJWS
from jwt.exceptions import InvalidTokenError
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.state import token_backend
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken as LibrarysRefreshToken
from rest_framework_simplejwt.utils import datetime_from_epoch

from dgx.core.audit import describe
from dgx.core.audit_notes import note
from dgx.core.lockout import address_of
from dgx.core.ratelimit import count_failure
from dgx.people.models import AGENT_MAX_LENGTH, TokenLogin

logger = logging.getLogger(__name__)

LOGIN_CLAIM = "login"
TOKEN_MAX_LENGTH = 512
"""Characters; ours have some 320. What is longer is not even read: its header could nest deeper than Python parses."""
NOBODYS = uuid.UUID(int=0)
ENDED = "The login that this token is of has ended. Log in again."
REUSED = "This refresh token was used before, so its login has ended. Log in again."


class ReusedTokenError(TokenError):
    """A refresh token that was rotated already comes again: one of two who hold it has no right to."""

    def __init__(self, login: TokenLogin) -> None:
        super().__init__(REUSED)
        self.login = login


class RefreshToken(LibrarysRefreshToken):
    """A refresh token of a login. Reading one locks its login until the transaction ends, so that of two who bring the
    same token at the same instant one gets through."""

    login: TokenLogin | None = None

    @classmethod
    def of_login(cls, login: TokenLogin) -> Self:
        """The login's first."""
        token = cls()
        token[api_settings.USER_ID_CLAIM] = str(login.user_id)
        token[LOGIN_CLAIM] = str(login.public_id)
        token.outstand()
        return token

    def check_blacklist(self) -> None:
        """Its login goes on, and it comes for the first time. Raises TokenError."""
        self.login = TokenLogin.objects.select_for_update().filter(public_id=login_of(self)).first()
        if self.login is None or self.login.ended_at is not None:
            raise TokenError(ENDED)
        try:
            super().check_blacklist()
        except TokenError:
            raise ReusedTokenError(self.login) from None

    def outstand(self) -> OutstandingToken:
        """Keep its id: the library keeps the token itself, in clear."""
        kept, _made = OutstandingToken.objects.get_or_create(
            jti=self[api_settings.JTI_CLAIM],
            defaults={
                "user_id": self[api_settings.USER_ID_CLAIM],
                "created_at": self.current_time,
                "expires_at": datetime_from_epoch(self["exp"]),
                "token": "",
            },
        )
        return kept

    def blacklist(self) -> BlacklistedToken:
        """It was taken; it works no more."""
        return BlacklistedToken.objects.get_or_create(token=self.outstand())[0]


def login_of(token: Any) -> uuid.UUID:
    """The id of the login that a token is of; nobody's for one of before there were logins."""
    try:
        return uuid.UUID(str(token.get(LOGIN_CLAIM)))
    except ValueError:
        return NOBODYS


def is_ours(token: str) -> bool:
    """We signed it, however long ago and whatever for: whoever brings it does not guess."""
    if len(token) > TOKEN_MAX_LENGTH:
        return False
    try:
        PyJWS().decode(token, token_backend.prepared_signing_key, algorithms=[token_backend.algorithm])
    except InvalidTokenError:
        return False
    return True


def count_if_guessed(token: str, *, request: HttpRequest) -> None:
    """Of a token that opened nothing: count it as a guess unless we made it. One that ran out, was used before or was
    taken back is no guess: its holder has to be told that, to refresh it or log in. Raises TooManyRequests."""
    if token and not is_ours(token):
        count_failure(request)


def begin(user: User, *, request: HttpRequest | None = None) -> RefreshToken:
    """A new login of a person whom the caller has let in; its first refresh token gives the access token as well."""
    login = TokenLogin.objects.create(user=user, **_caller(request))
    return RefreshToken.of_login(login)


def touch(refresh: str, *, request: HttpRequest) -> TokenLogin:
    """Note that the login of this refresh token, which was just made, is in use; returns it."""
    public_id = login_of(RefreshToken(refresh, verify=False))  # type: ignore[arg-type]  # text is what it reads
    TokenLogin.objects.filter(public_id=public_id).update(last_used_at=timezone.now(), **_caller(request))
    return TokenLogin.objects.select_related("user").get(public_id=public_id)


def end(refresh: str) -> None:
    """End the login of a refresh token that is still good. Raises TokenError."""
    token = RefreshToken(refresh)  # type: ignore[arg-type]  # likewise
    token.blacklist()
    if token.login:
        token.login.end(TokenLogin.Ending.LOGOUT, now=timezone.now())


def end_reused(login: TokenLogin, *, request: HttpRequest) -> None:
    """End the login of a refresh token that came twice; the log and the audit say so."""
    if not login.end(TokenLogin.Ending.REUSE, now=timezone.now()):
        return
    address = _caller(request)["address"]
    logger.warning("a refresh token of user %s came twice, now from %s: its login has ended", login.user_id, address)
    describe(f"A refresh token of {login.user} came twice: its login was ended")
    with transaction.atomic():
        note(login.user, token_login=(str(login), None), came_from=(None, address))


def alive_since(now: datetime) -> datetime:
    """A login that was used before has no refresh token any more that is good."""
    lifetime: timedelta = api_settings.REFRESH_TOKEN_LIFETIME
    return now - lifetime


def _caller(request: HttpRequest | None) -> dict[str, str]:
    if request is None:
        return {"agent": "", "address": ""}
    agent = request.headers.get("User-Agent", "").replace("\x00", "")
    return {"agent": agent[:AGENT_MAX_LENGTH], "address": (address_of(request) or "")[:45]}
