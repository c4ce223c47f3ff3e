"""The browser player's own pages, handed out by the examining server, so that it can be examined where it runs."""

import io
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles.views import serve
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404, HttpResponseBase
from django.urls import Resolver404, resolve

PLAYER = "/player"

Page = tuple[int, dict[str, str], bytes]


def page(address: str, host: str) -> Page | None:
    """Status, headers and body of an address below /player/ or of a static file; None for any other."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    static = f"/{settings.STATIC_URL.strip('/')}/"
    name, _, port = host.rpartition(":")
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": parts.path,
        "QUERY_STRING": parts.query,
        "HTTP_HOST": host,
        "SERVER_NAME": name or host,
        "SERVER_PORT": port or "80",
        "wsgi.input": io.BytesIO(),
        "wsgi.url_scheme": "http",
    }
    try:
        if parts.path.startswith(static):
            return _told(serve(WSGIRequest(environ), parts.path.removeprefix(static), insecure=True))
        if parts.path == PLAYER or parts.path.startswith(f"{PLAYER}/"):
            view, args, kwargs = resolve(parts.path)
            return _told(view(WSGIRequest(environ), *args, **kwargs))
    except (Http404, Resolver404, SuspiciousOperation):
        return None
    return None


def _told(response: HttpResponseBase) -> Page:
    body = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]  # by kind
    response.close()
    return response.status_code, dict(response.items()), body
