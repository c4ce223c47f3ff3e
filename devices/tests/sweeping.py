"""What the tests of the sweep share: devices that reported, a sweep that ran, a web that serves."""

from datetime import UTC, datetime, timedelta

from devices.models import Device, Presence, PresenceFlip, SweepState
from devices.services.outages import note_web_serves
from devices.services.presence import mark_offline
from devices.tests.factories import DeviceFactory

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LONG_SILENT = NOW + timedelta(minutes=2)
"""Whom nobody heard since NOW is offline by then."""


def online(*, seen: datetime = NOW, silent_after_s: int = 60, **fields) -> Device:
    """A device that reported at `seen`."""
    device: Device = DeviceFactory.create(**fields)
    Presence.objects.filter(device=device).update(
        is_online=True, last_seen_at=seen, since=seen, silent_after_s=silent_after_s
    )
    PresenceFlip.objects.create(device=device, is_online=True, at=seen, reason="report")
    return device


def swept(at: datetime = NOW) -> None:
    """The sweep ran at that instant."""
    SweepState.objects.update_or_create(pk=1, defaults={"swept_at": at})


def served(start: float, end: float) -> None:
    """The web gave signs of life from so many seconds after NOW to so many."""
    at = start
    while at < end:
        note_web_serves(now=NOW + at * SECOND)
        at += 2
    note_web_serves(now=NOW + end * SECOND)


def sweep_at(*seconds: float) -> list[list[int]]:
    """Whom sweeps at these instants after NOW turn offline."""
    return [mark_offline(now=NOW + at * SECOND).device_ids for at in seconds]


def flips(device: Device) -> list[tuple[bool, datetime, str]]:
    """Its flips, oldest first."""
    return list(device.flips.order_by("at", "id").values_list("is_online", "at", "reason"))
