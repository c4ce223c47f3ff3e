"""The manifest: what a device downloads and plays, as the poll, GET manifest and the API's preview hand it out."""

from datetime import datetime
from typing import Any

from devices.models import Device
from devices.querysets import content_tag
from locations.models import Chain
from media_library.models import Link, Placement
from media_library.services.resolver import resolved, zone_of
from media_library.services.signing import lifetime_s, signed_until, signed_url
from media_library.windows import Window

_COLUMNS = (
    *("video_id", "link_id", "breadth", "layer", "display_order", "updated_at"),
    *("valid_from", "valid_until", "weekdays", "start_time", "end_time"),
    *("video__public_id", "video__name", "video__kind", "video__mime", "video__size", "video__sha256", "video__file"),
    *("video__rotation", "video__fit_mode", "video__display_duration"),
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
    rows = resolved(Placement.objects.on(device_id).deliverable().values_list(*_COLUMNS, named=True))
    lifetimes = [lifetime_s(row.video__size, poll_interval_s) for row in rows]
    expiries = [signed_until(now, lifetime) for lifetime in lifetimes]
    return {
        "tag": tag,
        "timezone": timezone,
        "url_expires_at": min(expiries).isoformat() if expiries else None,
        "items": [_item(row, now=now, lifetime=lifetime) for row, lifetime in zip(rows, lifetimes, strict=True)],
    }


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


def _item(row: Any, *, now: datetime, lifetime: int) -> dict[str, Any]:
    item = {
        "id": str(row.video__public_id),
        "name": row.video__name,
        "type": row.video__kind,
        "mime": row.video__mime,
        "size": row.video__size,
        "sha256": row.video__sha256,
        "url": signed_url(row.video__file, now=now, lifetime=lifetime),
        "rotation": row.video__rotation,
        "fit_mode": row.video__fit_mode,
        "display_duration": row.video__display_duration,
        "order": row.display_order,
    }
    if row.layer != Link.Layer.REGULAR:
        item["layer"] = row.layer
    window = Window.of(row)
    return item | {"window": window.as_json()} if window else item
