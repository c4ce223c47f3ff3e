"""What is inside a file: size in pixels, length, pages, and a small picture of it.

Each probe raises Unreadable with a sentence for the person who uploaded the file.
"""

import textwrap
from collections.abc import Callable
from typing import IO

import pypdfium2
from PIL import ExifTags, Image, ImageDraw, ImageFont, ImageOps
from pypdfium2.raw import FPDF_ERR_PASSWORD

from dgx.core.errors import Refusal
from media_library.services import films, sniffing
from media_library.services.films import THUMBNAIL_SIDE, Probe, Unreadable
from media_library.services.pages import PageRefused, check_page

__all__ = ["Probe", "Unreadable", "probe"]

PAPER = (255, 255, 255)
SIDEWAYS = {5, 6, 7, 8}
"""EXIF orientations that turn a picture by a quarter."""


def probe(file: IO[bytes], mime: str, *, name: str) -> Probe:
    """Look inside a temporary file of that media type. Raises Unreadable."""
    if mime.startswith("video/"):
        return films.probe_film(file)
    looks: dict[str, Callable[[], Probe]] = {
        "application/pdf": lambda: _probe_pdf(file),
        "text/html": lambda: _probe_page(file, name),
    }
    return looks.get(mime, lambda: _probe_image(file))()


def _probe_image(file: IO[bytes]) -> Probe:
    try:
        with sniffing.open_image(file) as image:
            sideways = image.getexif().get(ExifTags.Base.Orientation, 1) in SIDEWAYS
            width, height = reversed(image.size) if sideways else image.size
            image.draft("RGB", (2 * THUMBNAIL_SIDE, 2 * THUMBNAIL_SIDE))  # a JPEG is decoded no larger than needed
            return Probe(picture=_fitted(ImageOps.exif_transpose(image)), width=width, height=height)
    except Refusal as error:
        raise Unreadable(error.message) from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, MemoryError) as error:
        message = f"The image is damaged or ends in the middle ({error}). Export it again and upload the new file."
        raise Unreadable(message) from error


def _fitted(image: Image.Image) -> Image.Image:
    """A picture of at most 480 x 480 on white."""
    image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    paper = Image.new("RGB", layer.size, PAPER)
    paper.paste(layer, mask=layer.getchannel("A"))
    return paper


def _probe_pdf(file: IO[bytes]) -> Probe:
    try:
        with pypdfium2.PdfDocument(file.name) as document:
            if not len(document):
                raise Unreadable("The PDF has no pages.")
            page = document[0]
            scale = THUMBNAIL_SIDE / max(*page.get_size(), 1)
            picture = page.render(scale=min(scale, 4)).to_pil().convert("RGB")
            picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
            return Probe(picture=picture, pages=len(document))
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == FPDF_ERR_PASSWORD:
            raise Unreadable("The PDF asks for a password. Save it without one and upload the new file.") from error
        raise Unreadable("The PDF is damaged and cannot be opened. Export it again and upload the new file.") from error


def _probe_page(file: IO[bytes], name: str) -> Probe:
    file.seek(0)
    try:
        title = check_page(file.read(sniffing.HTML_MAX_BYTES))
    except PageRefused as error:
        raise Unreadable(str(error)) from error
    return Probe(picture=_drawn_page(title or name))


def _drawn_page(title: str) -> Image.Image:
    """A sheet with the page's title: pages are not rendered on a server."""
    picture = Image.new("RGB", (480, 270), (241, 243, 246))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 480, 34), fill=(52, 64, 84))
    for number in range(3):
        draw.ellipse((14 + 18 * number, 12, 24 + 18 * number, 22), fill=(203, 210, 220))
    lines = textwrap.wrap(title, width=24)[:4]
    draw.multiline_text(
        (240, 152), "\n".join(lines), font=ImageFont.load_default(30), fill=(52, 64, 84), anchor="mm", align="center"
    )
    return picture
