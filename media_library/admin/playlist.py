"""What a device plays, on its page: the resolver's own answer, with thumbnails."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from devices.admin import device  # noqa: F401 — registers the page that is extended here
from devices.models import Device
from dgx.core.admin.base import Panel, extend
from media_library.admin.pictures import thumbnail
from media_library.admin.words import window_in_words
from media_library.models import Placement
from media_library.services.resolver import playing_at, playlist, zone_of


def _item(placement: Placement, *, is_open: bool, playing: str, now: datetime) -> dict[str, Any]:
    return {
        "video": placement.video,
        "picture": thumbnail(placement.video, now),
        "through": Placement.Breadth(placement.breadth).label.lower(),
        "link": placement.link_id,
        "window": window_in_words(placement.window),
        "is_open": is_open,
        "is_playing": bool(playing) and placement.video.sha256 == playing,
    }


def playlist_panel(on: Device, now: datetime, user: Any) -> Mapping[str, Any]:
    """The device's play list; those whose window is closed just now are marked."""
    placements = playlist(on)
    zone = zone_of(on)
    open_now = {placement.pk for placement in playing_at(placements, now, zone)}
    playing = on.presence.playing
    items = [_item(p, is_open=p.pk in open_now, playing=playing, now=now) for p in placements]
    return {"items": items, "clock": now.astimezone(zone), "zone": zone.key}


extend(Device, panels=[Panel("media_library/panel_playlist.html", playlist_panel, "media_library.view_link")])
