"""The few requests that a fleet makes all day, answered past middleware and resolver, which cost as much again.

Only a plain request goes this way: for one of these routes, of a known host, over https where that is demanded, without
cookies. It is answered by the same view as ever and gets what the middleware would have added (`test_express.py` sends
the same requests both ways). All else goes through Django as a whole, and so does each case in doubt.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import DisallowedHost
from django.core.handlers.exception import response_for_exception
from django.core.handlers.wsgi import WSGIRequest
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.utils.log import log_response

from dgx.core.middleware import RequestIdMiddleware

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]
View = Callable[..., HttpResponse]

PROTOCOL = {"POST": ["/api/v1/device/poll"], "GET": ["/api/v1/device/manifest"]}
OLD = {
    "GET": ["online", "presigned_urls", "video", "videos", "videos/downloads"],
    "POST": ["online", "online_update", "temperature", "temperature_update", "door_open"],
}
"""Below /device/{mobile_id}/."""
SIMPLEST = "/health"
NOT_IN_COMMON = {"Content-Type", "Content-Length", "X-Request-Id", "Vary"}
_OLD_ADDRESS = re.compile(r"/device/([!-.0-~]+)/([a-z_/]+)")
"""A name in plain ASCII: for others Django decides how their bytes are read."""


class Express:
    """The application, with a short way in front of it."""

    def __init__(self, everything: Application) -> None:
        self._everything = everything
        self._protocol = {(method, path): resolve(path).func for method, paths in PROTOCOL.items() for path in paths}
        self._old = {(method, name): view for method, names in OLD.items() for name in names if (view := _old(name))}
        self._house_headers: dict[bool, dict[str, str]] = {}

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        view, given = self._find(environ)
        request = WSGIRequest(environ) if view else None
        if view is None or request is None or not _is_plain(request):
            return self._everything(environ, start_response)
        request.user = AnonymousUser()  # what a request without cookies has
        try:
            response = RequestIdMiddleware(lambda request: _answer(view, request, given))(request)
        finally:
            connections[DEFAULT_DB_ALIAS].close_if_unusable_or_obsolete()
        start_response(f"{response.status_code} {response.reason_phrase}", self._headers(request, response))
        return [response.content]

    def _find(self, environ: Environ) -> tuple[View | None, dict[str, str]]:
        """The view of the request's route, with what it reads from the path."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if view := self._protocol.get((method, path)):
            return view, {}
        if found := _OLD_ADDRESS.fullmatch(path):
            return self._old.get((method, found[2])), {"mobile_id": found[1]}
        return None, {}

    def _headers(self, request: HttpRequest, response: HttpResponse) -> list[tuple[str, str]]:
        secure = request.is_secure()
        if secure not in self._house_headers:
            self._house_headers[secure] = self._added_by_middleware(request)
        length = {"Content-Length": str(len(response.content))}
        return list((self._house_headers[secure] | length | dict(response.items())).items())

    def _added_by_middleware(self, request: HttpRequest) -> dict[str, str]:
        """The headers that all answers have in common: those of the simplest one."""
        environ = request.META | {"REQUEST_METHOD": "GET", "PATH_INFO": SIMPLEST, "QUERY_STRING": ""}
        found: dict[str, str] = {}
        answer = self._everything(environ, lambda _, headers: found.update(headers))
        getattr(answer, "close", lambda: None)()
        return {name: value for name, value in found.items() if name not in NOT_IN_COMMON}


def _old(name: str) -> View | None:
    """What answers /device/{mobile_id}/{name}; None where DGX_SERVICE leaves it out."""
    found = resolve(f"/device/x/{name}")
    return found.func if found.route == f"device/<mobile_id>/{name}" else None


def _is_plain(request: HttpRequest) -> bool:
    """Nothing about it needs the middleware: no session, no redirect to https, no refusal of its host."""
    meta = request.META
    if "HTTP_COOKIE" in meta or meta["SCRIPT_NAME"] or (settings.SECURE_SSL_REDIRECT and not request.is_secure()):
        return False
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True


def _answer(view: View, request: HttpRequest, given: dict[str, str]) -> HttpResponse:
    """As Django's handler does it: a fault is a logged 500."""
    try:
        response = view(request, **given)
    except Exception as error:  # noqa: BLE001 — Django's own last resort
        response = response_for_exception(request, error)
    if response.status_code >= 400:
        log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)
    return response
