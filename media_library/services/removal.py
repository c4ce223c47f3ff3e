"""Deleting devices, groups and shops, whose links decide whether they may go."""

from django.db.models import Q

from devices.models import Device, Group
from dgx.core.deletion import USES_LISTED, describe
from dgx.core.errors import InUse
from dgx.core.transactions import atomic_retried
from locations.models import Shop
from media_library.models import Link, Placement
from media_library.querysets import LinkQuerySet
from media_library.services.links import delete_links


@atomic_retried
def delete_device(device: Device) -> None:
    """Delete a device with all that it reported. Raises InUse while a link of its own, or one of the daily programme,
    puts a video on it; what its place shows by default, or in an emergency, keeps nobody."""
    Device.objects.select_for_update().filter(pk=device.pk).first()
    rows = Placement.objects.on(device).filter(Q(layer="regular") | Q(breadth=Placement.Breadth.DEVICE)).primary()
    if rows.exists():
        raise _in_use("Device", device.mobile_id, Link.objects.filter(pk__in=rows.values("link")))
    delete_links(Link.objects.filter(device=device))  # those that do not match it any more
    device.delete()


def delete_group(group: Group) -> None:
    """Delete a group; its devices stay, outside of groups. Raises InUse while a link names it."""
    _delete_around_devices(group, "group")


def delete_shop(shop: Shop) -> None:
    """Delete a shop; its devices stay, in no shop. Raises InUse while a link names it."""
    _delete_around_devices(shop, "shop")


@atomic_retried
def _delete_around_devices(target: Group | Shop, field: str) -> None:
    """Delete what devices and links name in `field`, unless a link does."""
    devices, links = Device.objects.filter(**{field: target}), Link.objects.filter(**{field: target})
    devices.lock()
    type(target).objects.select_for_update().filter(pk=target.pk).first()
    if links.exists():
        raise _in_use(field.capitalize(), target.name, links)
    devices.update(**{field: None})
    target.delete()


def _in_use(noun: str, name: str, links: LinkQuerySet) -> InUse:
    shown = links.with_targets().order_by("pk")[:USES_LISTED]
    return InUse(
        f"{noun} '{name}' is linked with other records. Remove links first, then delete the {noun.lower()}.",
        uses=[describe(link) for link in shown],
    )
