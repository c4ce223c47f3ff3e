"""How far a change has come: of the screens that play a group's, a shop's or the whole chain's content, who holds its
present version, who fetches it, and who is left.

A device says which tag it holds; the tag names the version of each part, so one statement counts a whole fleet.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, F, Q, Value, When
from django.db.models.functions import Cast, Concat, StrIndex

from devices.models import Device, Group
from locations.models import Chain, Shop

LAGGARDS_SHOWN = 20
RECENT = timedelta(days=7)
"""A change that is older and still not everywhere is the screens' trouble, which their status tells."""
SHOWN = 10

HOLDING, DOWNLOADING, WAITING, OFFLINE, NEVER = "holding", "downloading", "waiting", "offline", "never"
WORDS = {
    HOLDING: "holds it",
    DOWNLOADING: "downloading",
    WAITING: "has not taken it up",
    OFFLINE: "offline",
    NEVER: "never seen",
}
"""Where a screen stands, in the order of progress."""

Target = Group | Shop | Chain


@dataclass(frozen=True)
class Rollout:
    """One target's version on its screens. The five counts add up to `total`."""

    target: Target
    version: int
    changed_at: datetime | None
    total: int
    holding: int
    downloading: int
    waiting: int
    offline: int
    never: int

    @property
    def is_complete(self) -> bool:
        """Every screen that ever reported holds it."""
        return self.holding + self.never == self.total

    @property
    def percent(self) -> int:
        """Of all screens; 100 only where none is left."""
        return 100 if self.holding == self.total else min(99, self.holding * 100 // self.total)

    def in_words(self) -> str:
        """“v42: 212 of 230 hold it, 12 downloading, 6 offline”."""
        rest = [
            f"{number} {words}"
            for number, words in (
                (self.downloading, "downloading"),
                (self.waiting, "not taken up yet"),
                (self.offline, "offline"),
                (self.never, "never seen"),
            )
            if number
        ]
        hold = "holds" if self.holding == 1 else "hold"
        return ", ".join([f"v{self.version}: {self.holding} of {self.total} {hold} it", *rest])


def screens_of(target: Target, user: Any) -> Any:
    """The players in service that play the target's content, as far as the person sees them."""
    players = Device.objects.visible_to(user).active().filter(kind=Device.Kind.PLAYER)
    if isinstance(target, Chain):
        return players
    return players.filter(**{"group" if isinstance(target, Group) else "shop": target})


def rollout_of(target: Target, user: Any) -> Rollout:
    """How far the target's present version has come; one statement."""
    screens = with_progress(screens_of(target, user), _part(target)).order_by()
    found = dict(screens.values_list("progress").annotate(n=Count("pk")))
    counts = {name: found.get(name, 0) for name in WORDS}
    total = sum(found.values())
    return Rollout(target, target.content_version, target.content_changed_at, total=total, **counts)


def laggards_of(target: Target, user: Any, now: datetime) -> list[Any]:
    """The first screens that do not hold it yet, with `progress` and their status; those that are closest come last.
    Two statements: of a whole fleet, the status of these alone is asked for."""
    late = with_progress(screens_of(target, user), _part(target)).exclude(progress=HOLDING)
    keys = list(late.order_by("presence__is_online", "mobile_id").values_list("pk", flat=True)[:LAGGARDS_SHOWN])
    rows = with_progress(Device.objects.with_status(now).filter(pk__in=keys), _part(target))
    return list(rows.order_by("presence__is_online", "mobile_id"))


def unfinished(user: Any, now: datetime) -> list[Rollout]:
    """Changes of the last days that are still on their way to screens, the latest first: one statement for the groups,
    one for the shops, two for the chain."""
    places = [*_unfinished_places(Group, "group", user, now), *_unfinished_places(Shop, "shop", user, now)]
    chain = Chain.objects.filter(content_changed_at__gte=now - RECENT).first()
    found = [rollout_of(chain, user)] if chain else []
    pending = [each for each in (*found, *places) if not each.is_complete]
    return sorted(pending, key=lambda each: each.changed_at or now, reverse=True)[:SHOWN]


def with_progress(devices: Any, part: Any) -> Any:
    """Annotates `progress`, one of WORDS: how far each is with the version whose part of a tag, between dashes, is
    `part`. A search of characters costs a third of a pattern's."""
    rows = devices.alias(found_at=StrIndex(Concat(F("presence__held_tag"), Value("-")), part))
    return rows.annotate(
        progress=Case(
            When(presence__last_seen_at=None, then=Value(NEVER)),
            When(found_at__gt=0, then=Value(HOLDING)),
            When(presence__is_online=False, then=Value(OFFLINE)),
            When(Q(presence__missing__gt=0) | Q(presence__held_tag=""), then=Value(DOWNLOADING)),
            default=Value(WAITING),
            output_field=CharField(),
        )
    )


def _part(target: Target) -> Value:
    """What a tag contains that holds the target's present version."""
    if isinstance(target, Chain):
        return Value(f"-c{target.content_version}-")
    letter = "g" if isinstance(target, Group) else "s"
    return Value(f"-{letter}{target.pk}.{target.content_version}-")


def _unfinished_places(model: type[Group | Shop], field: str, user: Any, now: datetime) -> list[Rollout]:
    """Likewise of all groups, or of all shops, that changed lately: counted by one statement."""
    devices = Device.objects.visible_to(user).active().filter(kind=Device.Kind.PLAYER)
    changed = devices.filter(**{f"{field}__content_changed_at__gte": now - RECENT})
    part = Concat(
        Value(f"-{field[0]}"),
        Cast(F(f"{field}_id"), CharField()),
        Value("."),
        Cast(F(f"{field}__content_version"), CharField()),
        Value("-"),
    )
    rows = (
        with_progress(changed, part)
        .order_by()
        .values(field)
        .annotate(total=Count("pk"), **{name: Count("pk", filter=Q(progress=name)) for name in WORDS})
        .filter(total__gt=F(HOLDING) + F(NEVER))
        .order_by(f"-{field}__content_changed_at")[:SHOWN]
    )
    counts = {row.pop(field): {name: row[name] for name in ("total", *WORDS)} for row in rows}
    targets: Any = model._default_manager.in_bulk(counts)
    return [
        Rollout(targets[key], targets[key].content_version, targets[key].content_changed_at, **numbers)
        for key, numbers in counts.items()
        if key in targets
    ]
