"""Why a device plays what it plays: every link that reaches it, or would, and the rule that keeps it or rejects it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from devices.models import Device
from media_library.models import Link, Placement, Video
from media_library.services.resolver import playing_at, resolved, zone_of
from media_library.windows import Closed

THROUGH = {1: "its own link", 2: "its group", 3: "its shop", 4: "the whole chain"}
"""The breadths of Placement, in words."""
WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


class Rule(StrEnum):
    """What decided about a link, in the order in which the rules are asked."""

    EXCEPTED = "excepted"
    BINNED = "binned"
    NOT_READY = "not_ready"
    NOT_STORED = "not_stored"
    SHADOWED = "shadowed"
    WINDOW_CLOSED = "window_closed"
    PUSHED_ASIDE = "pushed_aside"
    IN_RESERVE = "in_reserve"
    PLAYS = "plays"


@dataclass(frozen=True)
class Reach:
    """A link, and why it plays on the device at that instant or does not. `link.video` is loaded; `breadth` is one of
    `Placement.Breadth`; `shadowed_by`: the link of the same layer that shows the same video in this one's stead."""

    link: Link
    breadth: int
    rule: Rule
    reason: str
    shadowed_by: UUID | None = None

    @property
    def kept(self) -> bool:
        """It plays."""
        return self.rule is Rule.PLAYS

    @property
    def primary(self) -> bool:
        """It reaches the device and counts for its video."""
        return self.shadowed_by is None and self.rule not in {Rule.EXCEPTED, Rule.BINNED}

    @property
    def through(self) -> str:
        """The link's most specific target: device, group, shop or chain."""
        return Placement.Breadth(self.breadth).name.lower()


@dataclass(frozen=True)
class _Moment:
    """What the rules know: the placements that count, those that play, when, and on which clock."""

    counting: Mapping[tuple[str, int], Placement]
    playing: list[Placement]
    at: datetime
    zone: ZoneInfo


def reach(device: Device, *, at: datetime) -> list[Reach]:
    """Every link that reaches the device, or would but for an exception or the bin, in the order of play, as of that
    instant. Two statements; load the device with its shop."""
    placements = list(Placement.objects.on(device).select_related("link", "video").in_play_order())
    counting = resolved(placements)
    zone = zone_of(device)
    playing = playing_at([p for p in counting if _obstacle(p.video) is None], at, zone)
    moment = _Moment({(p.layer, p.video_id): p for p in counting}, playing, at, zone)
    found = [*(_judged(placement, moment) for placement in placements), *_kept_off(device, placements)]
    return sorted(found, key=lambda r: (r.link.display_order, -r.link.updated_at.timestamp(), -r.link.pk))


def _kept_off(device: Device, placements: Sequence[Placement]) -> Iterator[Reach]:
    """The links whose targets the device matches and that are no placements of it."""
    others = Link.objects.matching(device).exclude(pk__in=[placement.link_id for placement in placements])
    for link in others.select_related("video"):
        breadth = _breadth(link)
        would = f"It would reach this device through {THROUGH[breadth]}, but"
        if link.video.binned_at:
            yield Reach(link, breadth, Rule.BINNED, f"{would} the media is in the bin.")
        else:
            yield Reach(link, breadth, Rule.EXCEPTED, f"{would} the device is excepted from the link.")


def _breadth(link: Link) -> int:
    targets = (link.device_id, link.group_id, link.shop_id, 0)
    return next(breadth for breadth, target in enumerate(targets, start=1) if target is not None)


def _judged(placement: Placement, moment: _Moment) -> Reach:
    link, link.video = placement.link, placement.video
    counts = moment.counting[placement.layer, placement.video_id]
    rule, reason = (
        _obstacle(placement.video)
        or _shadow(placement, counts)
        or _window(placement, moment)
        or _layer(placement, moment)
        or (Rule.PLAYS, _plays(placement, moment))
    )
    shadowed_by = None if counts is placement else counts.link.public_id
    return Reach(link, placement.breadth, rule, reason, shadowed_by)


def _obstacle(video: Video) -> tuple[Rule, str] | None:
    """Why the media reaches no screen at all: `PlacementQuerySet.deliverable`, told apart."""
    if video.state == Video.State.FAILED:
        return Rule.NOT_READY, f"The media failed: {video.state_reason or 'it cannot be played'}"
    if video.state != Video.State.READY:
        return Rule.NOT_READY, "The media is still being processed."
    if video.source_url is not None:
        return Rule.NOT_STORED, "The media is at an address that an old route named: only old players show it."
    if not video.file or video.size is None or not video.sha256:
        return Rule.NOT_STORED, "The media has no stored and verified file."
    return None


def _shadow(placement: Placement, counts: Placement) -> tuple[Rule, str] | None:
    if counts is placement:
        return None
    if counts.breadth == placement.breadth:
        return Rule.SHADOWED, f"Another link through {THROUGH[counts.breadth]} shows the same media and plays earlier."
    return Rule.SHADOWED, f"A more specific link shows the same media: {THROUGH[counts.breadth]} counts."


def _window(placement: Placement, moment: _Moment) -> tuple[Rule, str] | None:
    window, zone = placement.window, moment.zone
    closed = window and window.closed_by(moment.at, zone)
    if not window or not closed:
        return None
    if closed is Closed.NOT_YET:
        return Rule.WINDOW_CLOSED, f"It starts at {_clock(window.valid_from, zone)}."
    if closed is Closed.OVER:
        return Rule.WINDOW_CLOSED, f"It ended at {_clock(window.valid_until, zone)}."
    if closed is Closed.HOURS:
        local = moment.at.astimezone(zone)
        return (
            Rule.WINDOW_CLOSED,
            f"It is shown from {window.start:%H:%M} to {window.end:%H:%M}; then it is {local:%H:%M}.",
        )
    day = window.day_at(moment.at, zone)
    return Rule.WINDOW_CLOSED, f"It is not shown on {WEEKDAYS[day.weekday()] if day else 'that day'}."


def _layer(placement: Placement, moment: _Moment) -> tuple[Rule, str] | None:
    """Open, but another layer has the screen."""
    if not moment.playing or moment.playing[0].layer == placement.layer:
        return None
    first = moment.playing[0]
    if first.layer == Link.Layer.EMERGENCY:
        return Rule.PUSHED_ASIDE, f"An emergency has the screen: “{first.video.name}”."
    return Rule.IN_RESERVE, "It is a default, held in reserve while something regular plays."


def _plays(placement: Placement, moment: _Moment) -> str:
    through = THROUGH[placement.breadth]
    if placement.layer == Link.Layer.EMERGENCY:
        return f"Plays through {through}: an emergency, until {_clock(placement.valid_until, moment.zone)}."
    if placement.layer == Link.Layer.DEFAULT:
        return f"Plays through {through}: a default, since nothing regular plays."
    return f"Plays through {through}."


def _clock(instant: datetime | None, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%H:%M on %a %d %b %Y}" if instant else ""
