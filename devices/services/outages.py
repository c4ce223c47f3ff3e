"""Whose silence it is: deadlines stand still while we were away, and devices then get time to come back.

The web's signs of life tell when devices could be heard. Where it gives none (under another web server, say), a gap in
the sweep's own heartbeat counts as ours.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from devices.models import FleetEvent, Presence, SweepState

logger = logging.getLogger(__name__)

LONGEST_BACK_OFF = timedelta(seconds=60)
"""So long a device may wait between two tries while nobody answers: it doubles its pause up to a minute, so after an
outage it is back within the outage's own length, and within a minute."""
WEB_IS_AWAY_AFTER = timedelta(seconds=8)
"""The web gives a sign of life every two seconds while it can store what it hears."""
WEB_MAY_BE_AWAY_FOR = timedelta(hours=1)
"""Then its last sign is forgotten, and silence counts: it may serve without giving any."""
_WEB_SERVES = "web-serves"


@dataclass(frozen=True)
class Served:
    """From when until when the web gave its signs of life without a break."""

    since: datetime
    until: datetime

    def is_away(self, now: datetime) -> bool:
        """No sign of life for too long."""
        return now - self.until > WEB_IS_AWAY_AFTER


def note_web_serves(*, now: datetime) -> None:
    """A web process can take and store reports; nothing is noted while Redis is gone."""
    with suppress(RedisError):
        served = _cached()
        since = now if served is None or served.is_away(now) else min(served.since, now)
        cache.set(_WEB_SERVES, (since, now), timeout=WEB_MAY_BE_AWAY_FOR.total_seconds())


def signs_of_life() -> Served | None:
    """What Redis knows of the web; None where it gave no sign of life within the hour, or Redis is gone."""
    try:
        return _cached()
    except RedisError:
        return None


def _cached() -> Served | None:
    """Kept as two plain times, which every version of this code can read."""
    times = cache.get(_WEB_SERVES)
    return Served(*times) if times else None


def outage_gap() -> timedelta:
    """A gap in the sweep beyond this is an outage worth telling: four sweeps, and a minute at least."""
    return timedelta(seconds=max(60, 4 * settings.DGX_SWEEP_SECONDS))


def late_after() -> timedelta:
    """A gap in the sweep beyond this may be an outage: with the back-off that follows, half a minute is enough to make
    a device miss all the reports that it may."""
    return timedelta(seconds=2 * settings.DGX_SWEEP_SECONDS)


def note_outage(now: datetime, told: Served | None) -> SweepState:
    """Lock the sweep's own row and note in it that it runs, and what was our outage since it last ran; one event says
    so when the sweep did not run for `outage_gap()`. Call it within a transaction."""
    SweepState.objects.bulk_create([SweepState()], ignore_conflicts=True)
    state = SweepState.objects.select_for_update().get(pk=1)
    if not _is_behind_the_web(now, told.until if told else state.web_served_until):
        _forget_the_future(state, now)
    swept_at = state.swept_at
    was_ours = excuse(state, told, now)
    if swept_at and now - swept_at > outage_gap():
        _tell(swept_at, now, was_ours=was_ours)
    state.swept_at = max(now, swept_at) if swept_at else now
    state.save()
    return state


def excuse(state: SweepState, told: Served | None, now: datetime) -> bool:
    """Stop the deadlines in `state`, which is not saved, for as long as we were away since the last sweep, if we were;
    returns whether."""
    web = _known_of_web(state, told, now)
    late_from = state.swept_at if state.swept_at and now - state.swept_at > late_after() else None
    if web is None:
        # a sweep that is a little late again and again counts once, else the silent would never be found
        is_news = late_from and (now - late_from > outage_gap() or not _is_soon_after(state, late_from))
        start, end = (late_from, now) if is_news else (None, now)
    else:
        start, end = _web_away(web, state.web_served_until or late_from, now)
    state.web_served_until = web.until if web else None
    if web and late_from and web.is_away(now):
        state.web_served_until = web.until + (now - late_from)  # nothing ran: its hour did not pass
    if start:
        _stop_deadlines(state, start, end)
    return bool(start)


def _known_of_web(state: SweepState, told: Served | None, now: datetime) -> Served | None:
    """The later of what Redis tells and what the last sweep knew: a Redis that fell may have forgotten much or all.

    None where there never was a sign of life, or sweeps have met none for an hour; one from the future says nothing.
    """
    known = state.web_served_until
    if told and told.until - now > WEB_IS_AWAY_AFTER:
        told = None
    if known and (told is None or told.until < known):
        told = Served(known, known)
    return told if told and (state.swept_at or now) - told.until < WEB_MAY_BE_AWAY_FOR else None


def _web_away(web: Served, heard_until: datetime | None, now: datetime) -> tuple[datetime | None, datetime]:
    """From when until when no web served since devices were last known to be heard: one that is back since has left a
    break, however short the sweep's own gap was. Two breaks count as one; from None: there was none."""
    end = now if web.is_away(now) else web.since
    if heard_until and web.since - heard_until > WEB_IS_AWAY_AFTER:
        return heard_until, end
    if web.is_away(now):
        logger.warning("no sign of life of the web since %s: nobody counts as silent", web.until)
        return web.until, end
    return None, end


def _stop_deadlines(state: SweepState, start: datetime, end: datetime) -> None:
    """A breath between two outages makes one of them."""
    if state.outage_from and state.outage_until and _is_soon_after(state, start):
        start, end = min(state.outage_from, start), max(state.outage_until, end)
    state.outage_from, state.outage_until = start, end


def _is_soon_after(state: SweepState, start: datetime) -> bool:
    return bool(state.outage_until and start - state.outage_until < LONGEST_BACK_OFF)


def _tell(start: datetime, now: datetime, *, was_ours: bool) -> None:
    meanwhile = (
        "devices get that time on top before they count as silent, and up to a minute to come back."
        if was_ours
        else "devices were heard meanwhile."
    )
    FleetEvent.objects.create(
        at=now,
        kind=FleetEvent.Kind.OUTAGE,
        message=f"The sweep did not run from {start:%Y-%m-%d %H:%M:%S} to {now:%Y-%m-%d %H:%M:%S} UTC; {meanwhile}",
    )


def _is_behind_the_web(now: datetime, web_until: datetime | None) -> bool:
    """It is our clock alone that is wrong: by the web's, which dates reports, nothing lies in the future. (Where both
    were set back, the web notes so within two seconds, and the next sweep finds the future that it has to forget; where
    Redis does not tell, what the last sweep knew of the web has to do.)"""
    if web_until is None or web_until - now <= WEB_IS_AWAY_AFTER:
        return False
    logger.warning("by our clock it is %s, by the web's %s: the sweep may find nobody until they agree", now, web_until)
    return True


def _forget_the_future(state: SweepState, now: datetime) -> None:
    """Our clock was ahead and was set back: what was noted by it counts no longer."""
    if state.swept_at and state.swept_at - now > outage_gap():
        state.swept_at = now
        if state.outage_until and state.outage_until > now:
            state.outage_from = state.outage_until = None
        Presence.objects.filter(last_seen_at__gt=now).update(last_seen_at=now)
    if state.web_served_until and state.web_served_until - now > WEB_IS_AWAY_AFTER:
        state.web_served_until = None
