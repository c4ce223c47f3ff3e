"""Says in words why a body was not read, where Django alone would answer a bare 400."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from dgx.core.api.errors import error_headers
from dgx.core.errors import Refusal
from media_library.uploadhandlers import close_unfinished

Handler = Callable[[HttpRequest], HttpResponse]


class RefusedBodyMiddleware:
    """Stands outside of the CSRF middleware, which reads forms: what `BoundedUploadHandler` refused gets its own status
    and sentence. An answer in JSON says it already."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            response = self.get_response(request)
        except BaseException:  # no Exception, which Django answers: the web gives up a sender that is gone
            close_unfinished(request)
            raise
        refusal: Refusal | None = getattr(request, "refused_body", None)
        if refusal is None or "json" in response.get("Content-Type", ""):
            return response
        return HttpResponse(
            refusal.message,
            status=refusal.status,
            content_type="text/plain; charset=utf-8",
            headers=error_headers(refusal),
        )
