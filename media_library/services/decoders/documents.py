"""Looks inside a PDF with PDFium; a page of HTML is checked once more and gets a drawn sheet, never rendered."""

import textwrap
from pathlib import Path

import pypdfium2
from PIL import Image, ImageDraw, ImageFont
from pypdfium2.raw import FPDF_ERR_PASSWORD

from media_library.services.decoders.images import as_jpeg
from media_library.services.decoders.outcome import AGAIN, THUMBNAIL_SIDE, Probe, Request, Unreadable
from media_library.services.pages import PageRefused, check_page


def probe_pdf(request: Request) -> Probe:
    """Pages, and a picture of the first. Raises Unreadable."""
    try:
        with pypdfium2.PdfDocument(request.path) as document:
            if not len(document):
                raise Unreadable("The PDF has no pages.")
            page = document[0]
            scale = THUMBNAIL_SIDE / max(*page.get_size(), 1)
            picture = page.render(scale=min(scale, 4)).to_pil().convert("RGB")
            picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
            return Probe(picture=as_jpeg(picture), pages=len(document))
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == FPDF_ERR_PASSWORD:
            raise Unreadable("The PDF asks for a password. Save it without one and upload the new file.") from error
        raise Unreadable(f"The PDF is damaged and cannot be opened. {AGAIN}") from error


def probe_page(request: Request) -> Probe:
    """A sheet with the page's title. Raises Unreadable for a page with scripts."""
    try:
        title = check_page(Path(request.path).read_bytes())
    except PageRefused as error:
        raise Unreadable(str(error)) from error
    return Probe(picture=as_jpeg(_drawn_page(title or request.name)))


def _drawn_page(title: str) -> Image.Image:
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
