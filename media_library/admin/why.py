"""“Why?”: a page below a device's that says of every link that could reach it whether it plays at an instant, and which
rule decided. The poll asks the same resolver."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest

from devices.admin import device  # noqa: F401 — registers the page that is extended here
from devices.models import Device
from dgx.core.admin.base import extend
from dgx.core.admin.tabs import SubPage
from dgx.core.admin.words import wall_clock
from media_library.admin.screen import on_screen, shape_of
from media_library.admin.words import window_in_words
from media_library.models import Link, Placement
from media_library.services.reach import Reach, Rule, reach
from media_library.services.resolver import playlist, zone_of
from media_library.services.timeline import Stretch, day_of

FORMAT = "%Y-%m-%dT%H:%M"
"""How a browser's date and time field writes an instant."""
VERDICTS = {
    Rule.PLAYS: ("good", "Plays"),
    Rule.EXCEPTED: ("calm", "Excepted"),
    Rule.BINNED: ("bad", "In the bin"),
    Rule.NOT_READY: ("bad", "Not ready"),
    Rule.NOT_STORED: ("bad", "No file"),
    Rule.SHADOWED: ("calm", "Shown by another link"),
    Rule.WINDOW_CLOSED: ("info", "Not at this hour"),
    Rule.PUSHED_ASIDE: ("warn", "Pushed aside"),
    Rule.IN_RESERVE: ("calm", "In reserve"),
}
LAYERS = {Link.Layer.EMERGENCY: ("bad", "Emergency"), Link.Layer.DEFAULT: ("info", "Default")}
YEARS = range(2000, 2101)
"""Years that are asked for; far from these, calendars and clocks say nothing true."""
MINUTES = 1440
TIMELINE_MAX = 100
"""Items that the day is drawn for; with more it would take longer to read than the list."""


def why(on: Device, now: datetime, request: HttpRequest) -> Mapping[str, Any]:
    """The page's context: the instant is `at` in the address, on the shop's clock; now without one."""
    zone = zone_of(on)
    at = asked_instant(request, zone) or now
    local = at.astimezone(zone)
    found = reach(on, at=at)
    return {
        "rows": [_row(each, on, now) for each in found],
        "playing": sum(each.kept for each in found),
        "local": wall_clock(at, zone),
        "zone": zone.key,
        "is_now": at == now,
        "field": f"{local:{FORMAT}}",
        "steps": _steps(wall_clock(at, zone)),
        "timeline": _timeline(on, local, zone),
    }


def asked_instant(request: HttpRequest, zone: ZoneInfo) -> datetime | None:
    """The instant in the address; None without one. What cannot be read is told, and it is now."""
    asked = request.GET.get("at", "")
    if not asked:
        return None
    try:
        at = datetime.strptime(asked, FORMAT).replace(tzinfo=zone)
    except ValueError:
        at = None
    if at is None or at.year not in YEARS:
        messages.error(request, "This date and time cannot be read; write it as 2026-01-31T18:30. Shown is now.")
        return None
    return at


def _steps(local: datetime) -> list[tuple[str, str]]:
    """(label, value) of instants that are often asked for next."""
    hops = (("An hour earlier", -1), ("An hour later", 1), ("A day later", 24), ("A week later", 24 * 7))
    return [(label, f"{local + timedelta(hours=hours):{FORMAT}}") for label, hours in hops]


def _row(found: Reach, on: Device, now: datetime) -> dict[str, Any]:
    link = found.link
    return {
        "link": link,
        "video": link.video,
        "picture": on_screen(link.video, shape_of(on.screen), now),
        "verdict": VERDICTS[found.rule],
        "kept": found.kept,
        "reason": _sentence(found),
        "through": _through(found.breadth, on),
        "layer": LAYERS.get(Link.Layer(link.layer)),
        "window": window_in_words(link.window),
    }


def _sentence(found: Reach) -> str:
    """The reason behind the verdict, which says already that it plays."""
    reason = found.reason.removeprefix("Plays ") if found.kept else found.reason
    return reason[:1].upper() + reason[1:]


def _through(breadth: int, on: Device) -> str:
    """“group Menu boards”: what brings the link to the device."""
    names = {
        Placement.Breadth.DEVICE: "the device itself",
        Placement.Breadth.GROUP: f"group {on.group}",
        Placement.Breadth.SHOP: f"shop {on.shop}",
    }
    return names.get(Placement.Breadth(breadth), "the whole chain")


def _timeline(on: Device, local: datetime, zone: ZoneInfo) -> Mapping[str, Any] | None:
    """The chosen day, a line for each item that plays on it; None where that says no more than the list."""
    placements = playlist(on)
    if len(placements) > TIMELINE_MAX:
        return None
    stretches = day_of(placements, local.date(), zone)
    whole = stretches[-1].end - stretches[0].start

    def place(at: datetime) -> float:
        return round((at - stretches[0].start) / whole * MINUTES, 1)

    lines = [(placement, list(_bars(stretches, placement, place))) for placement in placements]
    dark = [(place(each.start), place(each.end) - place(each.start)) for each in stretches if not each.playing]
    return {
        "lines": [(placement, bars) for placement, bars in lines if bars],
        "dark": dark,
        "dark_words": [f"{_clock(s.start, zone)} to {_clock(s.end, zone)}" for s in stretches if not s.playing],
        "needle": place(local),
        "day": local.date(),
        "hours": [(hour, hour * 60) for hour in range(0, 25, 6)],
    }


def _bars(stretches: Sequence[Stretch], placement: Placement, place: Any) -> Iterator[tuple[float, float]]:
    """(start, length) of each stretch in which it plays, in minutes of the day."""
    for stretch in stretches:
        if any(each.pk == placement.pk and each.layer == placement.layer for each in stretch.playing):
            yield place(stretch.start), place(stretch.end) - place(stretch.start)


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M}"


extend(Device, subpages=[SubPage("why", "Why?", "media_library/why.html", why, "media_library.view_link")])
