"""Bodies that come in chunks, without a Content-Length: Django reads none of them, so they are given a length here."""

import io
from collections.abc import Callable, Iterable
from typing import IO, Any

from django.conf import settings

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]
MULTIPART = "multipart/form-data"


def reading_chunks(application: Application) -> Application:
    """The application, behind a reader of chunks; the server has already taken the chunks' frames away.

    A form may hold a large file: it keeps streaming, with the most that an upload may have as its length, and ends
    where it ends. Anything else is read here, to one byte beyond the limit, so that what is too large is still told so.
    """

    def answer(environ: Environ, start_response: Any) -> Iterable[bytes]:
        if "HTTP_TRANSFER_ENCODING" in environ and not environ.get("CONTENT_LENGTH"):
            if environ.get("CONTENT_TYPE", "").lower().startswith(MULTIPART):
                environ["CONTENT_LENGTH"] = str(settings.DGX_UPLOAD_MAX_BYTES)
            else:
                body = _read(environ["wsgi.input"], settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
                environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        return application(environ, start_response)

    return answer


def _read(stream: IO[bytes], most: int) -> bytes:
    """Up to `most` bytes; one read may bring fewer."""
    parts = []
    while most > 0 and (part := stream.read(min(most, 65_536))):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)
