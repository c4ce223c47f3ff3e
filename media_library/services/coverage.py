"""Coverage: which screens have nothing to play now or in the days ahead, and which media are on no screen.

The rules are the resolver's, for a whole fleet in one statement. Devices are matched with the targets of open links,
few as these are. Only where a screen has none but links that a closed one of the same media could stand in the way of,
or from which devices are excepted, are its placements looked at.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.expressions import RawSQL

from devices.models import Device
from locations.models import Shop
from media_library.models import Link
from media_library.windows import Window

_WINDOWED = Q(valid_from__isnull=False) | Q(valid_until__isnull=False) | Q(weekdays__isnull=False)
_WINDOWED |= Q(start_time__isnull=False)

_DELIVERABLE = (
    "v.state = 'ready' AND v.binned_at IS NULL AND v.source_url IS NULL AND v.size IS NOT NULL AND v.file <> '' "
    "AND v.sha256 <> ''"
)
"""As `PlacementQuerySet.deliverable` has it."""

_MATCHED = """
    SELECT p.id FROM place p
     WHERE {zone} IN (SELECT zone FROM {targets} WHERE device_id = 0 AND group_id = 0 AND shop_id = 0)
        OR (p.group_id, {zone}) IN (SELECT group_id, zone FROM {targets} WHERE device_id = 0 AND shop_id = 0)
        OR (p.shop_id, {zone}) IN (SELECT shop_id, zone FROM {targets} WHERE device_id = 0 AND group_id = 0)
        OR (p.group_id, p.shop_id, {zone}) IN (SELECT group_id, shop_id, zone FROM {targets} WHERE device_id = 0)
        OR p.id IN (SELECT q.id FROM place q JOIN {targets} t ON t.device_id = q.id
                     WHERE t.group_id IN (0, q.group_id) AND t.shop_id IN (0, q.shop_id) AND t.zone IN ('', q.zone))
"""


def _matched(targets: str) -> str:
    """Places that match a target: on any clock (''), or on their own."""
    on_any, on_its_own = (_MATCHED.format(targets=targets, zone=zone) for zone in ("''", "p.zone"))
    return f"{on_any} UNION {on_its_own}"


_WITHOUT = f"""
WITH windowed AS (
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::boolean[]) AS w(id, zone, is_open)
), shown AS (
    SELECT l.id, l.video_id, l.layer, coalesce(l.device_id, 0) AS device_id, coalesce(l.group_id, 0) AS group_id,
           coalesce(l.shop_id, 0) AS shop_id, coalesce(w.zone, '') AS zone, coalesce(w.is_open, true) AS is_open
      FROM media_library_link l
      JOIN media_library_video v ON v.id = l.video_id AND {_DELIVERABLE}
      LEFT JOIN windowed w ON w.id = l.id
), place AS (
    SELECT d.id, coalesce(d.group_id, 0) AS group_id, coalesce(d.shop_id, 0) AS shop_id,
           coalesce(s.timezone, 'UTC') AS zone
      FROM devices_device d LEFT JOIN locations_shop s ON s.id = d.shop_id
     WHERE d.kind = 'player' AND d.state <> 'retired'
), rival AS (
    SELECT DISTINCT video_id, layer FROM shown WHERE NOT is_open
), candidate AS (
    SELECT o.*, EXISTS (SELECT FROM rival r WHERE r.video_id = o.video_id AND r.layer = o.layer)
             OR EXISTS (SELECT FROM media_library_linkexception e WHERE e.link_id = o.id) AS is_doubtful
      FROM shown o WHERE o.is_open
), sure_target AS (
    SELECT DISTINCT device_id, group_id, shop_id, zone FROM candidate WHERE NOT is_doubtful
), doubtful_target AS (
    SELECT DISTINCT device_id, group_id, shop_id, zone FROM candidate WHERE is_doubtful
), sure AS MATERIALIZED ({_matched("sure_target")}
), doubtful AS MATERIALIZED (
    SELECT DISTINCT m.id FROM ({_matched("doubtful_target")}) m
     WHERE NOT EXISTS (SELECT FROM sure WHERE sure.id = m.id)
), counting AS (
    SELECT DISTINCT ON (q.device_id, q.video_id, q.layer) q.device_id, q.link_id
      FROM media_library_placement q JOIN doubtful x ON x.id = q.device_id
     WHERE EXISTS (SELECT FROM shown WHERE shown.id = q.link_id)
     ORDER BY q.device_id, q.video_id, q.layer, q.breadth, q.display_order, q.updated_at DESC, q.link_id DESC
), saved AS (
    SELECT p.id FROM counting c JOIN place p ON p.id = c.device_id
      JOIN shown o ON o.id = c.link_id AND o.is_open AND o.zone IN ('', p.zone)
)
SELECT p.id FROM place p
 WHERE NOT EXISTS (SELECT FROM sure WHERE sure.id = p.id) AND NOT EXISTS (SELECT FROM saved WHERE saved.id = p.id)
"""  # noqa: S608 — constants are put together; values go as parameters


def without_content(devices: Any, *, start: datetime, within: timedelta | None = None) -> Any:
    """Of a queryset of devices, the players in service that play nothing at `start`; with `within`, that play nothing
    at any time from then on for so long."""
    rows = list(_openings(start, start + within if within else None))
    ids, zones, is_open = ([row[n] for row in rows] for n in range(3))
    with connection.cursor() as cursor:  # at once: a list asks twice, for its number and for its page
        cursor.execute(_WITHOUT, (ids, zones, is_open))
        idle = [pk for (pk,) in cursor.fetchall()]
    return devices.filter(pk__in=RawSQL("SELECT unnest(%s::bigint[])", (idle,)))


def _openings(start: datetime, end: datetime | None) -> Iterator[tuple[int, str, bool]]:
    """(link, clock, open) of every link with a window on every clock of the chain."""
    clocks = {name: ZoneInfo(name) for name in {"UTC", *Shop.objects.values_list("timezone", flat=True).distinct()}}
    columns = ("pk", "valid_from", "valid_until", "weekdays", "start_time", "end_time")
    for link in Link.objects.filter(_WINDOWED).only(*columns).iterator():
        window = link.window or Window()
        for name, zone in clocks.items():
            yield link.pk, name, opens(window, start, end, zone) if end else window.contains(start, zone)


def opens(window: Window, start: datetime, end: datetime, zone: ZoneInfo) -> bool:
    """The window is open at some instant from `start` until before `end`, on that clock."""
    first = max(start, window.valid_from) if window.valid_from else start
    last = min(end, window.valid_until) if window.valid_until else end
    if first >= last:
        return False
    return window.contains(first, zone) or any(
        first <= opening < last for opening in _begins(window, first, last, zone)
    )


def _begins(window: Window, first: datetime, last: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """When its days begin, of those that it is shown on."""
    day = first.astimezone(zone).date()
    while day <= last.astimezone(zone).date():
        if window.weekdays is None or day.isoweekday() in window.weekdays:
            begins = datetime.combine(day, window.start or datetime.min.time(), tzinfo=zone)
            yield begins.astimezone(first.tzinfo)
        day += timedelta(days=1)


def on_no_device(videos: Any) -> Any:
    """Of a queryset of videos, those whose links, if they have any, match no device at all."""
    return videos.exclude(pk__in=_matching_somebody().values("video"))


def _matching_somebody() -> Any:
    """Links that match a device, excepted or not."""
    there = Device.objects.order_by()
    # sets, not a look for each link: where one group has all devices, looking for another's reads them all each time
    groups, shops = (there.exclude(**{name: None}).values(name).distinct() for name in ("group", "shop"))
    in_both = there.filter(group=OuterRef("group"), shop=OuterRef("shop"))
    same_group, same_shop = Q(group=None) | Q(group=F("device__group")), Q(shop=None) | Q(shop=F("device__shop"))
    return Link.objects.filter(
        (Q(device__isnull=False) & same_group & same_shop)
        | Q(device=None, group__in=groups, shop=None)
        | (Q(device=None, group__isnull=False, shop__isnull=False) & Exists(in_both))
        | Q(device=None, group=None, shop__in=shops)
        | (Q(device=None, group=None, shop=None) & Exists(there))
    )
