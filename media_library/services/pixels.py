"""How many pixels an image says it has, read from its header alone: no decoder sees a file before the worker's does."""

import re
from collections.abc import Callable
from typing import IO

JPEG_SEGMENTS_READ = 2000
"""Segments before the one that tells the size; colour profiles and previews of real photos take a few hundred."""
HEAD_BYTES = 32
FRAME = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""JPEG markers that begin a frame, whose header holds the size (ITU-T T.81, table B.1)."""
BARE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a length."""


def size_in_pixels(file: IO[bytes], mime: str) -> tuple[int, int] | None:
    """Width and height; None for a header that is damaged or that has none."""
    file.seek(0)
    size = READERS[mime](file)
    return size if size and all(size) else None


def _png(file: IO[bytes]) -> tuple[int, int] | None:
    head = file.read(HEAD_BYTES)
    if len(head) < 24 or head[8:16] != b"\x00\x00\x00\x0dIHDR":
        return None
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


def _gif(file: IO[bytes]) -> tuple[int, int] | None:
    head = file.read(HEAD_BYTES)
    if len(head) < 13:
        return None
    return int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")


def _webp(file: IO[bytes]) -> tuple[int, int] | None:
    """The three forms of https://www.rfc-editor.org/rfc/rfc9649: extended, lossless, lossy."""
    head = file.read(HEAD_BYTES)
    if len(head) < 30:
        return None
    if head[12:16] == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if head[12:16] == b"VP8L" and head[20] == 0x2F:
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if head[12:16] == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
    return None


def _jpeg(file: IO[bytes]) -> tuple[int, int] | None:
    """Walks from segment to segment (ITU-T T.81, B.1.1) until a frame's header."""
    file.seek(2)
    for _ in range(JPEG_SEGMENTS_READ):
        head = file.read(9)
        marker = re.match(rb"\xff+([^\xff])", head)
        if marker is None:
            return None
        code, body = head[marker.end() - 1], head[marker.end() :]
        if code in FRAME and len(body) == 7:
            return int.from_bytes(body[5:7], "big"), int.from_bytes(body[3:5], "big")
        length = 0 if code in BARE else int.from_bytes(body[:2], "big")
        if code not in BARE and length < 2:
            return None
        file.seek(length - len(body), 1)
    return None


READERS: dict[str, Callable[[IO[bytes]], tuple[int, int] | None]] = {
    "image/png": _png,
    "image/gif": _gif,
    "image/webp": _webp,
    "image/jpeg": _jpeg,
}
