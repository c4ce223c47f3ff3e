"""How long a video file says it is: the sizes that its outermost boxes carry, read without decoding anything."""

import struct
from typing import IO

BOXES_READ = 10_000
"""Top-level boxes walked before the rest is taken on trust; real files have a handful, or one per fragment."""
SEGMENT = b"\x18\x53\x80\x67"


def is_cut_off(file: IO[bytes]) -> bool:
    """The file ends before its outermost box does. False where a format does not say how long it is."""
    end = file.seek(0, 2)
    file.seek(0)
    head = file.read(12)
    if head[:4] == b"RIFF":
        return 8 + int.from_bytes(head[4:8], "little") > end
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return _segment_end(file) > end
    return _boxes_end(file, end) > end


def _boxes_end(file: IO[bytes], end: int) -> int:
    """Where the last top-level box of an MP4 or QuickTime file ends (ISO/IEC 14496-12, 4.2)."""
    position = 0
    for _ in range(BOXES_READ):
        file.seek(position)
        head = file.read(16)
        if position >= end or len(head) < 8:
            break
        size = int(struct.unpack(">I", head[:4])[0])
        if size == 1 and len(head) == 16:
            size = int(struct.unpack(">Q", head[8:])[0])
        if size < 8:  # 0: up to the file's end; anything else is not a box
            break
        position += size
    return position


def _segment_end(file: IO[bytes]) -> int:
    """Where the segment of a Matroska or WebM file ends (RFC 8794), 0 where its length is left open."""
    file.seek(4)
    header = _length(file)
    if header is None:
        return 0
    file.seek(header, 1)
    if file.read(4) != SEGMENT:
        return 0
    length = _length(file)
    return 0 if length is None else file.tell() + length


def _length(file: IO[bytes]) -> int | None:
    """A length of 1 to 8 bytes, whose leading zero bits count the bytes that follow; all ones mean unknown."""
    first = file.read(1)
    if not first or first == b"\x00":
        return None
    extra = 8 - first[0].bit_length()
    bits = 7 * (extra + 1)
    value = int.from_bytes(first + file.read(extra), "big") & ((1 << bits) - 1)
    return None if value == (1 << bits) - 1 else value
