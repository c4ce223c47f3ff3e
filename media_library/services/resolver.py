"""What a device plays: the one resolver behind the poll, the old routes, the admin's preview and the exports."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from devices.models import Device
from media_library.models import Placement, Video


class Placed(Protocol):
    """What the rules of play read of a placement, be it a model's instance or a row of values."""

    @property
    def video_id(self) -> int: ...
    @property
    def link_id(self) -> int: ...
    @property
    def breadth(self) -> int: ...
    @property
    def display_order(self) -> int: ...
    @property
    def updated_at(self) -> datetime: ...


P = TypeVar("P", bound=Placed)


def playlist(device: Device | int) -> list[Placement]:
    """Everything that is on the device and ready, in the order of play, whatever the hour; windows not applied."""
    return resolved(Placement.objects.on(device).filter(video__state=Video.State.READY).select_related("video"))


def resolved(placements: Iterable[P]) -> list[P]:
    """The placements of one device, each video once, by its most specific link, in the order of play."""
    return sorted(_most_specific(placements), key=_play_key)


def playing_at(placements: Sequence[Placement], at: datetime, zone: ZoneInfo) -> list[Placement]:
    """Those whose window is open at that instant on that clock."""
    return [p for p in placements if (window := p.window) is None or window.contains(at, zone)]


def zone_of(device: Device) -> ZoneInfo:
    """The clock of the device's shop, UTC without one."""
    return device.shop.zone if device.shop else ZoneInfo("UTC")


def _most_specific(placements: Iterable[P]) -> list[P]:
    best: dict[int, P] = {}
    for placement in sorted(placements, key=lambda p: (p.breadth, *_play_key(p))):
        best.setdefault(placement.video_id, placement)
    return list(best.values())


def _play_key(placement: Placed) -> tuple[int, float, int]:
    return (placement.display_order, -placement.updated_at.timestamp(), -placement.link_id)
