"""Devices and groups by name: registering, renaming, and what a device says it holds."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Case, F, OuterRef, Subquery, Value, When

from devices.models import Device, Group, Presence
from devices.models.device import NO_GROUP_NAMES
from dgx.core.errors import Conflict, Invalid
from dgx.core.transactions import atomic_retried


def means_no_group(name: str | None) -> bool:
    """One of the words that stand for “no group” on the old routes."""
    return name is None or name.strip().lower() in NO_GROUP_NAMES


def register_device(*, mobile_id: str) -> tuple[Device, bool]:
    """The device of that mobile_id, and whether it was made just now."""
    return Device.objects.get_or_create(mobile_id=mobile_id)


@atomic_retried
def rename_device(device: Device, *, mobile_id: str) -> None:
    """Give the device another mobile_id. Raises Conflict when another device has it."""
    device.mobile_id = mobile_id
    try:
        with transaction.atomic():
            device.save(update_fields=["mobile_id"])
    except IntegrityError as error:
        raise Conflict(f"Device exists: {mobile_id}", code="mobile_id_taken") from error


def register_group(*, name: str) -> Group:
    """The group of that name, made if there is none. Raises Invalid for a word that stands for “no group”."""
    _refuse_no_group_name(name)
    return Group.objects.get_or_create(name=name)[0]


@atomic_retried
def rename_group(group: Group, *, name: str) -> None:
    """Give the group another name. Raises Invalid for a word that stands for “no group”, Conflict for a taken name."""
    _refuse_no_group_name(name)
    group.name = name
    try:
        with transaction.atomic():
            group.save(update_fields=["name"])
    except IntegrityError as error:
        raise Conflict(f"Group exists: {name}", code="name_taken") from error


def record_download(device: Device, *, complete: bool, now: datetime) -> None:
    """Note that the device holds all that it should play at this moment, or that it holds nothing.

    What it holds is the tag of now: any later change of what it plays makes the note untrue by itself.
    """
    held: Value | Subquery = Value("")
    if complete:
        held = Subquery(Device.objects.with_tag().filter(pk=OuterRef("device_id")).values_list("tag"))  # type: ignore[misc]  # annotated
    said_before = When(held_tag=held, then=F("held_at"))
    Presence.objects.filter(device=device).update(
        held_tag=held,
        held_at=Case(said_before, default=Value(now)),
        missing=Value(0) if complete else F("missing"),
    )


def _refuse_no_group_name(name: str) -> None:
    if means_no_group(name):
        raise Invalid(f"“{name}” stands for “no group” and cannot be a group's name.", field="name")
