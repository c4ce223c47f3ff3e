"""How long a video file says it is."""

import io

import pytest

from media_library.services.decoders import films
from media_library.services.decoders.containers import is_cut_off
from media_library.tests import files


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv", "avi"])
def test_a_whole_file_is_whole_and_one_byte_less_is_not(extension):
    content = files.film(extension)
    assert not is_cut_off(io.BytesIO(content))
    assert is_cut_off(io.BytesIO(content[:-1]))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x00\x00\x00mdat" + bytes(40),  # up to the file's end
        b"\x00\x00\x00\x01mdat\x00\x00\x00\x00\x00\x00\x00\x18" + bytes(8),  # a length of eight bytes
        b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\xff" + bytes(9),  # a segment of unknown length
        b"\x1a\x45\xdf\xa3\x80\x11\x22\x33\x44\x81" + bytes(9),  # no segment
        b"\x1a\x45\xdf\xa3\x00" + bytes(9),
    ],
)
def test_a_file_that_does_not_say_its_length_is_trusted(content):
    assert not is_cut_off(io.BytesIO(content))


def test_a_length_of_eight_bytes_is_read():
    assert is_cut_off(io.BytesIO(b"\x00\x00\x00\x01mdat\x00\x00\x00\x01\x00\x00\x00\x00" + bytes(40)))


@pytest.mark.parametrize(
    ("frames", "promised", "cut_off", "broken_off", "is_whole"),
    [
        (24, 24, True, False, True),
        (23, 24, True, False, False),
        (98, 100, False, True, True),
        (90, 100, False, True, False),
        (10, 0, False, False, True),
        (10, 0, True, False, False),
        (10, 0, False, True, False),
    ],
)
def test_a_film_is_whole_by_its_promised_frames_else_by_its_end(frames, promised, cut_off, broken_off, is_whole):
    extent = films._Extent(frames, promised, end_s=1.0, duration_s=1.0, cut_off=cut_off, broken_off=broken_off)
    assert extent.is_whole is is_whole
