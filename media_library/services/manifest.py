"""The manifest: what a device downloads and plays, as the poll, GET manifest and the API's preview hand it out."""

from collections import namedtuple
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from devices.models import Device
from devices.querysets import content_tag
from dgx.core.prepared import Prepared
from locations.models import Chain
from media_library.models import Link, Placement
from media_library.services.resolver import resolved, zone_of
from media_library.services.signing import lifetime_s, quantised, signed_until, signed_url
from media_library.windows import Window

_RESOLVED = ("video_id", "link_id", "breadth", "updated_at")
"""What decides over an item and is not in it."""
_SHOWN = (
    *("layer", "display_order", "valid_from", "valid_until", "weekdays", "start_time", "end_time"),
    *("video__public_id", "video__name", "video__kind", "video__mime", "video__size", "video__sha256", "video__file"),
    *("video__rotation", "video__fit_mode", "video__display_duration"),
)
_Row: Any = namedtuple("_Row", (*_RESOLVED, *_SHOWN))
_Item: Any = namedtuple("_Item", _SHOWN)
_deliverable = Prepared(
    lambda device: Placement.objects.on(device).deliverable().values_list(*_Row._fields), stand_in=-1
)


def build_manifest(device: Device, *, now: datetime) -> dict[str, Any]:
    """The device's manifest at `now`. Load the device with group and shop (`with_presence()`), else they cost a query
    each; the tag is the loaded versions', so it may be older than the items and is never newer."""
    return manifest_of(
        device.pk,
        tag=tag_of(device),
        timezone=zone_of(device).key,
        poll_interval_s=device.expected_interval_s(),
        now=now,
    )


def manifest_of(device_id: int, *, tag: str, timezone: str, poll_interval_s: int, now: datetime) -> dict[str, Any]:
    """The manifest from what the caller knows of the device already: one statement. Read `tag` before, never after:
    a device that holds newer items under an older tag asks again, the other way round it would keep the older."""
    manifest = encoded_manifest(device_id, tag=tag, timezone=timezone, poll_interval_s=poll_interval_s, now=now)
    decoded: dict[str, Any] = orjson.loads(orjson.dumps(manifest))
    return decoded


def encoded_manifest(device_id: int, *, tag: str, timezone: str, poll_interval_s: int, now: datetime) -> dict[str, Any]:
    """The same for orjson alone: its items are JSON already, since most devices of a fleet play the same ones."""
    items = resolved(map(_Row._make, _deliverable.all(device_id)))
    quarter = quantised(now)
    lifetimes = [lifetime_s(item.video__size, poll_interval_s) for item in items]
    until = signed_until(now, min(lifetimes)) if items else None
    return {
        "tag": tag,
        "timezone": timezone,
        "url_expires_at": until and until.isoformat(),
        "items": [_encoded(_shown(item), quarter, life) for item, life in zip(items, lifetimes, strict=True)],
    }


def _shown(row: Any) -> tuple[Any, ...]:
    """The row's part that is in the manifest, as a cache's key: what the database gave as a list is a tuple there."""
    layer, order, valid_from, valid_until, weekdays, *more = row[len(_RESOLVED) :]
    return (layer, order, valid_from, valid_until, weekdays and tuple(weekdays), *more)


def tag_of(device: Device) -> str:
    """The tag of what the device should hold, by the versions that it, its group and its shop were loaded with, and
    by the chain's now: one statement."""
    group, shop = device.group, device.shop
    return content_tag(
        device=(device.pk, device.content_version),
        group=(device.group_id, group.content_version if group else None),
        shop=(device.shop_id, shop.content_version if shop else None),
        chain=Chain.objects.version(),
    )


@lru_cache(maxsize=5_000)
def _encoded(shown: tuple[Any, ...], quarter: datetime, lifetime: int) -> orjson.Fragment:
    """An item's JSON. It is made of nothing but the values given, so that a kept one is never an old one."""
    item = _Item._make(shown)
    body = {
        "id": str(item.video__public_id),
        "name": item.video__name,
        "type": item.video__kind,
        "mime": item.video__mime,
        "size": item.video__size,
        "sha256": item.video__sha256,
        "url": signed_url(item.video__file, now=quarter, lifetime=lifetime),
        "rotation": item.video__rotation,
        "fit_mode": item.video__fit_mode,
        "display_duration": item.video__display_duration,
        "order": item.display_order,
    }
    if item.layer != Link.Layer.REGULAR:
        body["layer"] = item.layer
    if window := Window.of(item):
        body["window"] = window.as_json()
    return orjson.Fragment(orjson.dumps(body))
