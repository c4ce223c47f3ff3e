"""How devices come in and how their secrets change: keys, pairing, tokens, retirement."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from devices.models import Device, DeviceToken, EnrolmentKey, Group, Pairing, Presence
from dgx.core.credentials import hash_secret, make_secret, prefix_of
from dgx.core.errors import Conflict, Gone, Invalid, NotFound
from dgx.core.scope import is_limited, refuse_beyond_limit
from locations.models import Shop

CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without 0, O, 1, I and L, which people confuse: 31^6 codes, 900 million."""
ROTATION_OVERLAP = timedelta(hours=24)
"""How long the old token works after a rotation: a device that is switched off overnight gets its new one."""

PAIRINGS_KEPT = timedelta(hours=24)
"""How long a pairing that ran out can still be looked up."""


@dataclass(frozen=True)
class Enrolled:
    """A device with its new token in clear, to be shown this once."""

    device: Device
    token: str


@dataclass(frozen=True)
class PairingStarted:
    """What a device shows (the code) and keeps (the claim token)."""

    pairing: Pairing
    claim_token: str


@transaction.atomic
def make_enrolment_key(*, created_by: Any = None, **fields: Any) -> tuple[EnrolmentKey, str]:
    """A key and its secret, which is not kept. Raises Invalid and Forbidden beyond the limit of who makes it."""
    _refuse_no_shop(created_by, fields.get("shop"))
    secret = make_secret("e")
    made = EnrolmentKey(prefix=prefix_of(secret), key_hash=hash_secret(secret), **fields)
    made.created_by_id = created_by.pk if created_by else None
    made.save()
    if created_by:
        refuse_beyond_limit(made, created_by)
    return made, secret


@transaction.atomic
def enrol_with_key(*, mobile_id: str, key: str, details: Mapping[str, Any], now: datetime) -> Enrolled:
    """Accept a new device at once. Raises Invalid for a key that opens nothing, Conflict for a known mobile_id."""
    hashed = hash_secret(key)
    used = EnrolmentKey.objects.usable(now).filter(key_hash=hashed).update(uses=F("uses") + 1)
    if not used:
        raise Invalid("The enrolment key is unknown, expired, revoked or used up.", field="enrolment_key")
    found = EnrolmentKey.objects.get(key_hash=hashed)
    device = _new_device(mobile_id, details, group=found.group, shop=found.shop)
    return Enrolled(device, issue_token(device))


def start_pairing(*, mobile_id: str, details: Mapping[str, Any]) -> PairingStarted:
    """Give a device without a key a code to show. Says nothing about whether its mobile_id is registered, only whether
    it already has a token (Conflict)."""
    if Device.objects.named(mobile_id).exclude(state=Device.State.REGISTERED).exists():
        raise already_enrolled(mobile_id)
    claim = make_secret("c")
    for _attempt in range(10):
        code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(6))
        try:
            with transaction.atomic():
                pairing = Pairing.objects.create(
                    code=code, claim_hash=hash_secret(claim), mobile_id=mobile_id, **details
                )
        except IntegrityError:  # the code is shown on another screen just now
            continue
        return PairingStarted(pairing, claim)
    raise Conflict("No free pairing code was found. Try again.")


@transaction.atomic
def approve_pairing(
    *,
    code: str,
    by: AbstractBaseUser | None,
    now: datetime,
    name: str | None = None,
    group: Group | None = None,
    shop: Shop | None = None,
) -> Pairing:
    """The operator typed the code: make the device and let it claim its token. It is called `name`; None: as it calls
    itself. Raises NotFound for a dead code, Invalid and Forbidden where the device would be beyond the operator's
    limit. It counts no guesses: `pairing_codes` does."""
    _refuse_no_shop(by, shop)
    pairing = Pairing.objects.select_for_update().pending(now).filter(code=code.strip().upper()).first()
    if pairing is None:
        raise code_unknown()
    details = pairing.details() if name is None else {**pairing.details(), "name": name}
    device = _new_device(pairing.mobile_id, details, group=group, shop=shop)
    pairing.device, pairing.state, pairing.decided_by_id = device, Pairing.State.APPROVED, by.pk if by else None
    pairing.group, pairing.shop = group, shop
    pairing.save()
    if by:
        refuse_beyond_limit(pairing, by)
    return pairing


def code_unknown() -> NotFound:
    """The refusal of a code that no screen shows."""
    minutes = settings.DGX_PAIRING_MINUTES
    return NotFound(f"No screen shows this code now. Codes live {minutes} minutes.", code="pairing_not_found")


def refuse_pairings(pairings: QuerySet[Pairing], *, by: AbstractBaseUser | None) -> int:
    """Turn pending ones down; returns how many."""
    return pairings.filter(state=Pairing.State.PENDING).update(
        state=Pairing.State.REFUSED, decided_by_id=by.pk if by else None
    )


def clear_pairings(*, now: datetime) -> int:
    """Delete pairings that ran out a day ago and let nobody in; returns how many."""
    return Pairing.objects.dead(now - PAIRINGS_KEPT).delete()[0]


@transaction.atomic
def claim(*, claim_token: str, now: datetime) -> Enrolled | None:
    """The device asks for its token: the token once approved, None while it waits; another one where it asks again
    since it never heard of the first. Raises NotFound or Gone."""
    pairing = Pairing.objects.select_for_update().filter(claim_hash=hash_secret(claim_token)).first()
    if pairing is None:
        raise NotFound("This claim token is unknown. Enrol again.", code="claim_not_found")
    if pairing.state == Pairing.State.REFUSED:
        raise Gone("The pairing was refused.", code="pairing_refused")
    if pairing.state == Pairing.State.CLAIMED:
        return _claim_again(pairing, now=now)
    if pairing.expires_at <= now:
        raise Gone("The pairing expired. Enrol again.", code="pairing_expired")
    if pairing.state == Pairing.State.PENDING or pairing.device_id is None:
        return None
    device = Device.objects.select_for_update().get(pk=pairing.device_id)
    if device.state != Device.State.REGISTERED:  # it came in by another door, or was retired, since the approval
        raise Gone("The device came in by another way. An operator can re-pair it.", code="pairing_overtaken")
    pairing.state = Pairing.State.CLAIMED
    pairing.save(update_fields=["state"])
    return Enrolled(device, issue_token(device))


def _claim_again(pairing: Pairing, *, now: datetime) -> Enrolled:
    """The answer was lost: another secret takes the place of the one that nobody uses, until the device has reported,
    an operator has rotated or taken back its token, or the pairing runs out. Raises Gone.

    The claim token is the device's own secret and was never shown: whoever has only seen the code gains nothing.
    """
    since_claimed = DeviceToken.objects.filter(device=pairing.device_id, created_at__gte=pairing.updated_at)
    token = since_claimed.select_for_update(of=("self",)).order_by("created_at", "pk").select_related("device").first()
    if token is None or pairing.expires_at <= now or not _is_unused(token):
        raise Gone("The token was already claimed.", code="pairing_claimed")
    secret = make_secret("d")
    token.prefix, token.token_hash = prefix_of(secret), hash_secret(secret)
    token.save(update_fields=["prefix", "token_hash"])
    return Enrolled(token.device, secret)


def _is_unused(token: DeviceToken) -> bool:
    """Nobody has rotated it, taken it back or reported since it was made."""
    if token.revoked_at or token.expires_at:
        return False
    return not Presence.objects.filter(device=token.device_id, last_seen_at__gte=token.created_at).exists()


def issue_token(device: Device) -> str:
    """Give the device a token beside those it has; returns it in clear, this once."""
    secret = make_secret("d")
    DeviceToken.objects.create(device=device, prefix=prefix_of(secret), token_hash=hash_secret(secret))
    if device.state != Device.State.ENROLLED:
        device.state = Device.State.ENROLLED
        device.save(update_fields=["state"])
    return secret


@transaction.atomic
def rotate_token(device: Device, *, now: datetime, overlap: timedelta = ROTATION_OVERLAP) -> str:
    """A new token; those before it work on for `overlap`. Raises Conflict for a retired device."""
    if device.state == Device.State.RETIRED:
        raise Conflict(f"Device {device.mobile_id} is retired.", code="device_retired")
    device.tokens.valid(now).filter(expires_at=None).update(expires_at=now + overlap)
    return issue_token(device)


def revoke_tokens(devices: QuerySet[Device], *, now: datetime) -> int:
    """Take back all tokens of these devices, at once; returns how many."""
    return DeviceToken.objects.filter(device__in=devices, revoked_at=None).update(revoked_at=now)


@transaction.atomic
def retire(devices: QuerySet[Device], *, now: datetime) -> int:
    """Take devices out of service: their tokens stop working, their history stays. Returns how many changed."""
    revoke_tokens(devices, now=now)
    return devices.exclude(state=Device.State.RETIRED).update(state=Device.State.RETIRED, updated_at=now)


@transaction.atomic
def allow_pairing(devices: QuerySet[Device], *, now: datetime) -> int:
    """Let devices come in once more by pairing or key: their tokens stop working at once. Returns how many."""
    revoke_tokens(devices, now=now)
    return devices.update(state=Device.State.REGISTERED, updated_at=now)


def _refuse_no_shop(by: AbstractBaseUser | None, shop: Shop | None) -> None:
    """Whoever is limited to some shops lets devices into these alone."""
    if shop is None and is_limited(by):
        raise Invalid("You are limited to some shops; choose one of them.", field="shop")


def already_enrolled(mobile_id: str) -> Conflict:
    """The refusal that a known device gets at the enrolment's door."""
    return Conflict(
        f"Device {mobile_id} is already enrolled. An operator can re-pair it or rotate its token.",
        code="already_enrolled",
    )


def _new_device(mobile_id: str, details: Mapping[str, Any], *, group: Group | None, shop: Shop | None) -> Device:
    """Make the device, or take in one that an operator registered beforehand and that never had a token. Its row stays
    locked, so that of two who come in under one mobile_id at once the second is told of the first."""
    device, made = Device.objects.select_for_update().get_or_create(
        mobile_id=mobile_id, defaults={**details, "group": group, "shop": shop, "name": details.get("name", "")}
    )
    if made:
        return device
    if device.state != Device.State.REGISTERED:
        raise already_enrolled(mobile_id)
    _take_in(device, name=details.get("name", ""), group=group, shop=shop)
    return device


def _take_in(device: Device, *, name: str, group: Group | None, shop: Shop | None) -> None:
    """Name a registered device and put it where the key or the operator says, unless it has a name or a place."""
    device.name = device.name or name
    device.group = device.group or group
    device.shop = device.shop or shop
    device.save(update_fields=["name", "group", "shop"])
