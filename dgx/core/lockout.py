"""A name that is locked for an address after too many wrong passwords: django-axes counts, we say it in our words."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from dgx.core import ratelimit

LOCKED = "Too many wrong passwords for this name from your address. Try again later."


def is_locked_out(request: Any) -> bool:
    """The last attempt of this request was refused unread."""
    return bool(getattr(request, "axes_locked_out", False))


def lock_s() -> float:
    """Seconds that a lock lasts."""
    return float(settings.AXES_COOLOFF_TIME.total_seconds())


def address_of(request: HttpRequest) -> str | None:
    """The client's address; None where nobody called over the network, as in a test that logs somebody in."""
    address = ratelimit.address_of(request)
    return None if address == ratelimit.UNKNOWN else address


def answer(request: HttpRequest, response: HttpResponse, credentials: Any) -> HttpResponse:
    """The form's own page, which says it, as 429: django-axes asks for the answer to a locked-out request."""
    response.status_code = 429
    response["Retry-After"] = str(int(lock_s()))
    return response
