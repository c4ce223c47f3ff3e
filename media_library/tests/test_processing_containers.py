"""How long a video file says it is."""

import io

import pytest

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
