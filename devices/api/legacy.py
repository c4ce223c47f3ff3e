"""The old routes of devices and groups. Those that delete live a layer up, where the links are known."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from pydantic import BaseModel

from devices.models import Device, Group
from devices.querysets import DeviceQuerySet, GroupQuerySet
from devices.services.registry import (
    record_download,
    register_device,
    register_group,
    rename_device,
    rename_group,
)
from dgx.core.api.legacy import Route, list_named
from dgx.core.api.legacy_reading import Name, NewName, Page, Text
from dgx.core.errors import Invalid, NotFound

Json = dict[str, Any]


class NewDevice(BaseModel):
    """A device to register; spaces around its mobile_id are cut off."""

    mobile_id: Name
    download_status: bool = False


class DevicePatch(BaseModel):
    """Null or absent leaves as it is."""

    mobile_id: NewName | None = None
    download_status: bool | None = None


class NewGroup(BaseModel):
    """A group's name."""

    gname: NewName


class GroupPatch(BaseModel):
    """Null or absent leaves the name as it is."""

    gname: NewName | None = None


# --- devices ----
def insert_device(body: NewDevice, now: datetime) -> Json:
    """POST /insert_device."""
    mobile_id = body.mobile_id.strip()
    if not mobile_id:
        raise Invalid("mobile_id is required")
    with transaction.atomic():
        device, made = register_device(mobile_id=mobile_id)
        if made and body.download_status:
            record_download(device, complete=True, now=now)
    return {"id": device.pk, "message": "Device inserted successfully"}


def get_device(mobile_id: Text) -> Json:
    """GET /device/{mobile_id}."""
    return device_row(Device.objects.named(mobile_id))


def list_devices(query: Page) -> Json:
    """GET /devices."""
    devices = Device.objects.filter(mobile_id__icontains=query.q) if query.q else Device.objects.all()
    items = device_rows(devices.order_by("-id")[query.offset : query.offset + query.limit])
    return {
        "items": items,
        "total": devices.count(),
        "count": len(items),
        "limit": query.limit,
        "offset": query.offset,
        "query": query.q,
    }


def update_device(mobile_id: Text, body: DevicePatch, now: datetime) -> Json:
    """PUT /device/{mobile_id}."""
    device = Device.objects.named(mobile_id).first()
    if device is None:
        raise NotFound("Device not found or no changes")
    with transaction.atomic():
        if body.mobile_id is not None:
            rename_device(device, mobile_id=body.mobile_id)
        if body.download_status is not None:
            record_download(device, complete=body.download_status, now=now)
    return {"message": "Device updated", "item": device_row(Device.objects.filter(pk=device.pk))}


def device_rows(devices: DeviceQuerySet) -> list[Json]:
    """Devices as the old services wrote them, in one statement."""
    rows = devices.with_tag().values("id", "mobile_id", "created_at", "updated_at", download_status=F("holds_tag"))
    return [dict(row) for row in rows]


def device_row(devices: DeviceQuerySet) -> Json:
    """The only one of them. Raises NotFound."""
    rows = device_rows(devices)
    if not rows:
        raise NotFound("Device not found")
    return rows[0]


# --- groups ----
def insert_group(body: NewGroup) -> Json:
    """POST /insert_group."""
    return {"id": register_group(name=body.gname).pk, "message": "Group inserted successfully"}


def get_group(gname: Text) -> Json:
    """GET /group/{gname}."""
    return group_row(Group.objects.named(gname))


def list_groups(query: Page) -> Json:
    """GET /groups."""
    return list_named(Group.objects.all(), query, group_rows)


def update_group(gname: Text, body: GroupPatch) -> Json:
    """PUT /group/{gname}."""
    group = Group.objects.named(gname).first()
    if group is None:
        raise NotFound("Group not found or no changes")
    if body.gname is not None:
        rename_group(group, name=body.gname)
    return {"message": "Group updated", "item": group_row(Group.objects.filter(pk=group.pk))}


def group_rows(groups: GroupQuerySet) -> list[Json]:
    """Groups as the old services wrote them, in one statement."""
    rows = groups.values_list("id", "name", "created_at", "updated_at")
    return [dict(zip(("id", "gname", "created_at", "updated_at"), row, strict=True)) for row in rows]


def group_row(groups: GroupQuerySet) -> Json:
    """The only one of them. Raises NotFound."""
    rows = group_rows(groups)
    if not rows:
        raise NotFound("Group not found")
    return rows[0]


ROUTES = [
    Route("POST", "insert_device", insert_device, "device"),
    Route("GET", "device/<mobile_id>", get_device, "device"),
    Route("PUT", "device/<mobile_id>", update_device, "device"),
    Route("GET", "devices", list_devices, "device"),
    Route("POST", "insert_group", insert_group, "group"),
    Route("GET", "group/<gname>", get_group, "group"),
    Route("PUT", "group/<gname>", update_group, "group"),
    Route("GET", "groups", list_groups, "group"),
]
