"""What the old routes share: a table of routes, who may call them, CORS, and the shape of their answers and refusals.

A view is a plain function whose signature says what it reads (`legacy_reading.Inputs`); it returns the answer's object
or a response, and raises a `Refusal`, whose message becomes `{"detail": …}`.
"""

import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.multipartparser import MultiPartParserError
from django.urls.resolvers import RoutePattern
from django.views.decorators.csrf import csrf_exempt
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import APIException
from rest_framework.views import APIView

from dgx.core.api.errors import as_refusal, error_headers
from dgx.core.api.legacy_reading import Inputs, Page, Unreadable
from dgx.core.errors import Forbidden, Refusal, Unauthenticated, Unavailable
from dgx.core.models import ApiKey
from dgx.core.ratelimit import take_as_device
from dgx.core.scope import is_limited
from dgx.core.transactions import was_broken_off

logger = logging.getLogger(__name__)
PERMISSION = "devices.use_old_routes"
View = Callable[..., Any]
PREFLIGHT_AGE_S = 600
METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"


class Route(NamedTuple):
    """A row of the table: method, path, view, and the old services that answered it."""

    method: str
    path: str
    view: View
    services: str
    open: bool = False
    """Answers without a credential: what probes ask."""


class Detail(Refusal):
    """A refusal whose `detail` is anything but a list of problems; `status` as given."""

    def __init__(self, status: int, detail: Any) -> None:
        super().__init__(detail if isinstance(detail, str) else "")
        self.status, self.detail = status, detail


def served(routes: Iterable[Route], service: str) -> list[Route]:
    """The routes of one of the old services, or of `all`."""
    return [route for route in routes if service == "all" or service in route.services.split()]


def endpoints_of(routes: Sequence[Route]) -> dict[str, View]:
    """By path, what answers it."""
    handlers: dict[str, dict[str, Handler]] = {}
    for route in routes:
        handlers.setdefault(route.path, {})[route.method] = Handler.of(route)
    return {route: endpoint(_with_fallbacks(route, handlers)) for route, methods in handlers.items()}


@dataclass(frozen=True)
class Handler:
    """A view with what it reads; `fixed` are path parameters that the path itself spells out."""

    view: View
    inputs: Inputs
    open: bool
    fixed: Mapping[str, Any]

    @classmethod
    def of(cls, route: Route) -> "Handler":
        return cls(route.view, Inputs.of(route.view, re.findall(r"<(?:\w+:)?(\w+)>", route.path)), route.open, {})

    def answer(self, request: HttpRequest, given: dict[str, str]) -> HttpResponseBase:
        answer = self.view(**self.inputs.read(request, {**given, **self.fixed}))
        return answer if isinstance(answer, HttpResponseBase) else json_response(answer)


def _with_fallbacks(route: str, handlers: dict[str, dict[str, Handler]]) -> dict[str, Handler]:
    """`/device/create` answers POST itself; any other method means the device that is called “create”."""
    found = dict(handlers[route])
    if "<" in route:
        return found
    for pattern, methods in handlers.items():
        if pattern != route and (match := RoutePattern(pattern, is_endpoint=True).match(route)):
            for method, handler in methods.items():
                found.setdefault(method, Handler(handler.view, handler.inputs, handler.open, match[2]))
    return found


def endpoint(handlers: dict[str, Handler]) -> View:
    """The Django view of one path: preflight, credential, method, request, answer."""

    @csrf_exempt
    def answer(request: HttpRequest, **given: str) -> HttpResponseBase:
        if _is_preflight(request):
            return _preflight(request)
        try:
            response = _dispatch(handlers, request, given)
        except Exception as error:  # noqa: BLE001 — `_refused` raises again what is no answer
            response = _refused(error)
        return _with_cors(request, response)

    return answer


def _dispatch(handlers: dict[str, Handler], request: HttpRequest, given: dict[str, str]) -> HttpResponseBase:
    handler = handlers.get(request.method or "")
    if not all(each.open for each in ([handler] if handler else handlers.values())):
        authorise(request)
    if "mobile_id" in given:
        take_as_device("old_device", given["mobile_id"], now=time.time())
    if handler is None:
        allow = ", ".join(sorted(handlers))
        return json_response({"detail": "Method Not Allowed"}, status=405, headers={"Allow": allow})
    return handler.answer(request, given)


# --- answers ----
def json_response(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """JSON; times as ISO 8601 with their offset."""
    return HttpResponse(orjson.dumps(body), content_type="application/json", status=status, headers=headers)


def list_named(rows: Any, page: Page, read: Callable[[Any], list[Any]]) -> dict[str, Any]:
    """GET /groups, /shops and /videos: the rows with `q` in their name, the newest first, as `read` writes them."""
    named = rows.filter(name__icontains=page.q) if page.q else rows
    items = read(named.order_by("-id")[page.offset : page.offset + page.limit])
    return {"count": len(items), "items": items, "limit": page.limit, "offset": page.offset, "query": page.q}


def _refused(error: Exception) -> HttpResponse:
    """Every exception that is an answer, in the old shape; the rest stays a fault."""
    if isinstance(error, Unreadable):
        return json_response({"detail": error.problems}, status=error.status)
    if isinstance(error, Detail):
        return json_response({"detail": error.detail}, status=error.status)
    if isinstance(error, BadRequest | MultiPartParserError | SuspiciousOperation) and as_refusal(error) is None:
        return json_response({"detail": "There was an error parsing the body"}, status=400)
    refusal = as_refusal(error)
    if refusal is None:
        raise error
    headers = error_headers(refusal)
    if isinstance(refusal, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    words = " ".join(str(word) for wrong in refusal.fields.values() for word in wrong)
    detail = words or refusal.message
    if isinstance(refusal, Unavailable) and not isinstance(error, Refusal):
        logger.error("the database refused: %s", error)
        detail = detail if was_broken_off(error) else "Database connection pool exhausted"
    return json_response({"detail": detail}, status=refusal.status, headers=headers)


# --- who may call ----
def authorise(request: HttpRequest) -> None:
    """Raises Unauthenticated or Forbidden unless the caller may use the old routes."""
    if settings.DGX_LEGACY_ANONYMOUS:
        return
    user, key = _caller(request)
    request.user, request.auth = user, key  # type: ignore[attr-defined]  # so the audit knows who, as of the REST views
    if not user.is_authenticated:
        raise Unauthenticated("Not authenticated")
    if isinstance(key, ApiKey) and key.scope == ApiKey.Scope.READ and request.method != "GET":
        raise Forbidden("This API key may only read.")
    if not user.has_perm(PERMISSION):
        raise Forbidden("Not allowed to use these routes.")
    if is_limited(user):
        raise Forbidden("You are limited to some shops, and these routes know no limit. Use /api/v1.")


def _caller(request: HttpRequest) -> tuple[Any, Any]:
    """An API key, a JWT, or for a read from our own pages the session."""
    try:
        for scheme in APIView.authentication_classes:
            is_session = issubclass(scheme, SessionAuthentication)
            if not is_session and (found := scheme().authenticate(request)):  # type: ignore[arg-type]  # reads headers
                return found
    except APIException as error:
        raise Unauthenticated("The credential is unknown, expired or revoked.") from error
    if request.method == "GET" and "Origin" not in request.headers:
        return request.user, None
    return AnonymousUser(), None


# --- CORS ----
def _is_preflight(request: HttpRequest) -> bool:
    return (
        settings.DGX_LEGACY_CORS
        and request.method == "OPTIONS"
        and "Origin" in request.headers
        and "Access-Control-Request-Method" in request.headers
    )


def _preflight(request: HttpRequest) -> HttpResponse:
    response = HttpResponse("OK", content_type="text/plain; charset=utf-8")
    _with_cors(request, response)
    response["Access-Control-Allow-Methods"] = METHODS
    response["Access-Control-Max-Age"] = str(PREFLIGHT_AGE_S)
    if wanted := request.headers.get("Access-Control-Request-Headers"):
        response["Access-Control-Allow-Headers"] = wanted
    return response


def _with_cors(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    origin = request.META.get("HTTP_ORIGIN")
    if settings.DGX_LEGACY_CORS and origin:
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Allow-Credentials"] = "true"
        response["Vary"] = "Origin"
    return response
