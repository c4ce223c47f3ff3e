"""The sweep: who was online and has been silent for longer than it may.

One statement turns them offline and writes their flips, so that two sweeps at once never flip twice. Our own outages
are not blamed on devices: `devices.services.outages` says when deadlines stood still.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from devices.models import Device, FleetEvent, Presence, SweepState
from devices.services.outages import LONGEST_BACK_OFF, excuse, note_outage, signs_of_life
from devices.services.status import CLOCK_OFF_S, TEMPERATURE_IS_NEWS_FOR

logger = logging.getLogger(__name__)

MASS_SILENCE_AT_LEAST = 10
"""Devices that must have fallen silent before their share is worth an event: half of four is no news."""
AT_ONCE_AT_MOST_S = 600
"""Devices that fall silent at once are found one report interval apart, which counts up to here."""

_SWEEP = """
WITH gone AS (
    UPDATE devices_presence p
       SET is_online = false, since = greatest(%(now)s, p.since)
     WHERE p.is_online
       AND (%(device)s::bigint IS NULL OR p.device_id = %(device)s::bigint)
       AND p.last_seen_at + make_interval(secs => p.silent_after_s)
           + CASE WHEN p.last_seen_at < %(outage_until)s::timestamptz
                  THEN %(outage_until)s::timestamptz - greatest(p.last_seen_at, %(outage_from)s::timestamptz)
                       + least(%(outage_until)s::timestamptz - %(outage_from)s::timestamptz,
                               make_interval(secs => %(back_off_s)s))
                  ELSE interval '0' END
           < %(now)s
    RETURNING p.device_id, p.since
), flips AS (
    INSERT INTO devices_presenceflip (device_id, is_online, at, reason)
    SELECT device_id, false, since, 'silence' FROM gone
)
SELECT device_id FROM gone
"""

_FELL_SILENT = """
WITH fell AS (SELECT DISTINCT device_id FROM devices_presenceflip WHERE at > %(since)s AND reason = 'silence')
SELECT (SELECT count(*) FROM fell),
       (SELECT count(*) FROM devices_presence WHERE is_online)
           + (SELECT count(*) FROM fell JOIN devices_presence p USING (device_id) WHERE NOT p.is_online)
"""

_NOTE_TROUBLE = """
UPDATE devices_presence SET trouble_since = CASE WHEN trouble_since IS NULL THEN %(now)s END
 WHERE (trouble_since IS NOT NULL) <> (is_online AND (
           coalesce(temperature > %(hot)s AND temperature_at > %(measured_after)s, false)
        OR coalesce(abs(clock_offset_s) > %(clock_off)s, false)
        OR coalesce(storage_free < %(disk_low)s, false)))
"""


@dataclass(frozen=True)
class Swept:
    """What a sweep did: the ids of the devices that it turned offline."""

    device_ids: list[int]

    def mobile_ids(self) -> list[str]:
        """Their mobile_ids, sorted."""
        return list(
            Device.objects.filter(pk__in=self.device_ids).order_by("mobile_id").values_list("mobile_id", flat=True)
        )


def mark_offline(*, now: datetime) -> Swept:
    """Turn every silent device offline. Safe to run at any time, by any number at once.

    1. Lock the sweep's own row, and note in it what was our outage since it last ran.
    2. Turn the silent offline and write their flips, in one statement.
    3. When more than DGX_MASS_SILENCE_SHARE of the online fleet went at once, tell it by one event.
    4. Note since when a device that reports has a fault of its own, so that its status can say so.
    """
    told = signs_of_life()  # asks Redis: not while the row is locked
    with transaction.atomic():
        gone = _sweep(now, note_outage(now, told), device_id=None)
        if gone:
            _note_mass_silence(now)
        _note_trouble(now)
    if gone:
        logger.info("%d devices fell silent", len(gone))
    return Swept(gone)


def notice_silence(device: Device, *, now: datetime) -> bool:
    """Turn this one device offline if it is due, and say whether it is online. After an outage of ours it may be asked
    of before the sweep has run."""
    state, told = SweepState.objects.filter(pk=1).first() or SweepState(), signs_of_life()
    excuse(state, told, now)
    with transaction.atomic():
        _sweep(now, state, device_id=device.pk)
        return Presence.objects.values_list("is_online", flat=True).get(device=device)


def _note_mass_silence(now: datetime) -> None:
    """One event for all that fell silent at once, however many sweeps it took to find them: the first that finds
    enough writes it, those of the next `at_once()` correct its numbers. No device counts for two events."""
    window = at_once()
    events = FleetEvent.objects.filter(kind=FleetEvent.Kind.MASS_SILENCE, at__gt=now - 2 * window)
    event, since = events.first(), now - window
    goes_on = event is not None and event.at > since
    if event:
        since = event.at - window if goes_on else event.at + window
    fell, fleet = _fell_silent(since)
    message = f"{fell} of {fleet} devices fell silent within {(now - since).total_seconds():.0f} s."
    if event and goes_on:
        FleetEvent.objects.filter(pk=event.pk).update(message=message)
    elif fell >= MASS_SILENCE_AT_LEAST and fell > settings.DGX_MASS_SILENCE_SHARE * fleet:
        FleetEvent.objects.create(at=now, kind=FleetEvent.Kind.MASS_SILENCE, message=message)


def at_once() -> timedelta:
    """Within so long devices are found silent that fell silent at once: three sweeps, a report interval, and a minute
    at least."""
    interval = min(settings.DGX_REPORT_INTERVAL_S, AT_ONCE_AT_MOST_S)
    return timedelta(seconds=max(60, 3 * settings.DGX_SWEEP_SECONDS, interval))


def _fell_silent(since: datetime) -> tuple[int, int]:
    """How many devices fell silent after that instant, of how many that were online."""
    with connection.cursor() as cursor:
        cursor.execute(_FELL_SILENT, {"since": since})
        fell, fleet = cursor.fetchone()
    return fell, fleet


def _note_trouble(now: datetime) -> None:
    params = {
        "now": now,
        "hot": settings.DGX_HOT_CELSIUS,
        "measured_after": now - TEMPERATURE_IS_NEWS_FOR,
        "clock_off": CLOCK_OFF_S,
        "disk_low": settings.DGX_DISK_LOW_BYTES,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NOTE_TROUBLE, params)


def _sweep(now: datetime, state: SweepState, device_id: int | None) -> list[int]:
    params = {
        "now": now,
        "device": device_id,
        "outage_from": state.outage_from,
        "outage_until": state.outage_until,
        "back_off_s": LONGEST_BACK_OFF.total_seconds(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SWEEP, params)
        return [row[0] for row in cursor.fetchall()]
