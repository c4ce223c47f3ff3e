"""Placements: which video is on which device through which link. A view of the database, the one source of what plays.

The poll, the old routes, the admin's preview and the exports all read it. It has one branch for each kind of link, so
that a look-up by device uses an index in each. Its SQL is in migration 0004.
"""

from django.db import models
from django.db.models import DO_NOTHING

from devices.models import Device, Group
from locations.models import Shop
from media_library.models.link import Link
from media_library.models.video import Video
from media_library.querysets import PlacementQuerySet
from media_library.windows import Window


class Placement(models.Model):
    """A link that reaches a device. A device may be reached by several with the same video; `primary()` keeps the one
    that counts in each layer."""

    DERIVED_FROM = 2**52
    DEVICE_BITS = 26
    """The old routes' id of a link that reaches a device through its group, its shop or the chain: 2^52 + link * 2^26 +
    device, as the view makes it. Unique, stable and below 2^53 (what JavaScript's numbers keep exactly) for link and
    device ids below 2^26, 67 million."""

    class Breadth(models.IntegerChoices):
        DEVICE = 1, "The device itself"
        GROUP = 2, "Its group"
        SHOP = 3, "Its shop"
        CHAIN = 4, "The whole chain"

    id = models.BigIntegerField(primary_key=True, help_text="The id that the old routes know it by.")
    link = models.ForeignKey(Link, on_delete=DO_NOTHING, related_name="+")
    device = models.ForeignKey(Device, on_delete=DO_NOTHING, related_name="+")
    video = models.ForeignKey(Video, on_delete=DO_NOTHING, related_name="+")
    group = models.ForeignKey(Group, null=True, on_delete=DO_NOTHING, related_name="+")
    shop = models.ForeignKey(Shop, null=True, on_delete=DO_NOTHING, related_name="+")
    breadth = models.SmallIntegerField(
        choices=Breadth.choices, help_text="1 device, 2 group, 3 shop, 4 the whole chain: the lower counts."
    )
    layer = models.CharField(max_length=10, choices=Link.Layer.choices)
    display_order = models.IntegerField()
    valid_from = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    weekdays = Link._meta.get_field("weekdays").clone()
    start_time = models.TimeField(null=True)
    end_time = models.TimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = PlacementQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "media_library_placement"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.video_id} on {self.device_id}"

    @property
    def window(self) -> Window | None:
        """When it is shown; None: always."""
        return Window.of(self)
