"""What a device plays, on its page and at any instant: the resolver's own answer, drawn as the screen shows it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from devices.admin import device  # noqa: F401 — registers the page that is extended here
from devices.models import Device
from dgx.core.admin.base import Panel, extend
from dgx.core.admin.words import length_in_words, wall_clock
from media_library.admin.filters import ScreenFilter
from media_library.admin.screen import on_screen, shape_of
from media_library.admin.words import window_in_words
from media_library.models import Link, Placement, Video
from media_library.services.resolver import playing_at, playlist, zone_of

THROUGH = {1: "its own", 2: "its group", 3: "its shop", 4: "the whole chain"}
"""The breadths of Placement, as short as a strip needs them."""


def playlist_panel(on: Device, now: datetime, user: Any) -> Mapping[str, Any]:
    """What is on the device's screen, in turn; then what its manifest holds besides, for other hours and cases."""
    placements = playlist(on)
    zone = zone_of(on)
    current = playing_at(placements, now, zone)
    shown = {placement.pk for placement in current}
    layer = current[0].layer if current else ""
    return {
        "items": _strip(current, on, now),
        "others": [_item(p, on, now) for p in placements if p.pk not in shown],
        "layer": layer,
        "until": _ends(current, zone) if layer == Link.Layer.EMERGENCY else None,
        "clock": wall_clock(now, zone),
        "zone": zone.key,
        "knows": bool(on.presence.playing and on.presence.is_online),
    }


def _strip(current: Sequence[Placement], on: Device, now: datetime) -> list[dict[str, Any]]:
    """The items in turn, marked with what is on the screen and what comes next, as far as the device told."""
    playing = on.presence.playing if on.presence.is_online else ""
    marks: dict[int, str] = {}
    for place, placement in enumerate(current):
        if playing and placement.video.sha256 == playing:
            marks = {(place + 1) % len(current): "next", place: "playing"}
            break
    return [_item(p, on, now) | {"place": n + 1, "mark": marks.get(n, "")} for n, p in enumerate(current)]


def _item(placement: Placement, on: Device, now: datetime) -> dict[str, Any]:
    video = placement.video
    return {
        "video": video,
        "picture": on_screen(video, shape_of(on.screen), now),
        "through": THROUGH[placement.breadth],
        "link": placement.link_id,
        "layer": placement.layer,
        "window": window_in_words(placement.window),
        "length": length_of(video),
    }


def length_of(video: Video) -> str:
    """For how long it stays: a video to its end."""
    seconds = video.duration_s if video.kind == Video.Kind.VIDEO else video.display_duration
    return length_in_words(seconds) if seconds else ""


def _ends(current: Sequence[Placement], zone: Any) -> datetime | None:
    """When the last emergency of these is over, on the shop's clock."""
    ends = [placement.valid_until for placement in current if placement.valid_until]
    return wall_clock(max(ends), zone) if ends else None


extend(
    Device,
    panels=[Panel("media_library/panel_playlist.html", playlist_panel, "media_library.view_link")],
    filters=[ScreenFilter],
)
