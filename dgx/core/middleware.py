"""Middleware of our own: the request id, 503 in place of 500 while a store does not answer, and 400 for what the
database cannot even compare with."""

import re
import uuid
from collections.abc import Callable

from django.db import DataError
from django.http import HttpRequest, HttpResponse

from dgx.core.api.fallback import bad_request, unavailable
from dgx.core.logs import request_id

Handler = Callable[[HttpRequest], HttpResponse]
ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestIdMiddleware:
    """Reads X-Request-Id (a proxy's or a client's) or makes one, and answers with it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        current = given if ACCEPTED_ID.fullmatch(given) else uuid.uuid4().hex
        token = request_id.set(current)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-Id"] = current
        return response


class PermissionsPolicyMiddleware:
    """Tells browsers that no page of ours, nor a frame in it, uses a person's machine, but for what a page says itself.

    There is no setting of Django's for this header.
    """

    FEATURES = ("camera", "microphone", "geolocation", "payment", "usb", "serial", "hid", "midi", "display-capture")
    POLICY = ", ".join(f"{feature}=()" for feature in FEATURES)

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", self.POLICY)
        return response


class UnavailableMiddleware:
    """Answers 503 with Retry-After where a view's store fails: a client should try again. For a middleware, of whose
    exceptions Django tells no other, handler500 does the same."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DataError):  # a NUL, a broken pattern in a list's address
            return bad_request(request, exception)
        return unavailable(request, exception)
