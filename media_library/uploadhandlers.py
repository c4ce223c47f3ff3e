"""How request bodies with files reach the disk: bounded while they arrive, refused in words when the disk is full."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest

from dgx.core import errors

OVERHEAD_BYTES = 1024**2
"""What a form around a file may add: its other fields and the parts' headers."""


class RefusedBody(RequestDataTooBig):
    """Django's own exception for a body that it stops reading, so that every layer answers it and none logs a fault."""


class TooLarge(errors.TooLarge, RefusedBody):
    """More bytes than DGX_UPLOAD_MAX_BYTES are announced, or came."""


class Forbidden(errors.Forbidden, RefusedBody):
    """A file for the admin from somebody who is not logged in: not read, whatever it is."""


class DiskFull(errors.DiskFull, RefusedBody):
    """The folder for temporary files is full."""


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Writes files to temporary ones, and stops reading as soon as a limit is passed.

    What it raises is left on the request as `refused_body`, for `RefusedBodyMiddleware`.
    """

    request: HttpRequest

    def handle_raw_input(
        self, input_data: Any, meta: Any, content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        if content_length > settings.DGX_UPLOAD_MAX_BYTES + OVERHEAD_BYTES:
            raise self._refused(_too_large())
        if content_length > settings.FILE_UPLOAD_MAX_MEMORY_SIZE and self._is_stranger_in_admin():
            raise self._refused(Forbidden("Log in first."))

    def new_file(self, field_name: str, file_name: str, *args: Any, **kwargs: Any) -> None:
        """As Django's own, but what a sender calls the file has no part in the temporary one's name: an ending of 255
        characters is longer than a name on disk may be."""
        with self._room():
            super().new_file(field_name, "file", *args, **kwargs)
        self.file_name = self.file.name = file_name

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > settings.DGX_UPLOAD_MAX_BYTES:
            self.file.close()
            raise self._refused(_too_large())
        with self._room():
            super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        with self._room():
            return super().file_complete(file_size)

    @contextmanager
    def _room(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise
            message = "The server has no room for this file now. Try again later, or tell whoever runs the server."
            raise self._refused(DiskFull(message, fields={"file": [message]})) from error

    def _is_stranger_in_admin(self) -> bool:
        """The admin's forms are read (for their CSRF token) before anybody asks who sent them."""
        match = self.request.resolver_match
        user = getattr(self.request, "user", None)
        return bool(match and "admin" in match.namespaces and not (user and user.is_authenticated))

    def _refused(self, refusal: errors.Refusal) -> errors.Refusal:
        self.request.refused_body = refusal  # type: ignore[attr-defined]  # read by the middleware
        return refusal


def close_unfinished(request: HttpRequest) -> None:
    """Give back what a body took that never came to its end. Request and handlers hold each other, so its temporary
    file would stay until Python looks for cycles."""
    for handler in request.upload_handlers:
        if file := getattr(handler, "file", None):
            file.close()


def delete_left_behind(*, now: datetime, older_than: timedelta = timedelta(days=1)) -> int:
    """Delete temporary files of uploads whose process was killed; returns how many. One that still grows is not old."""
    deleted = 0
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR or gettempdir()).glob("tmp*.upload"):
        with suppress(OSError):  # it has gone meanwhile, or is somebody else's
            if path.is_file() and path.stat().st_mtime < (now - older_than).timestamp():
                path.unlink()
                deleted += 1
    return deleted


def _too_large() -> TooLarge:
    message = f"A file may have at most {settings.DGX_UPLOAD_MAX_BYTES} bytes."
    return TooLarge(message, fields={"file": [message]})
