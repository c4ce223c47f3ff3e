"""Emergencies: take the screens of a scope over, until an end after which each screen reverts by itself, or sooner.

An emergency is a row and links of the layer “emergency”, one for each place and video. A screen that is offline at the
end reverts all the same: its manifest says when they are over. Links of what is over go with the next start or end, and
with the hourly tidying.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q

from devices.models import Device, Group
from dgx.core.errors import Conflict, Forbidden, Invalid
from dgx.core.scope import is_limited, refuse_any_beyond_limit
from dgx.core.transactions import atomic_retried
from locations.models import Shop
from media_library.models import Emergency, Link, Video
from media_library.services.links import delete_links
from media_library.services.ordering import LINKS_AT_ONCE, create_links

LASTS = timedelta(hours=1)
"""How long an emergency lasts unless somebody says otherwise."""
LASTS_AT_MOST = timedelta(days=30)
VIDEOS_AT_MOST = 50


@dataclass(frozen=True)
class Scope:
    """Whose screens: everywhere, or those in any of these places."""

    whole_chain: bool = False
    shops: Sequence[Shop] = ()
    groups: Sequence[Group] = ()
    devices: Sequence[Device] = ()

    def targets(self) -> list[dict[str, Any]]:
        """What a link to each place has as its targets; nothing at all for everywhere."""
        if self.whole_chain:
            return [{}]
        places = (("shop", self.shops), ("group", self.groups), ("device", self.devices))
        return [{name: place} for name, rows in places for place in rows]

    def screens(self, user: Any) -> dict[str, int]:
        """How many screens in service are in it, as far as the person sees: `total`, and `offline` of them."""
        rows = Device.objects.visible_to(user).active().filter(kind=Device.Kind.PLAYER)
        if not self.whole_chain:
            rows = rows.filter(
                Q(shop__in=[each.pk for each in self.shops])
                | Q(group__in=[each.pk for each in self.groups])
                | Q(pk__in=[each.pk for each in self.devices])
            )
        offline = Count("pk", filter=Q(presence__is_online=False))
        return rows.aggregate(total=Count("pk"), offline=offline)

    def in_words(self) -> str:
        """“Everywhere”, “shop Lyon, group Windows”."""
        if self.whole_chain:
            return "Everywhere"
        return ", ".join(f"{name} {place}" for target in self.targets() for name, place in target.items())


@atomic_retried
def start(*, name: str, scope: Scope, videos: Sequence[Video], until: datetime, by: Any, now: datetime) -> Emergency:
    """Take the scope's screens over with these videos, in this order, until then.

    Raises Invalid, naming the field and its limit; Forbidden beyond the limit of the person; Conflict where one of the
    videos runs in one of these places as an emergency already.
    """
    _check(scope, videos, until, now)
    _refuse_beyond_limit(scope, by)
    tidy(now=now)
    emergency = Emergency.objects.create(
        name=name,
        whole_chain=scope.whole_chain,
        shops=_ids(scope.shops),
        groups=_ids(scope.groups),
        devices=_ids(scope.devices),
        videos=_ids(videos),
        until=until,
        screens=scope.screens(by)["total"],
        started_by=by,
    )
    drafts = [
        {"video": video, "layer": Link.Layer.EMERGENCY, "valid_until": until, **target}
        for target in scope.targets()
        for video in videos
    ]
    try:
        create_links(drafts, by=by)
    except Conflict as conflict:
        raise Conflict(f"An emergency runs there with the same media already. {conflict.message}") from conflict
    return emergency


@atomic_retried
def end(emergency: Emergency, *, by: Any, now: datetime) -> None:
    """Give the screens back now. Raises Conflict when it is over already, Forbidden beyond the person's limit."""
    refuse_any_beyond_limit([emergency], by)
    running = Emergency.objects.running(now).filter(pk=emergency.pk)
    if not running.update(ended_at=now, ended_by=by, updated_at=now):
        raise Conflict("This emergency is over already.")
    delete_links(links_of(emergency))
    emergency.refresh_from_db()


@atomic_retried
def tidy(*, now: datetime) -> int:
    """Delete the links of emergencies that are over; returns how many. Nothing changes on any screen."""
    return delete_links(Link.objects.filter(layer=Link.Layer.EMERGENCY, valid_until__lte=now))


def links_of(emergency: Emergency) -> Any:
    """Its links: a video is in an emergency of one place once."""
    places = Q(shop__public_id__in=emergency.shops, group=None, device=None)
    places |= Q(group__public_id__in=emergency.groups, shop=None, device=None)
    places |= Q(device__public_id__in=emergency.devices, shop=None, group=None)
    if emergency.whole_chain:
        places = Q(shop=None, group=None, device=None)
    return Link.objects.filter(places, layer=Link.Layer.EMERGENCY, video__public_id__in=emergency.videos)


def _check(scope: Scope, videos: Sequence[Video], until: datetime, now: datetime) -> None:
    targets = scope.targets()
    if not targets:
        raise Invalid("Say where: everywhere, or some shops, groups or devices.", field="shops")
    if not videos:
        raise Invalid("Choose at least one video.", field="videos")
    if len(videos) > VIDEOS_AT_MOST:
        raise Invalid(f"At most {VIDEOS_AT_MOST} videos.", field="videos")
    if len({video.pk for video in videos}) < len(videos):
        raise Invalid("A video is named twice.", field="videos")
    if unready := [video.name for video in videos if video.state != Video.State.READY]:
        raise Invalid(f"“{unready[0]}” is not ready to be shown.", field="videos")
    if len(targets) * len(videos) > LINKS_AT_ONCE:
        raise Invalid(f"At most {LINKS_AT_ONCE} places times videos; take whole shops or groups.", field="devices")
    if not now < until <= now + LASTS_AT_MOST:
        raise Invalid(f"It must end in the future, within {LASTS_AT_MOST.days} days.", field="until")


def _refuse_beyond_limit(scope: Scope, by: Any) -> None:
    if scope.whole_chain and is_limited(by):
        raise Forbidden("You are limited to some shops; an emergency everywhere reaches beyond them.")
    for rows in (scope.shops, scope.groups, scope.devices):
        refuse_any_beyond_limit(list(rows), by)


def _ids(rows: Sequence[Any]) -> list[Any]:
    return [row.public_id for row in rows]
