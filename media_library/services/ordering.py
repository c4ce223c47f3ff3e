"""Links come in and change places: one at a time or many at once, each list with distinct orders.

A list is a layer of one set of targets. Whoever adds or moves links first locks the rows of their targets, in one order
for all, so that two at once never hand out one place twice.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Max, Q
from django.utils import timezone

from devices.models import Device, Group
from dgx.core.errors import Conflict, Invalid, NotFound
from dgx.core.scope import refuse_any_beyond_limit
from dgx.core.transactions import atomic_retried
from locations.models import Chain, Shop
from media_library.models import Link
from media_library.models.link import LinkException

LINKS_AT_ONCE = 1000
"""The most links that one call may add or reorder."""
ORDER_MAX = 2**31 - 1
_KEY = ("device_id", "group_id", "shop_id", "layer")
"""Where the fields of Targets come from."""


class Targets(NamedTuple):
    """The ids of what a link is for, and its layer; links with the same ones share an order. None at all: the chain."""

    device: int | None
    group: int | None
    shop: int | None
    layer: str

    @classmethod
    def of(cls, link: Link) -> "Targets":
        return cls(link.device_id, link.group_id, link.shop_id, link.layer)


@atomic_retried
def create_links(drafts: Sequence[Mapping[str, Any]], *, by: Any = None) -> list[Link]:
    """Make links, all or none, in a fixed number of statements. A draft holds the fields of a Link, with
    `except_devices`; without a `display_order` it goes to the end of its targets' list.

    Raises Conflict, naming the entry, where the link exists already or its place is taken, and Forbidden beyond the
    limit of the person that it is made by.
    """
    excepted = [draft.get("except_devices", ()) for draft in drafts]
    links = [Link(**{name: value for name, value in draft.items() if name != "except_devices"}) for draft in drafts]
    _lock_targets(links)
    siblings = _Siblings([Targets.of(link) for link in links])
    for index, (link, draft) in enumerate(zip(links, drafts, strict=True)):
        siblings.seat(link, placed="display_order" in draft, index=index if len(drafts) > 1 else None)
    made = Link.objects.bulk_create(links)
    refuse_any_beyond_limit(made, by)
    LinkException.objects.bulk_create(
        [
            LinkException(link=link, device=device)
            for link, devices in zip(made, excepted, strict=True)
            for device in set(devices)
        ]
    )
    return made


@atomic_retried
def change_link(link: Link, changes: Mapping[str, Any]) -> Link:
    """Write these fields of a link. Moved to other targets without an order of its own, it goes to the end of theirs
    where its place is taken. Raises Conflict as `create_links`."""
    before, video = Targets.of(link), link.video_id
    for name, value in changes.items():
        if name != "except_devices":
            setattr(link, name, value)
    _lock_targets([link])
    fields = set(changes) - {"except_devices"}
    moved = Targets.of(link) != before
    if moved or video != link.video_id or "display_order" in changes:
        siblings = _Siblings([Targets.of(link)], without=link.pk)
        gives_way = moved and "display_order" not in changes and not siblings.is_free(link)
        siblings.seat(link, placed=not gives_way, index=None)
        fields |= {"display_order"}
    if fields:
        link.save(update_fields=fields)
    if "except_devices" in changes:
        link.except_devices.set(changes["except_devices"])
    return link


@atomic_retried
def remove_link(link: Link) -> None:
    """Take a link away, under its targets' lock like every other change of it."""
    _lock_targets([link])
    link.delete()


@atomic_retried
def reorder(ids: Sequence[UUID], *, by: Any = None) -> list[Link]:
    """Give the links of one set of targets the orders 0, 1, 2 … in this sequence, by one UPDATE.

    Raises NotFound for a link that is unknown, or that the person that it is done by does not see, and Forbidden for
    one that they may not change; Invalid for a repeated one, for links of different targets, and where a link
    of those targets is left out.
    """
    if len(set(ids)) < len(ids):
        raise Invalid("A link is named twice.", field="links")
    known = Link.objects.visible_to(by) if by else Link.objects.all()
    links = {link.public_id: link for link in known.filter(public_id__in=ids)}
    if missing := [str(each) for each in ids if each not in links]:
        raise NotFound(f"There is no link “{missing[0]}”.", code="link_not_found")
    refuse_any_beyond_limit(list(links.values()), by)
    targets = {Targets.of(link) for link in links.values()}
    if len(targets) > 1:
        raise Invalid("The links are not all of one layer of the same device, group and shop.", field="links")
    _lock_targets(list(links.values()))
    _refuse_left_out(targets.pop(), links)
    now = timezone.now()
    in_order = [links[each] for each in ids]
    for place, link in enumerate(in_order):
        link.display_order, link.updated_at = place, now
    Link.objects.bulk_update(in_order, ["display_order", "updated_at"])
    return in_order


def next_order(link: Link) -> int:
    """The order behind the last of its layer's links that have the same most specific target."""
    last = _possible_siblings({Targets.of(link)}).aggregate(last=Max("display_order"))["last"]
    return 0 if last is None else min(ORDER_MAX, last + 1)


def refuse_taken(link: Link) -> None:
    """Raises Conflict where another link of just these targets has this one's place; call it in a transaction."""
    _lock_targets([link])
    if not _Siblings([Targets.of(link)], without=link.pk).is_free(link):
        raise _place_taken(link, None)


def _refuse_left_out(targets: Targets, links: Mapping[UUID, Link]) -> None:
    others = _of_targets(targets).exclude(public_id__in=links).order_by("display_order", "id")
    if left_out := list(others.values_list("public_id", flat=True)[:10]):
        named = ", ".join(str(each) for each in left_out)
        raise Invalid(f"Name every link of these targets; left out: {named}.", field="links")


def _of_targets(targets: Targets) -> Any:
    """Links of exactly these targets and this layer."""
    exactly = {"device_id": targets.device, "group_id": targets.group, "shop_id": targets.shop}
    return Link.objects.filter(**exactly, layer=targets.layer)


def _lock_targets(links: Sequence[Link]) -> None:
    """Devices, then groups, then shops, each by id, then the chain: the order in which the database's own triggers
    take them."""
    for model, column in ((Device, "device_id"), (Group, "group_id"), (Shop, "shop_id")):
        if ids := {getattr(link, column) for link in links} - {None}:
            rows = model._default_manager.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
            list(rows.values_list("pk", flat=True))
    if any(link.reaches_whole_chain for link in links):
        Chain.objects.lock()


class _Siblings:
    """The links that some sets of targets have already, read by one statement: which videos, which places."""

    def __init__(self, targets: Sequence[Targets], *, without: int | None = None) -> None:
        self._places: defaultdict[Targets, set[int]] = defaultdict(set)
        self._videos: defaultdict[Targets, set[int]] = defaultdict(set)
        wanted = set(targets)
        rows = _possible_siblings(wanted)
        if without is not None:
            rows = rows.exclude(pk=without)
        for video, order, *key in rows.values_list("video_id", "display_order", *_KEY):
            if (found := Targets(*key)) in wanted:
                self._places[found].add(order)
                self._videos[found].add(video)

    def is_free(self, link: Link) -> bool:
        """No other link of its targets has its place."""
        return link.display_order not in self._places[Targets.of(link)]

    def seat(self, link: Link, *, placed: bool, index: int | None) -> None:
        """Note the link at its place, or where it was not placed at the end. Raises Conflict."""
        targets = Targets.of(link)
        if link.video_id in self._videos[targets]:
            raise _conflict(f"Video {link.video} is already linked to just that.", "duplicate", "video", index)
        if not placed:
            link.display_order = min(ORDER_MAX, max(self._places[targets], default=-1) + 1)
        if not self.is_free(link):
            raise _place_taken(link, index)
        self._places[targets].add(link.display_order)
        self._videos[targets].add(link.video_id)


def _possible_siblings(wanted: set[Targets]) -> Any:
    """Links whose most specific target is among those wanted: each branch uses an index."""
    devices = {targets.device for targets in wanted} - {None}
    groups = {targets.group for targets in wanted if targets.device is None} - {None}
    wide = {targets.shop for targets in wanted if targets.device is None and targets.group is None}
    found = Q(device__in=devices) | Q(device=None, group__in=groups)
    found |= Q(device=None, group=None, shop__in=wide - {None})
    if None in wide:
        found |= Q(device=None, group=None, shop=None)
    return Link.objects.filter(found, layer__in={targets.layer for targets in wanted}).order_by()


def _place_taken(link: Link, index: int | None) -> Conflict:
    message = f"Place {link.display_order} is taken by another link to the same; reorder them."
    return _conflict(message, "display_order_taken", "display_order", index)


def _conflict(message: str, code: str, field: str, index: int | None) -> Conflict:
    """Of one link by its field; of one of many by its entry as well, counted from 0."""
    if index is None:
        return Conflict(message, code=code, fields={field: [message]})
    return Conflict(f"Entry {index}: {message}", code=code, fields={f"links.{index}.{field}": [message]})
