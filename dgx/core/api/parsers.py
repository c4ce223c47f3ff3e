"""JSON bodies, read strictly: what the database could not keep or a client could not read back never gets in."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from dgx.core.errors import TooLarge


class StrictJSONParser(BaseParser):
    """JSON as RFC 8259 has it: UTF-8, no NaN, no infinity, no lone surrogates, at most 1024 levels deep, and no more
    bytes than DATA_UPLOAD_MAX_MEMORY_SIZE."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        announced = str(getattr(stream, "META", {}).get("CONTENT_LENGTH") or "0")
        if announced.isdecimal() and int(announced) > limit:  # not a byte of it is waited for
            raise _too_large(limit)
        try:
            return orjson.loads(read_bounded(stream, limit))
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not JSON: {error}.", code="parse_error") from error


def read_bounded(stream: IO[Any], limit: int) -> bytes:
    """The whole body, or TooLarge once it is longer than `limit` bytes; never more than that is read."""
    body = bytes(stream.read(limit + 1))
    if len(body) > limit:
        raise _too_large(limit)
    return body


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit} bytes.")
