"""Files that are made to hurt whoever opens them: small on disk, large or endless inside, or something else as well."""

import io
import struct
import zlib
from functools import cache

from PIL import Image

from media_library.tests import files


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG, with its sum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *, chunks: bytes = b"", colours: int = 6, whole: bool = True) -> bytes:
    """An empty picture of that many pixels; `colours` 0 grey, 6 red, green, blue and alpha."""
    header = struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)
    row = bytes(1 + width * (4 if colours == 6 else 1))
    packer = zlib.compressobj(1)
    rows = (packer.compress(row) for _ in range(height if whole else 1))
    data = b"".join(rows) + packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + chunks + png_chunk(b"IDAT", data) + png_chunk(b"IEND", b"")
    )


def endless_png(chunks: int = 300_000) -> bytes:
    """A picture of one pixel behind that many chunks that say nothing."""
    return png(1, 1, chunks=png_chunk(b"teXt", b"") * chunks)


def text_bomb_png(times: int = 60) -> bytes:
    """Compressed texts of 100 MB each."""
    text = b"Comment\0\0" + zlib.compress(bytes(100 * 1024**2), 9)
    return png(1, 1, chunks=png_chunk(b"zTXt", text) * times)


def gif_of_frames(frames: int) -> bytes:
    """An animation that has one tiny frame so many times."""
    single = files.image("gif", size=(8, 8))
    at = single.index(b"\x2c")
    return single[:at] + single[at:-1] * frames + single[-1:]


def gif_frame_beyond(frame: tuple[int, int]) -> bytes:
    """A picture of that size on a screen of one pixel."""
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(3) + b"\xff\xff\xff"
    return head + b"\x2c" + struct.pack("<HHHHB", 0, 0, *frame, 0) + b"\x02\x02\x44\x01\x00\x3b"


def webp_of_frames(frames: int) -> bytes:
    """An animation of tiny pictures."""
    pictures = [Image.new("RGB", (8, 8), (number % 256, number // 256, 0)) for number in range(frames)]
    buffer = io.BytesIO()
    pictures[0].save(buffer, "webp", save_all=True, append_images=pictures[1:], duration=10)
    return buffer.getvalue()


def webp_canvas(width: int, height: int) -> bytes:
    """A WebP whose header says that it is so large."""
    extended = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + (width - 1).to_bytes(3, "little")
    body = b"WEBP" + extended + (height - 1).to_bytes(3, "little") + b"ANIM" + struct.pack("<I", 6) + bytes(6)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def jpeg_of_segments(segments: int) -> bytes:
    """A picture behind that many empty segments."""
    whole = files.image("jpg")
    return whole[:2] + b"\xff\xe1\x00\x02" * segments + whole[2:]


def pdf(objects: dict[int, bytes]) -> bytes:
    """A PDF of these objects, of which 1 is the catalogue."""
    body = b"".join(b"%d 0 obj\n%b\nendobj\n" % (number, text) for number, text in objects.items())
    return b"%PDF-1.7\n" + body + b"trailer<</Root 1 0 R/Size %d>>\n%%%%EOF" % (len(objects) + 1)


def pdf_page(content: bytes, more: bytes = b"") -> bytes:
    """A PDF of one page with that stream object as its content."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R%b>>" % more
    return pdf({1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>", 3: page, 4: content})


@cache
def pdf_zip_bomb(megabytes: int = 1024) -> bytes:
    """A page whose content is packed twice and is that large."""
    packer = zlib.compressobj(9)
    inner = b"".join(packer.compress(b"0 0 m " * 174_763) for _ in range(megabytes)) + packer.flush()
    packed = zlib.compress(inner, 9)
    head = b"<</Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n" % len(packed)
    return pdf_page(head + packed + b"\nendstream")


def pdf_of_arrays(depth: int = 100_000) -> bytes:
    """Arrays in arrays."""
    return pdf_page(b"<</Length 0>>stream\n\nendstream", b"/Deep " + b"[" * depth + b"]" * depth)


def pdf_of_nodes(depth: int = 5_000) -> bytes:
    """A tree of pages that has one branch and no end in sight."""
    nodes = {n: b"<</Type/Pages/Kids[%d 0 R]/Count 1/Parent %d 0 R>>" % (n + 1, n - 1) for n in range(2, depth)}
    return pdf({1: b"<</Type/Catalog/Pages 2 0 R>>", **nodes, depth: b"<</Type/Page/MediaBox[0 0 9 9]>>"})


def pdf_that_is_its_own_page() -> bytes:
    """A tree of pages that bites its tail."""
    return pdf({1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 1000000>>"})


def pdf_of_many_pages_promised() -> bytes:
    """One page, and the word that there are two thousand million."""
    return pdf_page(b"<</Length 0>>stream\n\nendstream").replace(b"/Count 1>>", b"/Count 2000000000>>")


def patched(film: bytes, box: bytes, offset: int, value: bytes) -> bytes:
    """The film with other bytes at an offset behind each box of that name."""
    made, position = bytearray(film), -1
    while (position := made.find(box, position + 1)) >= 0:
        made[position + 4 + offset : position + 4 + offset + len(value)] = value
    return bytes(made)


def film_of_pixels(width: int, height: int) -> bytes:
    """A film whose sample description says that it is so large."""
    return patched(files.film(), b"mp4v", 24, struct.pack(">HH", width, height))


def film_of_ages() -> bytes:
    """A Matroska film that says it lasts for 30,000 years: the element Duration (RFC 9559, 5.1.2.11), a double."""
    film = files.film("mkv")
    at = film.index(b"\x44\x89\x88") + 3
    return film[:at] + struct.pack(">d", 1e15) + film[at + 8 :]


def film_of_tracks(tracks: int) -> bytes:
    """A film that has its one track so many times."""
    film = files.film()
    start = film.index(b"moov") - 4
    moov, track = film[start:], film.index(b"trak") - 4
    length = int.from_bytes(film[track : track + 4], "big")
    copies = film[track : track + length] * (tracks - 1)
    at = track + length - start
    return film[:start] + struct.pack(">I", len(moov) + len(copies)) + moov[4:at] + copies + moov[at:]


def film_that_points_to(url: bytes) -> bytes:
    """A QuickTime film whose pictures are said to be at an address."""
    film = files.film("mov")
    at = film.index(b"dref") - 4
    length = int.from_bytes(film[at : at + 4], "big")
    entry = struct.pack(">I4sI", 13 + len(url), b"url ", 0) + url + b"\0"
    dref = struct.pack(">I4sII", 16 + len(entry), b"dref", 0, 1) + entry
    grown = bytearray(film[:at] + dref + film[at + length :])
    for box in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
        place = grown.rindex(box, 0, at) - 4
        size = int.from_bytes(grown[place : place + 4], "big") + len(dref) - length
        grown[place : place + 4] = struct.pack(">I", size)
    return bytes(grown)


def film_with_playlist(url: bytes) -> bytes:
    """An AVI with a playlist in the place of its subtitles, as GAB2 packs them: FFmpeg once followed its addresses."""
    film = bytearray(files.film("avi"))
    playlist = b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1.0,\n" + url + b"\n#EXT-X-ENDLIST\n"
    gab2 = b"GAB2\0\x02\0" + struct.pack("<I", 2) + b"x\0" + b"\x04\0" + struct.pack("<I", len(playlist)) + playlist
    gab2 += bytes(len(gab2) % 2)
    header = b"txts" + bytes(16) + struct.pack("<IIII", 1, 1, 0, 1) + bytes(20)
    stream = b"strh" + struct.pack("<I", len(header)) + header + b"strf" + struct.pack("<I", 0)
    extra = b"LIST" + struct.pack("<I", 4 + len(stream)) + b"strl" + stream
    chunk = b"01sb" + struct.pack("<I", len(gab2)) + gab2
    _insert(film, film.index(b"movi") + 4, chunk, (film.index(b"movi") - 4,))
    hdrl = film.index(b"hdrl")
    end = hdrl - 4 + 4 + int.from_bytes(film[hdrl - 4 : hdrl], "little")
    _insert(film, end, extra, (hdrl - 4,))
    avih = film.index(b"avih") + 8
    film[avih + 24 : avih + 28] = struct.pack("<I", 2)
    return bytes(film)


def _insert(film: bytearray, at: int, what: bytes, sizes: tuple[int, ...]) -> None:
    """Puts bytes into a RIFF file, and counts them in the sizes of what holds them."""
    for place in (4, *sizes):
        film[place : place + 4] = struct.pack("<I", int.from_bytes(film[place : place + 4], "little") + len(what))
    film[at:at] = what
