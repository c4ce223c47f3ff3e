"""The second factor: an authenticator app, and recovery codes for when the phone is gone. django-otp compares codes and
slows guesses down; here stands who has one, who must, and what is said."""

from base64 import b32encode
from math import ceil
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.util import random_hex

from dgx.core.audit import describe
from dgx.core.audit_notes import note
from dgx.core.errors import Forbidden, Invalid, TooManyRequests, Unauthenticated
from dgx.people.models import Authenticator, RecoveryCodes, fingerprint_of, secret_of

CODES = 10
DIGITS = 6
CODE_MAX_LENGTH = 20

REQUIRED_OF = ("none", "administrators", "everyone")
"""What DGX_REQUIRE_SECOND_FACTOR may say."""


class CodeRequired(Unauthenticated):
    """The name and the password are right, and a code is needed besides."""

    code = "second_factor_required"

    def __init__(self) -> None:
        said = "Give the code that your authenticator app shows, or a recovery code."
        super().__init__(said, fields={"code": [said]})


class CodeRefused(Unauthenticated):
    """The code is wrong, was used before, or is of another time."""

    code = "second_factor_invalid"

    def __init__(self) -> None:
        said = "This code is not right. An app's code changes every 30 seconds; a recovery code works once."
        super().__init__(said, fields={"code": [said]})


# --- who has one, who must ----
def has_second_factor(user: Any) -> bool:
    """The person is asked for a code at each login."""
    return bool(Authenticator.objects.filter(user=user.pk, confirmed=True).exists())


def must_have_second_factor(user: Any) -> bool:
    """As DGX_REQUIRE_SECOND_FACTOR says. An administrator is who may change people."""
    required = settings.DGX_REQUIRE_SECOND_FACTOR
    if required == "administrators":
        return bool(user.is_superuser or user.has_perm("auth.change_user"))
    return bool(required == "everyone")


def lacks_second_factor(request: Any) -> bool:
    """The session's person must have a second factor and came in without. Costs no query where nobody must."""
    if settings.DGX_REQUIRE_SECOND_FACTOR == "none" or DEVICE_ID_SESSION_KEY in request.session:
        return False
    user = request.user
    return bool(user.is_authenticated and must_have_second_factor(user))


# --- a code ----
def check_code(user: Any, code: str, *, request: HttpRequest) -> Device:
    """The person's device that the code is of. Raises CodeRefused, which counts as a failed login, and TooManyRequests
    while django-otp makes guesses wait."""
    device = _match(user, _plain(code))
    if device is None:
        credentials = {"username": user.get_username()}
        user_login_failed.send(sender=__name__, credentials=credentials, request=request)
        raise CodeRefused
    if isinstance(device, RecoveryCodes):
        note(user, recovery_code=("one more", "used"))
    return device


def check_at_api(user: Any, code: str, *, request: HttpRequest) -> bool:
    """What a login for tokens needs beside the password; says whether that was a code. Raises CodeRequired,
    CodeRefused, TooManyRequests, and Forbidden as `refuse_missing` does."""
    if has_second_factor(user):
        if not code:
            raise CodeRequired
        check_code(user, code, request=request)
        return True
    refuse_missing(user)
    return False


def refuse_missing(user: Any) -> None:
    """Raises Forbidden where the person must have a second factor and has none: only the admin sets one up."""
    if must_have_second_factor(user) and not has_second_factor(user):
        raise Forbidden("Set up your second factor in the admin first.", code="second_factor_missing")


def _plain(code: str) -> str:
    return "".join(character for character in code.lower() if character.isalnum() and character.isascii())


@transaction.atomic
def _match(user: Any, code: str) -> Device | None:
    """Locks the device, so that a code is taken once, however often it comes at the same instant."""
    model: Any = Authenticator if code.isdigit() and len(code) == DIGITS else RecoveryCodes
    device = model.objects.select_for_update().filter(user=user.pk, confirmed=True).first()
    if device is None:
        return None
    allowed, why = device.verify_is_allowed()
    if not allowed:
        wait = max(1, ceil((why["locked_until"] - timezone.now()).total_seconds()))
        raise TooManyRequests(f"Too many wrong codes. Try again in {wait} seconds.", retry_after_s=wait)
    return device if device.verify_token(code) else None


# --- on and off ----
def lock_person(user: Any) -> User | None:
    """The person's row, which nobody else locks or changes until the transaction ends; None where it is gone."""
    return User.objects.select_for_update(no_key=True).filter(pk=user.pk).first()


def new_key() -> str:
    """What an authenticator's row keeps. It waits in the session until the person has shown a code of it."""
    return str(random_hex(20))


def address_of_app(user: Any, key: str) -> str:
    """What the QR code holds: an `otpauth://` address."""
    return str(Authenticator(user=user, key=key).config_url)


def typed_secret(key: str) -> str:
    """The same secret to be typed, in fours."""
    plain = b32encode(secret_of(key)).decode()
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def turn_on(user: Any, *, key: str, code: str) -> tuple[Authenticator, list[str]]:
    """Give the person the second factor whose app shows `code`; returns it with ten recovery codes, which are not kept
    in clear. All sessions and token logins end by it. Raises Invalid where the code is not of this key."""
    with transaction.atomic():
        lock_person(user)
        device = Authenticator(user=user, key=key, name=Authenticator.NAME, confirmed=True)
        Authenticator.objects.filter(user=user.pk).delete()
        device.save()
        if not device.verify_token(_plain(code)):
            raise Invalid("This code is not right. Look whether the phone's clock is.", field="code")
        describe(f"Turned on the second factor of {user}")
        return device, make_codes(user)


@transaction.atomic
def make_codes(user: Any) -> list[str]:
    """Ten new recovery codes, in place of those that were; written as `abcd-efgh`."""
    RecoveryCodes.objects.filter(user=user.pk).delete()
    device = RecoveryCodes.objects.create(user=user, name="recovery codes", confirmed=True)
    codes = [StaticToken.random_token() for _ in range(CODES)]
    StaticToken.objects.bulk_create(StaticToken(device_id=device.pk, token=fingerprint_of(code)) for code in codes)
    note(user, recovery_codes=(None, f"{CODES} new ones"))
    return [f"{code[:4]}-{code[4:]}" for code in codes]


@transaction.atomic
def turn_off(user: Any) -> bool:
    """Take the person's second factor away; all sessions and token logins end by it. False where there is none."""
    if not has_second_factor(user):
        return False
    describe(f"Turned off the second factor of {user}")
    RecoveryCodes.objects.filter(user=user.pk).delete()
    Authenticator.objects.filter(user=user.pk).delete()
    return True


def codes_left(user: Any) -> int:
    """Recovery codes that are still good."""
    return int(StaticToken.objects.filter(device__user=user.pk).count())
