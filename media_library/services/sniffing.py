"""What a file is, by its content and never by its name, and whether DGX takes it."""

from dataclasses import dataclass
from typing import IO, Any

import filetype
from django.conf import settings

from dgx.core.errors import Invalid, TooLarge, Unsupported
from media_library.models import Video
from media_library.services.pages import PAGE_MAX_BYTES, PageRefused, check_page
from media_library.services.pixels import size_in_pixels

HEAD_BYTES = 8192
"""As much of a file's start as any signature needs."""
IMAGE_MAX_BYTES = 200 * 1024**2
"""Browsers and Pillow hold some formats (WebP) in memory as a whole."""


@dataclass(frozen=True)
class MediaType:
    """A type of file that players show."""

    kind: Video.Kind
    mime: str
    extension: str


MP4 = MediaType(Video.Kind.VIDEO, "video/mp4", ".mp4")
MOV = MediaType(Video.Kind.VIDEO, "video/quicktime", ".mov")
WEBM = MediaType(Video.Kind.VIDEO, "video/webm", ".webm")
MKV = MediaType(Video.Kind.VIDEO, "video/x-matroska", ".mkv")
HTML = MediaType(Video.Kind.HTML, "text/html", ".html")
PDF = MediaType(Video.Kind.PDF, "application/pdf", ".pdf")
PNG = MediaType(Video.Kind.IMAGE, "image/png", ".png")

BY_MIME = {
    "video/mp4": MP4,
    "video/x-m4v": MP4,
    "video/quicktime": MOV,
    "video/webm": WEBM,
    "video/x-matroska": MKV,
    "video/x-msvideo": MediaType(Video.Kind.VIDEO, "video/x-msvideo", ".avi"),
    "image/jpeg": MediaType(Video.Kind.IMAGE, "image/jpeg", ".jpg"),
    "image/png": PNG,
    "image/apng": PNG,
    "image/gif": MediaType(Video.Kind.IMAGE, "image/gif", ".gif"),
    "image/webp": MediaType(Video.Kind.IMAGE, "image/webp", ".webp"),
    "application/pdf": PDF,
}
TAKEN = "a video (MP4, WebM, MOV, AVI, MKV), an image (JPEG, PNG, GIF, WebP), a PDF or an HTML page"

MP4_BRANDS = frozenset(
    {b"avc1", b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"dash", b"M4V ", b"M4VH", b"MSNV", b"f4v "}
)
QUICKTIME_ATOMS = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
EBML = b"\x1a\x45\xdf\xa3"
HTML_STARTS = (
    b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<iframe", b"<h1", b"<div", b"<font", b"<table",
    b"<a", b"<style", b"<title", b"<b", b"<br", b"<p", b"<meta", b"<link", b"<main", b"<section", b"<img",
)  # fmt: skip
"""What a page starts with; the list of https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type
and a few more that people write."""


def identify(head: bytes) -> MediaType | None:
    """The type that the first bytes of a file say, None for one that is not taken."""
    known = filetype.guess(head) if head else None
    if known is not None and known.mime in BY_MIME:
        return BY_MIME[known.mime]
    return _identify_video(head) or (HTML if _is_html(head) else None)


def inspect(file: IO[bytes] | Any, size: int) -> MediaType:
    """The type of a seekable file of `size` bytes, after the checks that need no decoding.

    Raises Unsupported for a type that is not taken, Invalid for an empty file or a page with scripts, TooLarge for more
    bytes or pixels than the settings allow; each names the field `file` and the limit.
    """
    check_size(size)
    file.seek(0)
    media = identify(head := file.read(HEAD_BYTES))
    if media is None:
        raise refuse(Unsupported, f"This is not {TAKEN}{_what_else(head)}.")
    if media.kind == Video.Kind.IMAGE:
        _check_image(file, size, media.mime)
    elif media.kind == Video.Kind.HTML:
        _check_html(file, size)
    file.seek(0)
    return media


def check_size(size: int) -> None:
    """Raises Invalid for an empty file and TooLarge over DGX_UPLOAD_MAX_BYTES."""
    if size == 0:
        raise Invalid("The file is empty.", field="file")
    _check_limit(size, settings.DGX_UPLOAD_MAX_BYTES, "A file")


def _check_image(file: IO[bytes] | Any, size: int, mime: str) -> None:
    """By what an image's header says; nothing is decoded."""
    _check_limit(size, IMAGE_MAX_BYTES, "An image")
    pixels = size_in_pixels(file, mime)
    if pixels is None:
        raise refuse(Unsupported, "The image cannot be read: its header is damaged.")
    width, height = pixels
    if width * height > (limit := settings.DGX_IMAGE_MAX_PIXELS):
        raise refuse(TooLarge, f"An image may have at most {limit} pixels. This one has {width} x {height}.")


def refuse(kind: type[Unsupported] | type[TooLarge], message: str) -> Unsupported | TooLarge:
    """A refusal of the field `file`."""
    return kind(message, fields={"file": [message]})


def _check_limit(size: int, limit: int, what: str) -> None:
    if size > limit:
        raise refuse(TooLarge, f"{what} may have at most {limit} bytes; this one has {size}.")


def _check_html(file: IO[bytes] | Any, size: int) -> None:
    _check_limit(size, PAGE_MAX_BYTES, "An HTML page")
    file.seek(0)
    try:
        check_page(file.read())
    except PageRefused as error:
        raise Invalid(str(error), field="file") from error


def _identify_video(head: bytes) -> MediaType | None:
    """Videos that the library does not know: other brands of MP4, QuickTime without a brand, EBML with long lengths."""
    if head[4:8] == b"ftyp":
        brands = {head[8:12], *(head[i : i + 4] for i in range(16, min(int.from_bytes(head[:4], "big"), 256), 4))}
        return MP4 if brands & MP4_BRANDS else None
    if head[4:8] in QUICKTIME_ATOMS:
        return MOV
    if head.startswith(EBML):
        return WEBM if b"webm" in head[:64] else MKV if b"matroska" in head[:64] else None
    return None


def _is_html(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\t\n\x0c\r ").lower()
    while start.startswith(b"<!--") and b"-->" in start:
        start = start.partition(b"-->")[2].lstrip(b"\t\n\x0c\r ")
    return any(start.startswith(tag) and start[len(tag) : len(tag) + 1] in b"\t\n\x0c\r />" for tag in HTML_STARTS)


def _what_else(head: bytes) -> str:
    if b"<svg" in head.lower():
        return "; an SVG can carry scripts, export it as PNG"
    known = filetype.guess(head)
    return f": its content is {known.mime}" if known else ""
