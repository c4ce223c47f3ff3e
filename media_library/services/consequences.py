"""What screens would show without some media: asked before they go to the bin. Counted by the database for the whole
fleet, and told by the resolver for a few screens by name."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Count, Q

from devices.models import Device
from media_library.models import Link, Placement
from media_library.querysets import VideoQuerySet
from media_library.services.resolver import playing_at, resolved, zone_of

EXAMPLES = 4
"""Screens that are named of each kind."""
THEN_NAMED = 3
"""Media that are named of what a screen plays then."""


class Fate(StrEnum):
    """What becomes of a screen."""

    BLACK = "black"
    FALLS_BACK = "falls back"
    GOES_ON = "goes on"


@dataclass(frozen=True)
class Example:
    """A screen by name, and what it would play at that instant: up to three names, and how many more."""

    device: Device
    fate: Fate
    then: list[str]
    more: int


@dataclass(frozen=True)
class Consequences:
    """How many screens have one of the media in their lists, and what is left to them: other media of their programme,
    nothing but their default ones, or nothing. Hours and dates of links are not looked at in these numbers."""

    screens: int
    go_on: int
    fall_back: int
    go_black: int
    examples: list[Example]


_LEFT = {
    Fate.BLACK: Q(regular=0, default=0),
    Fate.FALLS_BACK: Q(regular=0, default__gt=0),
    Fate.GOES_ON: Q(regular__gt=0),
}


def without(videos: VideoQuerySet, *, user: Any, now: datetime) -> Consequences:
    """What the screens that the person may see would show without these videos: a fixed number of statements,
    however many there are."""
    gone = list(videos.order_by().values_list("pk", flat=True))
    left = _left_by_device(gone, user)
    counts = left.aggregate(
        screens=Count("device"),
        **{fate.name.lower(): Count("device", filter=condition) for fate, condition in _LEFT.items()},
    )
    return Consequences(
        screens=counts["screens"],
        go_on=counts["goes_on"],
        fall_back=counts["falls_back"],
        go_black=counts["black"],
        examples=_examples({fate: left.filter(_LEFT[fate]) for fate in Fate if counts[fate.name.lower()]}, gone, now),
    )


def _left_by_device(gone: list[int], user: Any) -> Any:
    """A row for each screen that has one of the videos: how many of its regular and of its default placements stay."""
    having = Placement.objects.deliverable().filter(video__in=gone).values("device")
    stays = ~Q(video__in=gone)
    seen = Device.objects.visible_to(user).filter(pk__in=having)
    return (
        Placement.objects.deliverable()
        .filter(device__in=seen.values("pk"))
        .order_by()
        .values("device")
        .annotate(
            regular=Count("link", filter=stays & Q(layer=Link.Layer.REGULAR)),
            default=Count("link", filter=stays & Q(layer=Link.Layer.DEFAULT)),
        )
    )


def _examples(concerned: Mapping[Fate, Any], gone: list[int], now: datetime) -> list[Example]:
    fates = {
        device: fate
        for fate, rows in concerned.items()
        for device in rows.order_by("device").values_list("device", flat=True)[:EXAMPLES]
    }
    if not fates:
        return []
    devices = Device.objects.select_related("shop").in_bulk(list(fates))
    staying: defaultdict[int, list[Placement]] = defaultdict(list)
    rows = Placement.objects.deliverable().filter(device__in=list(fates)).exclude(video__in=gone)
    for placement in rows.select_related("video"):
        staying[placement.device_id].append(placement)
    return [_example(devices[key], fate, staying[key], now) for key, fate in fates.items()]


def _example(device: Device, fate: Fate, staying: list[Placement], now: datetime) -> Example:
    playing = [p.video.name for p in playing_at(resolved(staying), now, zone_of(device))]
    return Example(device, fate, playing[:THEN_NAMED], max(0, len(playing) - THEN_NAMED))
