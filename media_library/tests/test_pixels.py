"""The size that an image's header says, without a decoder."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dgx.core.errors import TooLarge, Unsupported
from media_library.services.pixels import READERS, size_in_pixels
from media_library.services.sniffing import inspect
from media_library.tests import bombs, files

EXTENSIONS = {"png": "image/png", "gif": "image/gif", "webp": "image/webp", "jpg": "image/jpeg"}


def size_of(content: bytes, mime: str) -> tuple[int, int] | None:
    return size_in_pixels(io.BytesIO(content), mime)


@pytest.mark.parametrize(
    ("extension", "options"),
    [
        ("png", {}),
        ("gif", {}),
        ("jpg", {}),
        ("jpg", {"progressive": True, "icc_profile": bytes(200_000)}),
        ("webp", {}),
        ("webp", {"lossless": True}),
        ("webp", {"exif": Image.Exif().tobytes() + bytes(9)}),
    ],
)
@pytest.mark.parametrize("size", [(1, 1), (300, 17), (4000, 2)])
def test_it_is_the_size_that_a_decoder_finds(extension, options, size):
    assert size_of(files.image(extension, size=size, **options), EXTENSIONS[extension]) == size


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_cut_header_has_no_size_and_is_no_fault(extension):
    whole = files.image(extension)
    for length in range(25):
        size_of(whole[:length], EXTENSIONS[extension])
    assert size_of(whole[:20], EXTENSIONS[extension]) is None or extension == "gif"


@given(st.binary(max_size=200), st.sampled_from(sorted(READERS)))
def test_any_bytes_have_a_size_or_none(content, mime):
    size = size_of(content, mime)
    assert size is None or min(size) > 0


@pytest.mark.parametrize(
    "content",
    [
        bombs.png(100_000, 100_000, whole=False),
        bombs.webp_canvas(16_384, 16_384),
        files.huge_png(2**31 - 1, 2**31 - 1),
        b"GIF89a\xff\xff\xff\xff\x00\x00\x00" + bytes(99),
    ],
)
def test_a_bomb_of_pixels_is_refused_before_anything_is_decoded(content):
    with pytest.raises(TooLarge, match="An image may have at most 100000000 pixels"):
        inspect(io.BytesIO(content), len(content))


def test_a_photo_behind_a_thousand_segments_is_read_and_behind_a_million_refused():
    assert size_of(bombs.jpeg_of_segments(1000), "image/jpeg") == (40, 30)
    content = bombs.jpeg_of_segments(1_000_000)
    with pytest.raises(Unsupported, match="header is damaged"):
        inspect(io.BytesIO(content), len(content))
