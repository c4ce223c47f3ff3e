"""Media as the admin shows them: thumbnails and previews by signed address, sizes and states in words."""

from datetime import datetime

from django.template.defaultfilters import pluralize
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dgx.core.admin.words import badge
from media_library.models import Video
from media_library.services.signing import THUMBNAIL_MIME, signed_url
from media_library.services.storage import is_incoming

ADDRESS_LIFETIME_S = 900
"""A page's pictures and previews stay reachable for at least this long after it was opened."""

TONES = {"ready": "good", "processing": "info", "failed": "bad"}


def thumbnail(video: Video, now: datetime, modifier: str = "") -> SafeString:
    """The thumbnail, or a box that says what kind of file it is."""
    style = f"dgx-thumb {modifier}".strip()
    if not video.thumbnail:
        return format_html('<span class="{} dgx-thumb--none">{}</span>', style, video.get_kind_display())
    address = signed_url(str(video.thumbnail.name), mime=THUMBNAIL_MIME, now=now, lifetime=ADDRESS_LIFETIME_S)
    return format_html('<img class="{}" src="{}" alt="{}" loading="lazy">', style, address, video.name)


def file_address(video: Video, now: datetime) -> str:
    """Where a browser gets the file; what an old route set in its place goes first; empty without either."""
    if video.source_url is not None:
        return video.source_url if video.source_url.startswith(("http://", "https://")) else ""
    return stored_address(video, now)


def stored_address(video: Video, now: datetime) -> str:
    """Where a browser gets the stored object that a player shows; empty where there is none."""
    if video.source_url is not None:
        return ""
    is_known = video.file and not is_incoming(video.key)  # bytes that nobody has looked at are opened by nobody
    return signed_url(video.key, mime=video.mime, now=now, lifetime=ADDRESS_LIFETIME_S) if is_known else ""


def state_badge(video: Video) -> SafeString:
    """The state in colour; the reason of a failure on hover."""
    return badge(TONES[video.state], video.get_state_display(), video.state_reason)


def shape(video: Video) -> str:
    """Pixels, length and pages, as far as they are known: “1920 x 1080 · 12.5 s”."""
    parts = [
        f"{video.width} \N{MULTIPLICATION SIGN} {video.height}" if video.width and video.height else "",
        f"{video.duration_s:.1f} s" if video.duration_s else "",
        f"{video.pages} page{pluralize(video.pages)}" if video.pages else "",
    ]
    return " · ".join(part for part in parts if part)
