"""When which item plays: the hours of one day on a shop's clock, cut wherever something begins or ends."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from media_library.models import Placement
from media_library.services.resolver import playing_at

_STEP = timedelta(minutes=30)
"""Clocks are changed on the hour or, in few places, on the half."""


@dataclass(frozen=True)
class Stretch:
    """From `start` to `end` just these play, in turn; none: the screen is dark."""

    start: datetime
    end: datetime
    playing: list[Placement]


def day_of(placements: Sequence[Placement], day: date, zone: ZoneInfo) -> list[Stretch]:
    """The day from midnight to midnight on that clock; `placements` are a device's, from `resolver.playlist`."""
    cuts = sorted(set(_cuts(placements, day, zone)))
    stretches: list[Stretch] = []
    for start, end in pairwise(cuts):
        playing = playing_at(placements, start, zone)
        if stretches and stretches[-1].playing == playing:
            stretches[-1] = Stretch(stretches[-1].start, end, playing)
        else:
            stretches.append(Stretch(start, end, playing))
    return stretches


def _cuts(placements: Sequence[Placement], day: date, zone: ZoneInfo) -> Iterator[datetime]:
    """The day's two midnights, and every instant between them at which a window may open or close. An hour that the
    clocks skip or repeat is looked at from both sides."""
    first, last = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
    yield first
    yield last
    for window in filter(None, (placement.window for placement in placements)):
        local = (datetime.combine(day, clock, zone) for clock in (window.start, window.end) if clock is not None)
        instants = [at.replace(fold=fold) for at in local for fold in (0, 1)]
        instants += [at for at in (window.valid_from, window.valid_until) if at is not None]
        yield from (at for at in (instant.astimezone(UTC) for instant in instants) if first < at < last)
    at = first + _STEP
    while at < last:  # where the clocks change, a window may open or close by that alone
        if at.astimezone(zone).utcoffset() != (at - _STEP).astimezone(zone).utcoffset():
            yield at
        at += _STEP
