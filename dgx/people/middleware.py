"""Says to each session which browser brings it, and keeps whoever still lacks a second factor out of all but the admin,
which leads them to where they set it up."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.http import HttpRequest, HttpResponse

from dgx.people.second_factor import lacks_second_factor

ADMIN = "/admin/"


class SessionMiddleware(DjangoSessionMiddleware):
    """Django's, with sessions that know who calls."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.session.called_from(request)  # type: ignore[attr-defined]  # of our own store


class SecondFactorMiddleware:
    """A session that lacks the second factor that it must have is nobody's at the API and the old routes. It stands
    behind the middleware that knows the session's user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        has_session = settings.SESSION_COOKIE_NAME in request.COOKIES and not request.path.startswith(ADMIN)
        if settings.DGX_REQUIRE_SECOND_FACTOR != "none" and has_session and lacks_second_factor(request):
            request.user = AnonymousUser()
        return self.get_response(request)
