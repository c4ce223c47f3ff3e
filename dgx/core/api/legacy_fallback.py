"""The last of the old routes: any address that no route has answers as the old services did."""

from typing import Any
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt

from dgx.core.api.legacy import json_response

ADMIN = "/admin/"


@csrf_exempt
def unknown_route(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
    """307 to the same address without its trailing slash where that is a route, else 404.

    A route rather than a handler, so that debug mode answers the same.
    """
    if request.path.startswith(ADMIN):
        raise Http404
    shorter = request.path_info.rstrip("/")
    if shorter and shorter != request.path_info and _is_route(shorter):
        return _redirect(request, request.path.rstrip("/"))
    return json_response({"detail": "Not Found"}, status=404)


def _is_route(path: str) -> bool:
    try:
        return resolve(path).func is not unknown_route
    except Resolver404:
        return False


def _redirect(request: HttpRequest, path: str) -> HttpResponse:
    response = HttpResponse(status=307)
    query = request.META.get("QUERY_STRING", "")
    # one slash in front: “//elsewhere” would be another host
    response["Location"] = "/" + quote(path.lstrip("/")) + (f"?{query}" if query else "")
    return response
