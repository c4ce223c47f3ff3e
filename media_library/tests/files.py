"""Tiny real files for tests, made in memory: every kind that is taken, and the ways in which they are broken."""

import io
import random
import struct
import tempfile
import zlib
from collections.abc import Mapping
from typing import Any

import av
import pypdfium2
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

PAGE = b"<!doctype html><html><head><meta charset=utf-8><title>Menu of the day</title></head><body>Soup</body></html>"
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + bytes(200)
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


def uploaded(
    content: bytes, name: str = "file.bin", content_type: str = "application/octet-stream"
) -> SimpleUploadedFile:
    """The content as a file that somebody uploads under that name."""
    return SimpleUploadedFile(name, content, content_type)


def film(
    extension: str = "mp4",
    *,
    codec: str = "mpeg4",
    size: tuple[int, int] = (64, 48),
    frames: int = 24,
    options: Mapping[str, str] | None = None,
    shade: int = 0,
) -> bytes:
    """A video of `frames` frames at 12 a second, all noise, so that each takes room."""
    chance = random.Random(shade)
    with tempfile.NamedTemporaryFile(suffix=f".{extension}") as file:
        with av.open(
            file.name, "w", format=_FORMATS.get(extension, extension), options=dict(options or {})
        ) as container:
            stream: Any = container.add_stream(codec, rate=12)
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            for _ in range(frames):
                picture = Image.frombytes("RGB", size, chance.randbytes(3 * size[0] * size[1]))
                frame: Any = av.VideoFrame.from_image(picture)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return file.read()


_FORMATS = {"mkv": "matroska"}


def sound() -> bytes:
    """An MP4 without a picture."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream: Any = container.add_stream("aac", rate=48000)
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        frame.planes[0].update(bytes(4 * 1024))
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def image(
    extension: str = "png", *, size: tuple[int, int] = (40, 30), colour: str = "teal", **options: object
) -> bytes:
    """A picture in one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, _PILLOW.get(extension, extension), **options)
    return buffer.getvalue()


_PILLOW = {"jpg": "jpeg"}


def photo_on_its_side(size: tuple[int, int] = (60, 20)) -> bytes:
    """A JPEG whose EXIF says that it is to be turned by a quarter."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return image("jpg", size=size, exif=exif)


def huge_png(width: int = 20_000, height: int = 20_000) -> bytes:
    """A small file that says it is a picture of that many pixels, and is not."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    )


def pdf(pages: int = 2) -> bytes:
    """A PDF of empty pages, 200 x 100 points."""
    with pypdfium2.PdfDocument.new() as document:
        for _ in range(pages):
            document.new_page(200, 100)
        buffer = io.BytesIO()
        document.save(buffer)
    return buffer.getvalue()


def locked_pdf() -> bytes:
    """A PDF whose password nobody knows."""
    lock = b"<</Filter/Standard/V 1/R 2/P -4/O<" + b"41" * 32 + b">/U<" + b"42" * 32 + b">>>"
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        lock,
    )
    body = b"".join(b"%d 0 obj%bendobj\n" % (number, text) for number, text in enumerate(objects, 1))
    return b"%PDF-1.4\n" + body + b"trailer<</Root 1 0 R/Size 5/Encrypt 4 0 R/ID[<00><00>]>>\n%%EOF"
