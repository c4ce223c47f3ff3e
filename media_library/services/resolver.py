"""What a device plays: the one resolver behind the poll, the old routes, the admin's preview and the exports."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from devices.models import Device
from media_library.models import Link, Placement
from media_library.windows import Window


class Placed(Protocol):
    """What the rules of play read of a placement, be it a model's instance or a row of values."""

    @property
    def video_id(self) -> int: ...
    @property
    def link_id(self) -> int: ...
    @property
    def breadth(self) -> int: ...
    @property
    def layer(self) -> str: ...
    @property
    def display_order(self) -> int: ...
    @property
    def updated_at(self) -> datetime: ...


class Windowed(Placed, Protocol):
    """What it reads to tell whether it plays at an instant."""

    @property
    def window(self) -> Window | None: ...


P = TypeVar("P", bound=Placed)
W = TypeVar("W", bound=Windowed)

LAYERS = (Link.Layer.EMERGENCY, Link.Layer.REGULAR, Link.Layer.DEFAULT)
"""The first of them with anything to show has the screen."""


def playlist(device: Device | int) -> list[Placement]:
    """Everything that the device's manifest names, in the order of play; neither windows nor layers are applied."""
    return resolved(Placement.objects.on(device).deliverable().select_related("video"))


def resolved(placements: Iterable[P]) -> list[P]:
    """The placements of one device, each video once in a layer, by its most specific link, in the order of play."""
    in_order = sorted(placements, key=_play_key)
    best: dict[tuple[str, int], P] = {}
    for placement in in_order:
        held = best.setdefault((placement.layer, placement.video_id), placement)
        if placement.breadth < held.breadth:
            best[placement.layer, placement.video_id] = placement
    return in_order if len(best) == len(in_order) else [p for p in in_order if best[p.layer, p.video_id] is p]


def playing_at(placements: Iterable[W], at: datetime, zone: ZoneInfo) -> list[W]:
    """What is on the screen at that instant on that clock: of those whose window is open, the emergency ones, else
    the regular ones, else the default ones."""
    shown = [p for p in placements if (window := p.window) is None or window.contains(at, zone)]
    layers = {p.layer for p in shown}
    uppermost = next((layer for layer in LAYERS if layer in layers), None)
    return [p for p in shown if p.layer == uppermost]


def zone_of(device: Device) -> ZoneInfo:
    """The clock of the device's shop, UTC without one."""
    return device.shop.zone if device.shop else ZoneInfo("UTC")


def _play_key(placement: Placed) -> tuple[int, float, int]:
    return (placement.display_order, -placement.updated_at.timestamp(), -placement.link_id)
