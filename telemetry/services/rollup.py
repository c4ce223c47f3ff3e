"""The hourly roll-up: logs that arrived since the last run are added to their hours, each exactly once."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from telemetry.models import RollUpState

SETTLE = timedelta(minutes=2)
"""A report is stored within this time of its `received_at`, or its transaction is still to be seen in the database."""

_ADD = """
INSERT INTO telemetry_devicelog_hour AS h
       (device_id, log_type, hour, count, value_count, value_min, value_max, value_sum)
SELECT device_id, log_type, date_trunc('hour', logged_at, 'UTC'), count(*), count(value), min(value), max(value),
       sum(value)
  FROM {table}
 WHERE received_at < %(until)s AND (%(since)s::timestamptz IS NULL OR received_at >= %(since)s)
 GROUP BY 1, 2, 3
 ORDER BY 1, 2, 3
ON CONFLICT (device_id, log_type, hour) DO UPDATE SET
    count = h.count + excluded.count,
    value_count = h.value_count + excluded.value_count,
    value_min = least(h.value_min, excluded.value_min),
    value_max = greatest(h.value_max, excluded.value_max),
    value_sum = coalesce(h.value_sum + excluded.value_sum, h.value_sum, excluded.value_sum)
"""

_OLDEST_WRITER = """
SELECT min(xact_start) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
   AND (backend_xid IS NOT NULL OR wait_event_type = 'Lock')
"""


@transaction.atomic
def roll_up(*, now: datetime) -> int:
    """Roll up what has arrived and settled; returns the number of hour rows written. Two at once take turns."""
    state = locked_state()
    until = _settled_until(now)
    if state.rolled_until and state.rolled_until >= until:
        return 0
    written = _add("telemetry_devicelog", since=state.rolled_until, until=until)
    state.rolled_until = until
    state.save(update_fields=["rolled_until"])
    return written


def locked_state() -> RollUpState:
    """The state's row, locked: no roll-up runs until the caller's transaction ends."""
    RollUpState.objects.bulk_create([RollUpState()], ignore_conflicts=True)
    return RollUpState.objects.select_for_update().get(pk=1)


@transaction.atomic
def add_backdated(table: str) -> int:
    """Add rows whose `received_at` lies before what is rolled up already; the next roll-up takes the others.

    `table` has the logs' columns and holds what the caller inserts in the same transaction.
    """
    state = locked_state()
    return _add(table, since=None, until=state.rolled_until) if state.rolled_until else 0


def _settled_until(now: datetime) -> datetime:
    """Every log that arrived before this is visible: a transaction that still writes holds the roll-up back."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST_WRITER)
        row = cursor.fetchone()
    oldest: datetime | None = row[0] if row else None
    return (min(now, oldest) if oldest else now) - SETTLE


def _add(table: str, *, since: datetime | None, until: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_ADD.format(table=table), {"since": since, "until": until})
        return int(cursor.rowcount)
