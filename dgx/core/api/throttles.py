"""Who may call /api/v1 how often: DRF's throttles, by API key, by user, by address for the rest.

DRF's own classes read and write a list with an instant for every call of the period: at 1,200 a minute that is more
work than most calls, and of two calls at once one is lost. So `dgx.core.ratelimit` counts; the rest is DRF's.
"""

from typing import TYPE_CHECKING, Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from dgx.core.buckets import Rate, Taken
from dgx.core.models import ApiKey
from dgx.core.ratelimit import address_of, ask, fields, parse

if TYPE_CHECKING:
    from rest_framework.views import (
        APIView,  # at run time it would be a circle: its module reads the settings that name this one
    )


class Throttle(SimpleRateThrottle):
    """A limit that stands open while Redis is gone. `scope` names its rate in DEFAULT_THROTTLE_RATES and its policy in
    the answer's header fields, which every answer carries, a refusal too."""

    _rate: Rate | None
    _taken: Taken

    def __init__(self) -> None:
        self._rate = parse(self.get_rate() or "off")

    def subject(self, request: Request) -> object | None:
        """Who is counted; None: this throttle does not count the call."""
        raise NotImplementedError

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count the call, and tell the caller what is left."""
        subject = self.subject(request)
        taken = ask(str(self.scope), subject, self._rate) if self._rate and subject is not None else None
        if taken is None or self._rate is None:
            return True
        self._taken = taken
        if (headers := getattr(view, "headers", None)) is not None:  # the admin's login form has none
            headers.update(fields(str(self.scope), self._rate, taken))
        return taken.is_allowed

    def wait(self) -> float:
        """Seconds until a call is there again."""
        return self._taken.next_in_s


class KeyThrottle(Throttle):
    """Each API key by itself, as often as DGX_KEY_RATE allows."""

    scope = "key"

    def subject(self, request: Request) -> object | None:
        return request.auth.pk if isinstance(request.auth, ApiKey) else None


class UserThrottle(Throttle):
    """Each user, by token or session, as often as DGX_USER_RATE allows; their keys are counted by themselves."""

    scope = "user"

    def subject(self, request: Request) -> object | None:
        user: Any = request.user
        return user.pk if user and user.is_authenticated and not isinstance(request.auth, ApiKey) else None


class AddressThrottle(Throttle):
    """Whoever is nobody, by address."""

    scope = "anonymous"

    def subject(self, request: Request) -> object | None:
        return None if request.user and request.user.is_authenticated else address_of(request)


class LoginThrottle(AddressThrottle):
    """Passwords are tried at the rate that DGX_LOGIN_RATE allows an address, by whomever: who is logged in can guess
    those of others."""

    scope = "login"

    def subject(self, request: Request) -> object | None:
        return address_of(request)


class RefreshThrottle(AddressThrottle):
    """Refreshing is cheap and legitimate; many programs may share an address."""

    scope = "refresh"
