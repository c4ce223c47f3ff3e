"""Validators and field helpers shared by the apps' models."""

import math
import zoneinfo
from functools import cache

from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator

NAME_MAX_LENGTH = 255

no_nul = ProhibitNullCharactersValidator()


@cache
def timezone_names() -> frozenset[str]:
    """All IANA timezone names that this machine knows."""
    return frozenset(zoneinfo.available_timezones())


def validate_timezone(value: str) -> None:
    """Refuse anything but an IANA name such as `Europe/Berlin`."""
    if value not in timezone_names():
        raise ValidationError("“%(value)s” is not an IANA timezone such as Europe/Berlin.", params={"value": value})


def validate_finite(value: float) -> None:
    """Refuse NaN and infinities: they poison every mean that they enter."""
    if not math.isfinite(value):
        raise ValidationError("Must be a finite number.", code="not_finite")


def validate_not_blank(value: str) -> None:
    """Refuse a name made of white space."""
    if not value.strip():
        raise ValidationError("Must not be blank.", code="blank")
