"""The sweep: who was online and has been silent for longer than it may.

A look at the whole fleet finds them; one statement turns those offline that are still due and writes their flips, so
that two sweeps at once never flip twice. Our own outages are not blamed on devices: `devices.services.outages` says
when deadlines stood still.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

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

_DUE = """
p.is_online AND p.last_seen_at + make_interval(secs => p.silent_after_s)
    + CASE WHEN p.last_seen_at < %(outage_until)s::timestamptz
           THEN %(outage_until)s::timestamptz - greatest(p.last_seen_at, %(outage_from)s::timestamptz)
                + least(%(outage_until)s::timestamptz - %(outage_from)s::timestamptz,
                        make_interval(secs => %(back_off_s)s))
           ELSE interval '0' END
    < %(now)s
"""
_TROUBLED = """
p.is_online AND (coalesce(p.temperature > %(hot)s AND p.temperature_at > %(measured_after)s, false)
              OR coalesce(abs(p.clock_offset_s) > %(clock_off)s, false)
              OR coalesce(p.storage_free < %(disk_low)s, false))
"""

_LOOK = f"""
SELECT count(*) FILTER (WHERE p.is_online OR p.since > %(since)s),
       coalesce(array_agg(p.device_id) FILTER (WHERE {_DUE}), '{{}}'),
       coalesce(array_agg(p.device_id) FILTER (
           WHERE (p.trouble_since IS NOT NULL) <> ({_TROUBLED}) AND ({_DUE}) IS NOT TRUE), '{{}}')
  FROM devices_presence p
"""  # noqa: S608 — constants
"""One pass over the fleet, which PostgreSQL shares out among its processes, as it does for no UPDATE."""

_TURN_OFFLINE = f"""
WITH gone AS (
    UPDATE devices_presence p
       SET is_online = false, since = greatest(%(now)s, p.since), trouble_since = NULL
      FROM unnest(%(devices)s::bigint[]) AS due (device_id)
     WHERE p.device_id = due.device_id AND {_DUE}
    RETURNING p.device_id, p.since
), flips AS (
    INSERT INTO devices_presenceflip (device_id, is_online, at, reason)
    SELECT device_id, false, since, 'silence' FROM gone
)
SELECT device_id FROM gone
"""  # noqa: S608 — constants

_NOTE_TROUBLE = f"""
UPDATE devices_presence p SET trouble_since = CASE WHEN p.trouble_since IS NULL THEN %(now)s END
  FROM unnest(%(devices)s::bigint[]) AS changed (device_id)
 WHERE p.device_id = changed.device_id AND (p.trouble_since IS NOT NULL) <> ({_TROUBLED})
"""  # noqa: S608 — constants

_FELL_SILENT = """
SELECT count(DISTINCT device_id) FROM devices_presenceflip WHERE at > %(since)s AND reason = 'silence'
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


@dataclass(frozen=True)
class Look:
    """What a look at the fleet found: how many are online or turned offline lately, the ids of those whose silence is
    too long, and of those whose trouble began or ended."""

    online: int
    due: list[int]
    changed: list[int]


def mark_offline(*, now: datetime) -> Swept:
    """Turn every silent device offline. Safe to run at any time, by any number at once.

    1. Lock the sweep's own row, and note in it what was our outage since it last ran.
    2. Turn the silent offline and write their flips, in one statement.
    3. When more than DGX_MASS_SILENCE_SHARE of the online fleet went at once, tell it by one event.
    4. Note since when a device that reports has a fault of its own, so that its status can say so.
    """
    told = signs_of_life()  # asks Redis: not while the row is locked
    with transaction.atomic():
        state = note_outage(now, told)
        silence = MassSilence.of(now)
        fleet = _look(now, state, online_since=silence.since)
        gone = _turn_offline(fleet.due, now, state) if fleet.due else []
        if gone:
            silence.note(now, fleet.online)
        if fleet.changed:
            _note_trouble(fleet.changed, now)
    if gone:
        logger.info("%d devices fell silent", len(gone))
    return Swept(gone)


def notice_silence(device: Device, *, now: datetime) -> bool:
    """Turn this one device offline if it is due, and say whether it is online. After an outage of ours it may be asked
    of before the sweep has run."""
    state, told = SweepState.objects.filter(pk=1).first() or SweepState(), signs_of_life()
    excuse(state, told, now)
    with transaction.atomic():
        _turn_offline([device.pk], now, state)
        return Presence.objects.values_list("is_online", flat=True).get(device=device)


@dataclass(frozen=True)
class MassSilence:
    """One event for all that fell silent at once, however many sweeps it took to find them: the first that finds
    enough writes it, those of the next `at_once()` correct its numbers. No device counts for two events."""

    event: FleetEvent | None
    since: datetime
    """Who fell silent after this instant counts; so does, as online, who was online then."""

    @classmethod
    def of(cls, now: datetime) -> "MassSilence":
        """That which goes on, or the next one."""
        window = at_once()
        last = FleetEvent.objects.filter(kind=FleetEvent.Kind.MASS_SILENCE, at__gt=now - 2 * window).first()
        if last is None:
            return cls(None, now - window)
        goes_on = last.at > now - window
        return cls(last, last.at - window) if goes_on else cls(None, last.at + window)

    def note(self, now: datetime, online: int) -> None:
        """Tell it, if it is one, of a fleet of which so many are online or went since."""
        fell = self._fell()
        message = f"{fell} of {online} devices fell silent within {(now - self.since).total_seconds():.0f} s."
        if self.event:
            FleetEvent.objects.filter(pk=self.event.pk).update(message=message)
        elif fell >= MASS_SILENCE_AT_LEAST and fell > settings.DGX_MASS_SILENCE_SHARE * online:
            FleetEvent.objects.create(at=now, kind=FleetEvent.Kind.MASS_SILENCE, message=message)

    def _fell(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(_FELL_SILENT, {"since": self.since})
            return int(cursor.fetchone()[0])


def at_once() -> timedelta:
    """Within so long devices are found silent that fell silent at once: three sweeps, a report interval, and a minute
    at least."""
    interval = min(settings.DGX_REPORT_INTERVAL_S, AT_ONCE_AT_MOST_S)
    return timedelta(seconds=max(60, 3 * settings.DGX_SWEEP_SECONDS, interval))


def _look(now: datetime, state: SweepState, *, online_since: datetime) -> Look:
    params = _due(now, state) | _troubled(now) | {"since": online_since}
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, params)
        return Look(*cursor.fetchone())


def _turn_offline(devices: Sequence[int], now: datetime, state: SweepState) -> list[int]:
    """Those of these that are still due: some may have reported since they were looked at."""
    with connection.cursor() as cursor:
        cursor.execute(_TURN_OFFLINE, _due(now, state) | {"devices": devices})
        return [row[0] for row in cursor.fetchall()]


def _note_trouble(devices: Sequence[int], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_NOTE_TROUBLE, _troubled(now) | {"devices": devices, "now": now})


def _due(now: datetime, state: SweepState) -> dict[str, Any]:
    return {
        "now": now,
        "outage_from": state.outage_from,
        "outage_until": state.outage_until,
        "back_off_s": LONGEST_BACK_OFF.total_seconds(),
    }


def _troubled(now: datetime) -> dict[str, Any]:
    return {
        "hot": settings.DGX_HOT_CELSIUS,
        "measured_after": now - TEMPERATURE_IS_NEWS_FOR,
        "clock_off": CLOCK_OFF_S,
        "disk_low": settings.DGX_DISK_LOW_BYTES,
    }
