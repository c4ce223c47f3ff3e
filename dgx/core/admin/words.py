"""Small pieces of HTML and wording that the admin's lists share."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

NOTHING = "—"


def badge(tone: str, text: str, title: str = "") -> SafeString:
    """A coloured label. `tone` is one of good, bad, warn, info, calm."""
    return format_html('<span class="dgx-badge dgx-badge--{}" title="{}">{}</span>', tone, title, text)


def spell(seconds: float) -> str:
    """A length of time in one unit: 12 s, 4 minutes, 2 weeks."""
    return f"{max(0, int(seconds))} s" if seconds < 60 else ""


def since(at: datetime, now: datetime) -> str:
    """How long ago, in one unit: “12 s”, “4 minutes”, “2 weeks”."""
    seconds = (now - at).total_seconds()
    return spell(seconds) or timesince(at, now, depth=1).replace("\xa0", " ")


def ago(at: datetime | None, now: datetime) -> str:
    """How long ago, as a phrase; “never” for None."""
    return f"{since(at, now)} ago" if at else "never"


def wall_clock(at: datetime, zone: ZoneInfo) -> datetime:
    """What a clock in that zone shows, without a zone: templates show an instant with one on UTC's clock."""
    return at.astimezone(zone).replace(tzinfo=None)


def bytes_in_words(size: int | None) -> str:
    """A size as people read it: 812 B, 4.2 MB (powers of 1000, as on a disk's label)."""
    if size is None:
        return NOTHING
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def length_in_words(seconds: float) -> str:
    """How long something lasted, by its two largest units: 12 s, 4 min 10 s, 3 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
