"""Verbs over the links of one device: putting a video on it, taking it off, moving it to another group and shop. They
are the old routes', and touch the daily programme alone: default and emergency links stay as they are."""

from collections.abc import Iterable

from django.db.models import Min, Q

from devices.models import Device, Group
from dgx.core.errors import NotFound
from dgx.core.transactions import atomic_retried
from locations.models import Shop
from media_library.models import Link, Placement, Video
from media_library.models.link import LinkException
from media_library.querysets import LinkQuerySet


@atomic_retried
def put_on_device(*, device: Device, video: Video, shop: Shop, group: Group | None, display_order: int) -> Link:
    """Give the device a link of its own to the video, in that shop and group; both become the device's own.

    A repeated call keeps the link. A link that takes the place of a group's or shop's keeps the id by which the old
    routes knew that row. What the device had in another group or shop goes.
    """
    device = _locked(device)
    legacy_id = _id_to_keep(device, video, shop, group)
    _move(device, group=group, shop=shop)
    link = _only_link(device, video, shop, group)
    if link is None:
        return Link.objects.create(
            device=device, video=video, shop=shop, group=group, display_order=display_order, legacy_id=legacy_id
        )
    link.shop, link.group, link.display_order = shop, group, display_order
    link.save(update_fields=["shop", "group", "display_order"])
    return link


@atomic_retried
def remove_placement(placement: Placement) -> None:
    """Take the video off the device: its own links to it go, and it is excepted from all others that reach it."""
    device = _locked(placement.device)
    delete_links(Link.objects.regular().filter(device=device, video=placement.video_id))
    reaching = Placement.objects.on(device).regular().filter(video=placement.video_id)
    except_devices(reaching.values_list("link_id", "device_id"))


@atomic_retried
def join(device: Device, *, group: Group, shop: Shop) -> None:
    """Make the device a member of the group, in the shop, with all videos of the group: also those that the group does
    not have itself but that its members have as links of their own."""
    device = _locked(device)
    group.lock()
    _move(device, group=group, shop=shop)
    wanted = (
        Placement.objects.filter(device__group=group, link__group=group, breadth=Placement.Breadth.DEVICE)
        .regular()
        .exclude(device=device)
        .exclude(video__in=Placement.objects.on(device).regular().values("video"))
        .values("video")
        .annotate(place=Min("display_order"))
        .values_list("video", "place")
    )
    Link.objects.bulk_create(
        Link(device=device, video_id=video, group=group, shop=shop, display_order=place) for video, place in wanted
    )
    Device.objects.filter(pk=device.pk).bump()


def delete_links(links: LinkQuerySet) -> int:
    """Delete links and their exceptions in two statements, however many there are; returns how many."""
    LinkException.objects.filter(link__in=links.order_by().values("pk")).delete()
    return links.order_by()._raw_delete(links.db) or 0  # Django's delete() would take a statement for each hundred


def except_devices(pairs: Iterable[tuple[int, int]]) -> None:
    """Except devices from links, given as (link id, device id)."""
    LinkException.objects.bulk_create(
        [LinkException(link_id=link, device_id=device) for link, device in pairs], ignore_conflicts=True
    )


def _locked(device: Device) -> Device:
    """The device's row, locked: two calls for one device take turns. Raises NotFound when it has just been deleted."""
    found = Device.objects.select_for_update(no_key=True).filter(pk=device.pk).first()
    if found is None:
        raise NotFound(f"Device not found: {device.mobile_id}")
    return found


def _id_to_keep(device: Device, video: Video, shop: Shop, group: Group | None) -> int | None:
    """The old routes' id of the row that the device has now through its group or shop, if it is just this row."""
    through_others = Placement.objects.on(device).regular().filter(breadth__gt=Placement.Breadth.DEVICE)
    row: int | None = (
        through_others.filter(video=video, shop=shop, group=group).primary().values_list("id", flat=True).first()
    )
    return row


def _move(device: Device, *, group: Group | None, shop: Shop) -> None:
    """Make group and shop the device's own; its links that name another group or shop go. A link that names a shop and
    no group belongs to “no group”, as the old services had it; one that names neither goes along."""
    stays = Q(shop=None) | Q(shop=shop)
    stays &= Q(group=group) | Q(group=None, shop=None) if group else Q(group=None)
    links = Link.objects.regular().filter(device=device)
    delete_links(links.exclude(pk__in=links.filter(stays)))
    if (device.group_id, device.shop_id) != (group and group.pk, shop.pk):
        device.group, device.shop = group, shop
        device.save(update_fields=["group", "shop"])


def _only_link(device: Device, video: Video, shop: Shop, group: Group | None) -> Link | None:
    """The device's own link to the video, the exact one first; what else it has to the same video goes."""
    links = list(Link.objects.regular().filter(device=device, video=video))
    if not links:
        return None
    target = (shop.pk, group and group.pk)
    links.sort(key=lambda link: ((link.shop_id, link.group_id) != target, link.pk))
    if links[1:]:
        delete_links(Link.objects.filter(pk__in=[link.pk for link in links[1:]]))
    return links[0]
