"""What a file is, by its content."""

import io

import pytest
from django.test import override_settings

from dgx.core.errors import Invalid, TooLarge, Unsupported
from media_library.services import sniffing
from media_library.services.pages import PAGE_MAX_BYTES
from media_library.services.sniffing import identify, inspect
from media_library.tests import files


def look(content):
    return inspect(io.BytesIO(content), len(content))


@pytest.mark.parametrize(
    ("content", "mime", "kind", "extension"),
    [
        (files.film("mp4"), "video/mp4", "video", ".mp4"),
        (files.film("mov"), "video/quicktime", "video", ".mov"),
        (files.film("webm", codec="libvpx"), "video/webm", "video", ".webm"),
        (files.film("mkv"), "video/x-matroska", "video", ".mkv"),
        (files.film("avi"), "video/x-msvideo", "video", ".avi"),
        (files.image("png"), "image/png", "image", ".png"),
        (files.image("jpg"), "image/jpeg", "image", ".jpg"),
        (files.image("gif"), "image/gif", "image", ".gif"),
        (files.image("webp"), "image/webp", "image", ".webp"),
        (files.pdf(), "application/pdf", "pdf", ".pdf"),
        (files.PAGE, "text/html", "html", ".html"),
    ],
)
def test_every_kind_that_is_taken_is_told_by_its_content(content, mime, kind, extension):
    media = look(content)
    assert (media.mime, media.kind, media.extension) == (mime, kind, extension)


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"\x00\x00\x00\x18ftypiso5\x00\x00\x02\x00iso6dash" + bytes(40), "video/mp4"),
        (b"\x00\x00\x00\x1cftypM4V \x00\x00\x00\x01M4V mp42" + bytes(40), "video/mp4"),
        (b"\x00\x00\x00\x08wide\x00\x00\x10\x00mdat" + bytes(40), "video/quicktime"),
        (b"\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x23\x42\x82\x40\x04webm", "video/webm"),
        (b"\x1a\x45\xdf\xa3\x01\x00\x00\x00\x00\x00\x00\x23\x42\x82\x40\x08matroska", "video/x-matroska"),
        (b"\xef\xbb\xbf\r\n<!-- menu --> <!DOCTYPE HTML><title>x</title>", "text/html"),
        (b"<HTML lang=fr>", "text/html"),
    ],
)
def test_less_usual_beginnings_are_known_too(head, mime):
    media = identify(head)
    assert media
    assert media.mime == mime


@pytest.mark.parametrize(
    "content",
    [
        files.PROGRAM,
        files.SVG,
        b"PK\x03\x04" + bytes(60),
        b"\x00\x00\x00\x1cftypheic\x00\x00\x00\x00mif1heic" + bytes(60),
        b"\x1a\x45\xdf\xa3" + bytes(60),
        b"hello",
        b"<!-- nothing but a comment -->",
        b"\x00",
    ],
)
def test_what_is_not_taken_is_unsupported_by_field(content):
    with pytest.raises(Unsupported) as refusal:
        look(content)
    assert refusal.value.fields["file"][0].startswith("This is not a video")


def test_a_program_is_called_what_it_is():
    with pytest.raises(Unsupported, match="its content is application/x-msdownload"):
        look(files.PROGRAM)


def test_an_empty_file_is_invalid():
    with pytest.raises(Invalid, match="empty"):
        look(b"")


def test_more_bytes_than_the_limit_are_too_large():
    with (
        override_settings(DGX_UPLOAD_MAX_BYTES=10),
        pytest.raises(TooLarge, match="at most 10 bytes; this"),
    ):
        look(files.PAGE)


@pytest.mark.parametrize(("width", "height"), [(20_000, 20_000), (10_001, 10_000)])
def test_more_pixels_than_the_limit_are_too_large_and_are_not_decoded(width, height):
    with pytest.raises(TooLarge, match="at most 100000000 pixels"):
        look(files.huge_png(width, height))


def test_a_damaged_image_header_is_unsupported():
    with pytest.raises(Unsupported, match="header is damaged"):
        look(files.image("png")[:20])


def test_an_image_of_more_bytes_than_any_is_too_large():
    with pytest.raises(TooLarge, match="An image may have at most"):
        inspect(io.BytesIO(files.image()), sniffing.IMAGE_MAX_BYTES + 1)


def test_a_page_of_more_bytes_than_any_is_too_large():
    with pytest.raises(TooLarge, match="An HTML page may have at most"):
        look(files.PAGE + b" " * PAGE_MAX_BYTES)


def test_a_page_with_a_script_is_invalid_by_field():
    with pytest.raises(Invalid) as refusal:
        look(b"<!doctype html><script src=//example.com/x.js></script>")
    assert "<script>" in refusal.value.fields["file"][0]
