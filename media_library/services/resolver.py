"""What a device plays: the one resolver behind the poll, the old routes, the admin's preview and the exports."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from devices.models import Device
from media_library.models import Placement, Video


def playlist(device: Device | int) -> list[Placement]:
    """Everything that is on the device and ready, in the order of play, whatever the hour; windows not applied."""
    rows = Placement.objects.on(device).filter(video__state=Video.State.READY).select_related("video")
    return sorted(_most_specific(list(rows)), key=_play_key)


def playing_at(placements: Sequence[Placement], at: datetime, zone: ZoneInfo) -> list[Placement]:
    """Those whose window is open at that instant on that clock."""
    return [p for p in placements if (window := p.window) is None or window.contains(at, zone)]


def zone_of(device: Device) -> ZoneInfo:
    """The clock of the device's shop, UTC without one."""
    return device.shop.zone if device.shop else ZoneInfo("UTC")


def _most_specific(placements: list[Placement]) -> list[Placement]:
    best: dict[int, Placement] = {}
    for placement in sorted(placements, key=lambda p: (p.breadth, *_play_key(p))):
        best.setdefault(placement.video_id, placement)
    return list(best.values())


def _play_key(placement: Placement) -> tuple[int, float, int]:
    return (placement.display_order, -placement.updated_at.timestamp(), -placement.link_id)
