"""A medium as a screen shows it: turned and fitted inside the screen's own shape. An SVG says that by its attributes
alone, so that the page needs no style for each picture."""

import re
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString

from media_library.admin.pictures import ADDRESS_LIFETIME_S
from media_library.models import Video
from media_library.services.signing import THUMBNAIL_MIME, signed_url

LANDSCAPE = (1920, 1080)
"""The shape of a screen that never told its own."""
SLIMMEST = 6
"""A shape that is longer than this many times its width is a slip of whoever typed it."""
_PIXELS = re.compile(r"\s*(\d{2,5})\s*[x\N{MULTIPLICATION SIGN}]\s*(\d{2,5})\s*", re.IGNORECASE)
_FITS = {"cover": "xMidYMid slice", "contain": "xMidYMid meet", "fill": "none", "none": "none"}


def shape_of(screen: str) -> tuple[int, int]:
    """Width and height of what a device reported, such as 1920x1080; a landscape screen where that says nothing."""
    found = _PIXELS.fullmatch(screen)
    if not found:
        return LANDSCAPE
    width, height = int(found[1]), int(found[2])
    return (width, height) if max(width, height) <= SLIMMEST * min(width, height) else LANDSCAPE


def on_screen(video: Video, shape: tuple[int, int], now: datetime) -> SafeString:
    """The thumbnail as a screen of that shape shows the medium; without one, what kind of file it is."""
    width, height = shape
    return format_html(
        '<svg class="dgx-screen" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<rect width="100%" height="100%" fill="#000"/>{}</svg>',
        width,
        height,
        video.name,
        _picture(video, width, height, now) if video.thumbnail else _label(video, width, height),
    )


def _picture(video: Video, width: int, height: int, now: datetime) -> SafeString:
    """As the player does it: a frame around the screen's middle, on its side where the medium is, then turned."""
    across, down = (height, width) if video.rotation in {90, 270} else (width, height)
    if video.fit_mode == Video.FitMode.NONE and video.width and video.height:
        across, down = video.width, video.height
    return format_html(
        '<image href="{}" x="{}" y="{}" width="{}" height="{}" preserveAspectRatio="{}" transform="rotate({} {} {})"/>',
        signed_url(str(video.thumbnail.name), mime=THUMBNAIL_MIME, now=now, lifetime=ADDRESS_LIFETIME_S),
        (width - across) / 2,
        (height - down) / 2,
        across,
        down,
        _FITS[video.fit_mode],
        video.rotation,
        width / 2,
        height / 2,
    )


def _label(video: Video, width: int, height: int) -> SafeString:
    return format_html(
        '<text x="50%" y="50%" font-size="{}" fill="#9ca3af" text-anchor="middle" dominant-baseline="middle">{}</text>',
        min(width, height) // 9,
        video.get_kind_display(),
    )
