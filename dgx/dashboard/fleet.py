"""The home page's figures of devices: how many are in which status, who fell silent, who is hot, what is on its way."""

from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import connection
from django.db.models import Count, F, Max, Window
from django.db.models.functions import RowNumber

from devices.models import Device, Pairing
from devices.services.status import TEMPERATURE_IS_NEWS_FOR

LATELY = timedelta(hours=24)
CHANGED_WITHIN = timedelta(days=7)
SHOPS, OF_A_SHOP, HOT, CHANGES = 6, 3, 6, 6
"""How many the page names; lists lead to all."""


def statuses(user: Any, now: datetime) -> dict[str, int]:
    """How many devices have which status, retired ones included."""
    devices: Any = Device.objects.visible_to(user).with_status(now).order_by()
    return dict(devices.values_list("status").annotate(n=Count("pk")))


def waiting(user: Any, now: datetime) -> int:
    """Screens that show a code and wait to be let in."""
    return Pairing.objects.visible_to(user).pending(now).count()


def silent(user: Any, now: datetime) -> list[dict[str, Any]]:
    """Devices that turned offline within a day, by shop, the latest first: the shop, how many, and some of them."""
    gone = Device.objects.visible_to(user).active().filter(presence__is_online=False, presence__since__gt=now - LATELY)
    by_shop: dict[str, Any] = {"partition_by": [F("shop")]}
    rows: Any = gone.order_by().annotate(
        n=Window(Count("pk"), **by_shop),
        latest=Window(Max("presence__since"), **by_shop),
        place=Window(RowNumber(), **by_shop, order_by=[F("presence__since").desc(), "pk"]),
    )
    named = rows.filter(place__lte=OF_A_SHOP).order_by("-latest", "shop", "place")
    columns = ("shop", "shop__name", "n", "latest", "pk", "name", "mobile_id", "presence__since")
    found = named.values(*columns)[: SHOPS * OF_A_SHOP]
    return [_shop(list(rows)) for _, rows in groupby(found, key=lambda row: row["shop"])][:SHOPS]


def _shop(rows: list[dict[str, Any]]) -> dict[str, Any]:
    first = rows[0]
    devices = [(row["pk"], row["name"] or row["mobile_id"], row["presence__since"]) for row in rows]
    return {"shop": first["shop"], "name": first["shop__name"], "n": first["n"], "devices": devices}


def hottest(user: Any, now: datetime) -> list[tuple[int, str, str, float, datetime]]:
    """The devices that last reported the highest temperatures: key, name, shop, degrees and when."""
    rows = Device.objects.visible_to(user).active()
    recent = rows.filter(presence__temperature_at__gt=now - TEMPERATURE_IS_NEWS_FOR)
    columns = ("pk", "name", "mobile_id", "shop__name", "presence__temperature", "presence__temperature_at")
    hot = recent.order_by("-presence__temperature", "pk").values_list(*columns)[:HOT]
    return [(pk, name or mobile_id, shop or "", degrees, at) for pk, name, mobile_id, shop, degrees, at in hot]


_CHANGES = """
WITH told AS (
    SELECT d.id, d.group_id, d.shop_id, d.content_version, d.content_changed_at, p.held_tag
      FROM devices_device d JOIN devices_presence p ON p.device_id = d.id
     WHERE p.held_at IS NOT NULL AND d.id IN ({seen})
), counted AS (
    SELECT 'group' AS kind, g.id AS key, g.name AS label, g.content_changed_at AS changed, count(*) AS n,
           count(*) FILTER (WHERE position(format('-g%%s.%%s-', g.id, g.content_version) IN held_tag) > 0) AS holding
      FROM told JOIN devices_group g ON g.id = told.group_id
     WHERE g.content_changed_at > %s GROUP BY g.id
    UNION ALL
    SELECT 'shop', s.id, s.name, s.content_changed_at, count(*),
           count(*) FILTER (WHERE position(format('-s%%s.%%s-', s.id, s.content_version) IN held_tag) > 0)
      FROM told JOIN locations_shop s ON s.id = told.shop_id
     WHERE s.content_changed_at > %s GROUP BY s.id
    UNION ALL
    SELECT 'chain', 0, '', c.content_changed_at, count(*),
           count(*) FILTER (WHERE held_tag LIKE format('%%%%-c%%s', c.content_version))
      FROM told CROSS JOIN locations_chain c
     WHERE c.content_changed_at > %s GROUP BY c.id
    UNION ALL
    SELECT 'device', 0, '', max(content_changed_at), count(*),
           count(*) FILTER (WHERE starts_with(held_tag, format('d%%s.%%s-', id, content_version)))
      FROM told WHERE content_changed_at > %s
)
SELECT kind, key, label, changed, n, holding FROM counted WHERE holding < n ORDER BY changed DESC LIMIT %s
"""


def changes(user: Any, now: datetime) -> list[dict[str, Any]]:
    """Groups, shops, the chain, and single devices together, whose content changed within a week and is not on all of
    their screens yet: how many hold the version of now, of those that ever said what they hold."""
    seen, params = Device.objects.visible_to(user).active().order_by().values("pk").query.sql_with_params()
    since = now - CHANGED_WITHIN
    with connection.cursor() as cursor:
        cursor.execute(_CHANGES.format(seen=seen), (*params, since, since, since, since, CHANGES))
        names = ("kind", "key", "label", "changed", "n", "holding")
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
