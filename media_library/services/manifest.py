"""The manifest: what a device downloads and plays, as the poll, GET manifest and the API's preview hand it out."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from devices.models import Device
from devices.querysets import content_tag
from dgx.core.prepared import Prepared
from locations.models import Chain
from media_library.models import Link, Placement
from media_library.services.resolver import resolved, zone_of
from media_library.services.signing import lifetime_s, quantised, signed_until, signed_url
from media_library.windows import Window

_PATHS = (
    *("video_id", "link_id", "breadth", "layer", "display_order", "updated_at"),
    *("valid_from", "valid_until", "weekdays", "start_time", "end_time"),
    *("video__public_id", "video__name", "video__kind", "video__mime", "video__size", "video__sha256", "video__file"),
    *("video__rotation", "video__fit_mode", "video__display_duration"),
)
"""Where the fields of an item come from, in their order."""
_deliverable = Prepared(lambda device: Placement.objects.on(device).deliverable().values_list(*_PATHS), stand_in=-1)


_NEVER = datetime.max.replace(tzinfo=UTC)


class _Item(NamedTuple):
    video_id: int
    link_id: int
    breadth: int
    layer: str
    display_order: int
    updated_at: datetime
    valid_from: datetime | None
    valid_until: datetime | None
    weekdays: Sequence[int] | None
    start_time: time | None
    end_time: time | None
    public_id: UUID
    name: str
    kind: str
    mime: str
    size: int
    sha256: str
    file: str
    rotation: int
    fit_mode: str
    display_duration: int

    def as_shown(self) -> "_Item":
        """Without its order and what only decides over it: the same for all devices that show it alike. Hashable."""
        weekdays = None if self.weekdays is None else tuple(self.weekdays)
        return self._replace(video_id=0, link_id=0, breadth=0, updated_at=_NEVER, display_order=0, weekdays=weekdays)


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
    items = resolved(map(_Item._make, _deliverable.all(device_id)))
    quarter = quantised(now)
    lifetimes = [lifetime_s(item.size, poll_interval_s) for item in items]
    until = signed_until(now, min(lifetimes)) if items else None
    return {
        "tag": tag,
        "timezone": timezone,
        "url_expires_at": until and until.isoformat(),
        "items": [_encoded(item, quarter, life) for item, life in zip(items, lifetimes, strict=True)],
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


def _encoded(item: _Item, quarter: datetime, lifetime: int) -> orjson.Fragment:
    return orjson.Fragment(b'%s,"order":%d}' % (_shown(item.as_shown(), quarter, lifetime), item.display_order))


@lru_cache(maxsize=5_000)
def _shown(item: _Item, quarter: datetime, lifetime: int) -> bytes:
    """An item's JSON, open for its order at the end. It is made of nothing but the values given, so that a kept one is
    never an old one."""
    body: dict[str, Any] = {
        "id": str(item.public_id),
        "name": item.name,
        "type": item.kind,
        "mime": item.mime,
        "size": item.size,
        "sha256": item.sha256,
        "url": signed_url(item.file, mime=item.mime, now=quarter, lifetime=lifetime),
        "rotation": item.rotation,
        "fit_mode": item.fit_mode,
        "display_duration": item.display_duration,
    }
    if item.layer != Link.Layer.REGULAR:
        body["layer"] = item.layer
    if window := Window.of(item):
        body["window"] = window.as_json()
    return orjson.dumps(body).removesuffix(b"}")
