"""What answers when no address fits, or a view or a middleware fails: JSON in the shape of the surface that was called;
pages in the admin."""

import logging
import sys
from html import escape
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.log import log_response
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from dgx.core.api.errors import as_refusal, error_body, error_headers
from dgx.core.errors import Forbidden, NotFound, Refusal, Unavailable

logger = logging.getLogger(__name__)
ADMIN = "/admin/"
API = "/api/"


class Fault(Refusal):
    """Ours, not the caller's."""

    status = 500
    code = "fault"


@csrf_exempt
def unknown_address(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """The last of /api/v1's addresses, so that debug mode answers like production."""
    refusal = NotFound(f"There is nothing at {request.path[:300]}.", code="unknown_address")
    return JsonResponse(error_body(refusal), status=refusal.status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400."""
    if request.path.startswith(ADMIN):
        return defaults.bad_request(request, exception)
    return _refused(request, Refusal("The request cannot be read.", code="bad_request"), "Bad Request")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler403."""
    if request.path.startswith(ADMIN):
        return defaults.permission_denied(request, exception)
    return _refused(request, Forbidden("You may not do that."), "Forbidden")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404."""
    if request.path.startswith(ADMIN):
        return defaults.page_not_found(request, exception)
    return _refused(request, NotFound(f"There is nothing at {request.path}."), "Not Found")


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500, which Django calls while it handles the exception. A store that fails is none of our faults."""
    failed = sys.exception()
    if isinstance(failed, Exception) and (response := unavailable(request, failed)):
        return response
    if request.path.startswith(ADMIN):
        return defaults.server_error(request)
    fault = Fault("Something went wrong on our side; the logs tell what, under this answer's X-Request-Id.")
    return _refused(request, fault, "Internal Server Error")


def unavailable(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """503 with Retry-After where a store failed; None where the exception says anything else.

    It is logged here, in one line: Django logs no response twice, and would show it with a traceback, as a bug.
    """
    refusal = as_refusal(exception)
    if not isinstance(refusal, Unavailable):
        return None
    is_page = request.path.startswith(ADMIN)
    response = _page(refusal) if is_page else _refused(request, refusal, refusal.message)
    said = (request.path, refusal.message, str(exception))
    log_response("%s was answered 503: %s (%s)", *said, response=response, request=request, logger=logger)
    return response


def _page(refusal: Refusal) -> HttpResponse:
    """As plain as Django's own of 400 and 500: it needs neither a template nor a store."""
    words = {"title": "Service Unavailable (503)", "details": escape(refusal.message)}
    return HttpResponse(defaults.ERROR_PAGE_TEMPLATE % words, status=refusal.status, headers=error_headers(refusal))


def _refused(request: HttpRequest, refusal: Refusal, old_text: str) -> HttpResponse:
    """In the API's shape below /api/, else as the old services said it."""
    body = error_body(refusal) if request.path.startswith(API) else {"detail": old_text}
    return JsonResponse(body, status=refusal.status, headers=error_headers(refusal))
