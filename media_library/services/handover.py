"""What is linked to a device alone goes over to the hardware that takes its place."""

from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce

from devices.models import Device
from devices.services.replacement import BELONGINGS, Belonging
from media_library.models import Link
from media_library.models.link import LinkException


def _count_links(device: Device) -> int:
    return Link.objects.filter(device=device).count()


def _count_exceptions(device: Device) -> int:
    return LinkException.objects.filter(device=device).count()


def move_links(old: Device, to: Device) -> None:
    """The device's own links; one that the other has already is dropped. They keep their order, windows and ids."""
    same = Link.objects.alias(in_group=Coalesce("group_id", 0), in_shop=Coalesce("shop_id", 0)).filter(
        device=to,
        video=OuterRef("video"),
        layer=OuterRef("layer"),
        in_group=Coalesce(OuterRef("group_id"), 0),
        in_shop=Coalesce(OuterRef("shop_id"), 0),
    )
    Link.objects.filter(Exists(same), device=old).delete()
    Link.objects.filter(device=old).update(device=to)


def move_exceptions(old: Device, to: Device) -> None:
    """What the device is excepted from, the other is too."""
    links = LinkException.objects.filter(device=old).values_list("link", flat=True)
    LinkException.objects.bulk_create([LinkException(link_id=link, device=to) for link in links], ignore_conflicts=True)
    LinkException.objects.filter(device=old).delete()


def register() -> None:
    """Tells the layer below what moves."""
    right = "media_library.change_link"
    BELONGINGS[:] = [
        Belonging("link of its own", "links of its own", right, _count_links, move_links),
        Belonging("exception from links", "exceptions from links", right, _count_exceptions, move_exceptions),
    ]
