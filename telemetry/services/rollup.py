"""The hourly roll-up: logs that arrived since the last run are added to their hours, each exactly once."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from telemetry.models import DeviceLog, RollUpState

logger = logging.getLogger(__name__)

TABLE = DeviceLog._meta.db_table
SETTLE = timedelta(minutes=2)
"""A report is stored within this time of its `received_at`, or its transaction is still to be seen in the database."""

_HOURS_OF = """
INSERT INTO telemetry_devicelog_hour AS h
       (device_id, log_type, hour, count, value_count, value_min, value_max, value_sum)
SELECT device_id, log_type, date_trunc('hour', logged_at, 'UTC'), count(*), count(value), min(value), max(value),
       sum(value)
  FROM {table}
 WHERE received_at < %(until)s AND (%(since)s::timestamptz IS NULL OR received_at >= %(since)s)
 GROUP BY 1, 2, 3
 ORDER BY 1, 2, 3
ON CONFLICT (device_id, log_type, hour) DO UPDATE SET
"""

_ADD = f"""{_HOURS_OF}
    count = h.count + excluded.count,
    value_count = h.value_count + excluded.value_count,
    value_min = least(h.value_min, excluded.value_min),
    value_max = greatest(h.value_max, excluded.value_max),
    value_sum = coalesce(h.value_sum + excluded.value_sum, h.value_sum, excluded.value_sum)
"""

_REPLACE = f"""{_HOURS_OF}
    count = excluded.count,
    value_count = excluded.value_count,
    value_min = excluded.value_min,
    value_max = excluded.value_max,
    value_sum = excluded.value_sum
"""

_MISDATED = """
SELECT device_id, log_type, date_trunc('hour', logged_at, 'UTC') AS hour
  FROM telemetry_devicelog WHERE id > %(seen)s AND received_at < %(rolled)s
UNION
SELECT device_id, log_type, date_trunc('hour', logged_at, 'UTC')
  FROM telemetry_devicelog WHERE received_at >= %(until)s AND received_at < %(rolled)s
"""
"""The hours of logs that are dated before the last roll-up and came after it, and of those that it counted, dated after
this one. Both say that a clock was set back. One query for each index."""

_FORGET = f"""
DELETE FROM telemetry_devicelog_hour h USING ({_MISDATED}) m
 WHERE h.device_id = m.device_id AND h.log_type = m.log_type AND h.hour = m.hour
"""  # noqa: S608 — constants

_OF_MISDATED = f"""
(SELECT l.* FROM ({_MISDATED}) m JOIN telemetry_devicelog l
     ON l.device_id = m.device_id AND l.log_type = m.log_type
    AND l.logged_at >= m.hour AND l.logged_at < m.hour + interval '1 hour') logs
"""  # noqa: S608 — constants

_CLOCK_AND_OLDEST_WRITER = """
SELECT least(%(now)s, statement_timestamp()), min(xact_start) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
   AND (backend_xid IS NOT NULL OR wait_event_type = 'Lock')
"""


@transaction.atomic
def roll_up(*, now: datetime) -> int:
    """Roll up what has arrived and settled; returns the number of hour rows written. Two at once take turns.

    1. Where a clock was set back since the last run, count the hours of what that dated wrongly anew.
    2. Add what arrived since.
    """
    state = locked_state()
    newest, rolled = _newest_id(), state.rolled_until
    until = _settled_until(now, rolled)
    written = _count_anew(state, until) if rolled else 0
    if rolled is None or rolled < until:
        written += _run(_ADD.format(table=TABLE), {"since": rolled, "until": until})
    state.rolled_until, state.seen_id = until, newest
    state.save(update_fields=["rolled_until", "seen_id"])
    return written


def locked_state() -> RollUpState:
    """The state's row, locked: no roll-up runs until the caller's transaction ends."""
    RollUpState.objects.bulk_create([RollUpState()], ignore_conflicts=True)
    return RollUpState.objects.select_for_update().get(pk=1)


@transaction.atomic
def add_backdated(table: str) -> int:
    """Add rows whose `received_at` lies before what is rolled up already; the next roll-up takes the others.

    `table` has the logs' columns and holds what the caller has inserted in the same transaction.
    """
    state = locked_state()
    note_counted(state)
    if state.rolled_until is None:
        return 0
    return _run(_ADD.format(table=table), {"since": None, "until": state.rolled_until})


def note_counted(state: RollUpState) -> None:
    """What is stored by now and dated before the last roll-up is in the hours: the caller wrote both."""
    state.seen_id = _newest_id()
    state.save(update_fields=["seen_id"])


def _settled_until(now: datetime, rolled: datetime | None) -> datetime:
    """Every log that arrived before this is visible: a transaction that still writes holds the roll-up where it is,
    and a process whose clock is ahead of the database's does not hurry it. It goes back only where the clock did."""
    with connection.cursor() as cursor:
        cursor.execute(_CLOCK_AND_OLDEST_WRITER, {"now": now})
        clock, oldest = cursor.fetchone()
    until: datetime = (min(clock, oldest) if oldest else clock) - SETTLE
    return max(until, rolled) if rolled and rolled <= clock else until


def _newest_id() -> int:
    """The highest id that any log was given so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM telemetry_devicelog_id_seq")
        return int(cursor.fetchone()[0])


def _count_anew(state: RollUpState, until: datetime) -> int:
    """Make the hours of misdated logs anew, of all logs in them that are dated before both roll-ups. Mostly there are
    none; and an hour that is made anew without need comes out the same, since it is counted from its logs."""
    seen = _newest_id() if state.seen_id is None else state.seen_id
    params = {"seen": seen, "rolled": state.rolled_until, "until": until}
    if not _has_rows(_MISDATED, params):
        return 0
    logger.warning("a clock was set back: hours of logs that came after %s are counted anew", state.rolled_until)
    _run(_FORGET, params)
    counted = {"since": None, "until": min(state.rolled_until or until, until)}  # in both cases of _MISDATED
    return _run(_REPLACE.format(table=_OF_MISDATED), params | counted)


def _has_rows(query: str, params: dict[str, Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS ({query})", params)
        return bool(cursor.fetchone()[0])


def _run(statement: str, params: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.rowcount)
