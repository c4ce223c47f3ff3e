"""Says of each request that may change something by which door it comes. Who it is, the request itself knows later."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from dgx.core.audit import Door, change

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
DOORS: tuple[tuple[str, Door | None], ...] = (
    ("/api/v1/device/", None),  # the fleet's own traffic changes nothing that is tracked; enrolment says so itself
    ("/api/v1/", Door.API),
    ("/admin/", Door.ADMIN),
)


def door_of(path: str) -> Door | None:
    """The door at an address; what is none of the admin's or the API's belongs to the old routes."""
    return next((door for prefix, door in DOORS if path.startswith(prefix)), Door.LEGACY)


class AuditMiddleware:
    """Makes one act of each request. It stands behind the middleware that knows the session's user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        door = None if request.method in SAFE else door_of(request.path)
        if door is None:
            return self.get_response(request)
        with change(door=door, request=request):
            return self.get_response(request)
