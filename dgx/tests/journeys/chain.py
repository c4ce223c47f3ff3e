"""The demo's chain as its operators meet it: media with thumbnails, a day of reports, a screen that is hot and one that
went silent."""

from datetime import datetime, timedelta
from functools import cache
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from devices.models import Device, Presence, PresenceFlip, SweepState
from dgx.tests.snapshot import Snapshot
from media_library.models import Video
from media_library.services.processing import process
from telemetry.models import DeviceLog
from telemetry.services.rollup import roll_up

SILENT, HOT = "demo-yyz-cooler", "demo-ber-window"
WARMTH = {HOT: 71.5}


def open_the_chain() -> None:
    """The demo, which has been open for a day."""
    demo().put_back()
    now = timezone.now()
    SweepState.objects.update_or_create(pk=1, defaults={"swept_at": now})
    let_report()
    roll_up(now=now)


@cache
def demo() -> Snapshot:
    """The demo's rows, its media processed; loaded for the first journey, whose objects stay in the store."""
    call_command("loaddemo", stdout=StringIO())
    for video in Video.objects.unprobed():
        process(video.pk)
    return Snapshot.remember()


def let_report() -> None:
    """Every device that was never heard of has reported for a day."""
    now = timezone.now()
    quiet = Device.objects.with_tag().filter(presence__last_seen_at=None).order_by("mobile_id")
    for number, device in enumerate(quiet):
        _report(device, number, now)


def _report(device: Any, number: int, now: datetime) -> None:
    silent = device.mobile_id == SILENT
    seen = now - (timedelta(minutes=47) if silent else timedelta(seconds=1 + number % 12))
    gone = seen + timedelta(minutes=1)
    warmth = WARMTH.get(device.mobile_id, 38 + number % 20 / 2)
    Presence.objects.filter(device=device).update(
        is_online=not silent,
        last_seen_at=seen,
        since=gone if silent else now - timedelta(hours=20),
        temperature=warmth,
        temperature_at=seen,
        held_tag=device.tag,
        held_at=now - timedelta(hours=2),
        storage_free=11_200_000_000,
        clock_offset_s=0.4,
        boot_id=f"boot-{number}",
        seq=812,
        seq_mask=1,
    )
    flips = [(now - timedelta(hours=20), True)] + ([(gone, False)] if silent else [])
    PresenceFlip.objects.bulk_create(
        PresenceFlip(device=device, at=at, is_online=online, reason="report" if online else "silence")
        for at, online in flips
    )
    DeviceLog.objects.bulk_create(
        DeviceLog(device=device, log_type=kind, value=value, logged_at=at, received_at=at)
        for hour in range(1, 20)
        for at in [now - timedelta(hours=hour)]
        for kind, value in [("temperature", warmth - hour % 5), ("door_open", hour % 4)]
    )
