"""The sweep: who was online and has been silent for longer than it may.

One statement turns them offline and writes their flips, so that two sweeps at once never flip twice. Our own outage is
not blamed on devices: while the sweep did not run, their deadlines stood still, and then they get time to come back.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from redis.exceptions import RedisError

from devices.models import Device, FleetEvent, Presence, SweepState
from devices.services.status import CLOCK_OFF_S, TEMPERATURE_IS_NEWS_FOR

logger = logging.getLogger(__name__)

LONGEST_BACK_OFF = timedelta(seconds=60)
"""So long a device may wait between two tries while nobody answers: it doubles its pause up to a minute, so after an
outage it is back within the outage's own length, and within a minute."""
WEB_IS_AWAY_AFTER = timedelta(seconds=8)
"""The web gives a sign of life every two seconds while it can store what it hears."""
WEB_MAY_BE_AWAY_FOR = timedelta(hours=1)
"""Then its last sign is forgotten, and silence counts: it may serve without giving any."""
_WEB_SERVED = "web-served"
MASS_SILENCE_AT_LEAST = 10
"""Devices that must have fallen silent before their share is worth an event: half of four is no news."""

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


@dataclass(frozen=True)
class Served:
    """From when until when the web gave its signs of life without a break."""

    since: datetime
    until: datetime

    def is_away(self, now: datetime) -> bool:
        """No sign of life for too long."""
        return now - self.until > WEB_IS_AWAY_AFTER


def mark_offline(*, now: datetime) -> Swept:
    """Turn every silent device offline. Safe to run at any time, by any number at once.

    1. Lock the sweep's own row; a sweep that comes late was our outage, unless the web is known to have served all the
       while; one event says so beyond `outage_gap()`.
    2. While the web gives no sign of life, that is our outage, too.
    3. Turn the silent offline and write their flips, in one statement.
    4. When more than DGX_MASS_SILENCE_SHARE of the online fleet went at once, write one event.
    5. Note since when a device that reports has a fault of its own, so that its status can say so.
    """
    told = _signs_of_life()  # asks Redis: not while the row is locked
    with transaction.atomic():
        state = _note_outage(now, told)
        online = Presence.objects.online().count()
        gone = _sweep(now, state, device_id=None)
        if len(gone) >= MASS_SILENCE_AT_LEAST and len(gone) > settings.DGX_MASS_SILENCE_SHARE * online:
            FleetEvent.objects.create(
                at=now,
                kind=FleetEvent.Kind.MASS_SILENCE,
                message=f"{len(gone)} of {online} devices fell silent at once.",
            )
        _note_trouble(now)
    if gone:
        logger.info("%d devices fell silent", len(gone))
    return Swept(gone)


def notice_silence(device: Device, *, now: datetime) -> bool:
    """Turn this one device offline if it is due, and say whether it is online."""
    with transaction.atomic():
        state = SweepState.objects.filter(pk=1).first() or SweepState()
        _sweep(now, state, device_id=device.pk)
        return Presence.objects.values_list("is_online", flat=True).get(device=device)


def outage_gap() -> timedelta:
    """A gap in the sweep beyond this is an outage worth telling: four sweeps, and a minute at least."""
    return timedelta(seconds=max(60, 4 * settings.DGX_SWEEP_SECONDS))


def late_after() -> timedelta:
    """A gap in the sweep beyond this is not blamed on devices: with the back-off that follows, half a minute is enough
    to make a device miss all the reports that it may."""
    return timedelta(seconds=2 * settings.DGX_SWEEP_SECONDS)


def _note_outage(now: datetime, told: Served | None) -> SweepState:
    SweepState.objects.bulk_create([SweepState()], ignore_conflicts=True)
    state = SweepState.objects.select_for_update().get(pk=1)
    _forget_the_future(state, now)
    web = _known_of_web(state, told, now)
    if state.swept_at and now - state.swept_at > late_after():
        _note_gap(state, state.swept_at, now, web)
    if web and web.is_away(now):
        _stop_deadlines(state, web.until, now)
    state.swept_at = max(now, state.swept_at) if state.swept_at else now
    state.web_served_until = web.until if web else None
    state.save()
    return state


def _known_of_web(state: SweepState, told: Served | None, now: datetime) -> Served | None:
    """The later of what Redis tells and what the last sweep knew: a Redis that fell may have forgotten much or all."""
    known = state.web_served_until
    if known and (told is None or told.until < known):
        told = Served(known, known)
    return told if told and now - told.until < WEB_MAY_BE_AWAY_FOR else None


def _forget_the_future(state: SweepState, now: datetime) -> None:
    """Our clock was ahead and was set back: what was noted by it counts no longer."""
    if state.swept_at and state.swept_at - now > outage_gap():
        state.swept_at = now
        if state.outage_until and state.outage_until > now:
            state.outage_from = state.outage_until = None


def _note_gap(state: SweepState, start: datetime, now: datetime, web: Served | None) -> None:
    """A sweep that is late because nothing ran stops the deadlines; one that is late alone stops none.

    Where nothing is known of the web, a sweep that is a little late again and again counts once, else the silent would
    never be found.
    """
    is_worth_telling = now - start > outage_gap()
    devices_were_heard = bool(web and web.since <= start and not web.is_away(now))
    if not devices_were_heard and (web or is_worth_telling or not _is_soon_after(state, start)):
        _stop_deadlines(state, start, now)
    if is_worth_telling:
        FleetEvent.objects.create(
            at=now,
            kind=FleetEvent.Kind.OUTAGE,
            message=f"The sweep did not run from {start:%Y-%m-%d %H:%M:%S} to {now:%Y-%m-%d %H:%M:%S} UTC; "
            + (
                "devices were heard meanwhile."
                if devices_were_heard
                else "devices get that time on top before they count as silent, and up to a minute to come back."
            ),
        )


def _is_soon_after(state: SweepState, start: datetime) -> bool:
    return bool(state.outage_until and start - state.outage_until < LONGEST_BACK_OFF)


def _stop_deadlines(state: SweepState, start: datetime, now: datetime) -> None:
    """A breath between two outages makes one of them."""
    if not _is_soon_after(state, start):
        state.outage_from = start
    state.outage_until = now


def note_web_serves(*, now: datetime) -> None:
    """A web process can take and store reports; nothing is noted while Redis is gone."""
    with suppress(RedisError):
        served = _cached()
        since = now if served is None or served.is_away(now) else served.since
        cache.set(_WEB_SERVED, Served(since, now), timeout=WEB_MAY_BE_AWAY_FOR.total_seconds())


def _signs_of_life() -> Served | None:
    """What Redis knows of the web; None where it gave no sign of life within the hour, or Redis is gone."""
    try:
        return _cached()
    except RedisError:
        return None


def _cached() -> Served | None:
    served: Served | None = cache.get(_WEB_SERVED)
    return served


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
