"""Targets and windows of links in words."""

from media_library.admin.forms import WEEKDAYS
from media_library.models import Link
from media_library.windows import Window

_DAYS = dict(WEEKDAYS)


def window_in_words(window: Window | None) -> str:
    """“always”, or such as “Mon, Sat · 09:00 to 18:00 · until 31 Dec 2026 00:00 UTC”."""
    if window is None:
        return "always"
    parts = [
        ", ".join(_DAYS[day] for day in window.weekdays) if window.weekdays else "",
        f"{window.start:%H:%M} to {window.end:%H:%M}" if window.start and window.end else "",
        f"from {window.valid_from:%-d %b %Y %H:%M} UTC" if window.valid_from else "",
        f"until {window.valid_until:%-d %b %Y %H:%M} UTC" if window.valid_until else "",
    ]
    return " · ".join(part for part in parts if part)


def targets_in_words(link: Link) -> str:
    """“group Window displays + shop Lyon”: a device plays the link where it matches them all."""
    named = (("device", link.device), ("group", link.group), ("shop", link.shop))
    return " + ".join(f"{kind} {target}" for kind, target in named if target)
