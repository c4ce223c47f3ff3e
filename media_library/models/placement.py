"""Placements: which video is on which device through which link. A view of the database, the one source of what plays.

The poll, the old routes, the admin's preview and the exports all read it. It has one branch for each kind of link, so
that a look-up by device uses an index in each.
"""

from django.db import models
from django.db.models import DO_NOTHING

from devices.models import Device, Group
from locations.models import Shop
from media_library.models.link import Link
from media_library.models.video import Video
from media_library.querysets import PlacementQuerySet
from media_library.windows import Window

DERIVED_FROM = 2**52
DEVICE_BITS = 26
"""The old routes' id of a link that reaches a device through its group or shop: 2^52 + link * 2^26 + device. Unique,
stable and below 2^53 (what JavaScript's numbers keep exactly) for link and device ids below 2^26, 67 million."""

VIEW_SQL = f"""
CREATE VIEW media_library_placement AS
WITH reach AS (
    SELECT l.id AS link_id, d.id AS device_id, 1 AS breadth
      FROM media_library_link l
      JOIN devices_device d ON d.id = l.device_id
     WHERE (l.group_id IS NULL OR l.group_id = d.group_id) AND (l.shop_id IS NULL OR l.shop_id = d.shop_id)
    UNION ALL
    SELECT l.id, d.id, 2
      FROM media_library_link l
      JOIN devices_device d ON d.group_id = l.group_id
     WHERE l.device_id IS NULL AND (l.shop_id IS NULL OR l.shop_id = d.shop_id)
    UNION ALL
    SELECT l.id, d.id, 3
      FROM media_library_link l
      JOIN devices_device d ON d.shop_id = l.shop_id
     WHERE l.device_id IS NULL AND l.group_id IS NULL
)
SELECT CASE WHEN l.device_id IS NOT NULL THEN coalesce(l.legacy_id, l.id)
            ELSE {DERIVED_FROM} + (l.id << {DEVICE_BITS}) + r.device_id END AS id,
       r.link_id, r.device_id, r.breadth, l.video_id,
       coalesce(l.group_id, d.group_id) AS group_id,
       coalesce(l.shop_id, d.shop_id) AS shop_id,
       l.display_order, l.valid_from, l.valid_until, l.weekdays, l.start_time, l.end_time,
       l.created_at, l.updated_at
  FROM reach r
  JOIN media_library_link l ON l.id = r.link_id
  JOIN devices_device d ON d.id = r.device_id
 WHERE NOT EXISTS (SELECT FROM media_library_linkexception e WHERE e.link_id = l.id AND e.device_id = r.device_id)
"""  # noqa: S608 — constants


class Placement(models.Model):
    """A link that reaches a device. A device may be reached by several with the same video; `primary()` keeps the one
    that counts."""

    DERIVED_FROM = DERIVED_FROM
    DEVICE_BITS = DEVICE_BITS

    class Breadth(models.IntegerChoices):
        DEVICE = 1, "The device itself"
        GROUP = 2, "Its group"
        SHOP = 3, "Its shop"

    id = models.BigIntegerField(primary_key=True, help_text="The id that the old routes know it by.")
    link = models.ForeignKey(Link, on_delete=DO_NOTHING, related_name="+")
    device = models.ForeignKey(Device, on_delete=DO_NOTHING, related_name="+")
    video = models.ForeignKey(Video, on_delete=DO_NOTHING, related_name="+")
    group = models.ForeignKey(Group, null=True, on_delete=DO_NOTHING, related_name="+")
    shop = models.ForeignKey(Shop, null=True, on_delete=DO_NOTHING, related_name="+")
    breadth = models.SmallIntegerField(
        choices=Breadth.choices, help_text="1 device, 2 group, 3 shop: the lower counts."
    )
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
