"""Looks inside an image with Pillow, and makes the small pictures."""

import io

from PIL import ExifTags, Image, ImageOps

from media_library.services.decoders.outcome import AGAIN, THUMBNAIL_SIDE, Probe, Request, Unreadable, too_many_pixels

PAPER = (255, 255, 255)
FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
SIDEWAYS = {5, 6, 7, 8}
"""EXIF orientations that turn a picture by a quarter."""


def probe_image(request: Request) -> Probe:
    """Pixels and a small picture. Raises Unreadable for one that is damaged or too large."""
    Image.MAX_IMAGE_PIXELS = None  # the check below says it in words
    try:
        with Image.open(request.path, formats=FORMATS) as image:
            if image.width * image.height > request.max_pixels:
                raise Unreadable(too_many_pixels(request.max_pixels, *image.size))
            sideways = image.getexif().get(ExifTags.Base.Orientation, 1) in SIDEWAYS
            width, height = reversed(image.size) if sideways else image.size
            image.draft("RGB", (2 * THUMBNAIL_SIDE, 2 * THUMBNAIL_SIDE))  # a JPEG is decoded no larger than needed
            image.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
            return Probe(picture=as_jpeg(_on_paper(ImageOps.exif_transpose(image))), width=width, height=height)
    except (OSError, SyntaxError, ValueError, EOFError, IndexError) as error:
        raise Unreadable(f"The image is damaged or ends in the middle ({error}). {AGAIN}") from error


def as_jpeg(picture: Image.Image) -> bytes:
    """The bytes of a thumbnail."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=82, optimize=True)
    return buffer.getvalue()


def _on_paper(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    paper = Image.new("RGB", layer.size, PAPER)
    paper.paste(layer, mask=layer.getchannel("A"))
    return paper
