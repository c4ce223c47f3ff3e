"""Middleware of our own: the request id, 503 in place of 500 while a store does not answer, and 400 for what the
database cannot even compare with."""

import logging
import re
import uuid
from collections.abc import Callable

from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from psycopg_pool import PoolTimeout

from dgx.core.api.errors import database_gone, error_body, error_headers
from dgx.core.api.fallback import bad_request
from dgx.core.logs import request_id

logger = logging.getLogger(__name__)
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
    """Answers 503 with Retry-After when the database is gone or its pool is exhausted: a client should try again."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DataError):  # a NUL, a broken pattern in a list's address
            return bad_request(request, exception)
        if not isinstance(exception, OperationalError | InterfaceError | PoolTimeout):
            return None
        logger.error("the database does not answer: %s", exception)
        refusal = database_gone(exception)
        return JsonResponse(error_body(refusal), status=refusal.status, headers=error_headers(refusal))
