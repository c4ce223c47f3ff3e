"""The hourly roll-up: logs that arrived since the last run are added to their hours, each exactly once."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from telemetry.models import RollUpState

SETTLE = timedelta(minutes=2)
"""Only logs older than this by arrival are rolled up: a report's statement never takes as long, so none commits later
with an earlier `received_at`."""

_ROLL_UP = """
INSERT INTO telemetry_devicelog_hour AS h
       (device_id, log_type, hour, count, value_count, value_min, value_max, value_sum)
SELECT device_id, log_type, date_trunc('hour', logged_at, 'UTC'), count(*), count(value), min(value), max(value),
       sum(value)
  FROM telemetry_devicelog
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


@transaction.atomic
def roll_up(*, now: datetime) -> int:
    """Roll up what has arrived and settled; returns the number of hour rows written. Two at once take turns."""
    RollUpState.objects.bulk_create([RollUpState()], ignore_conflicts=True)
    state = RollUpState.objects.select_for_update().get(pk=1)
    until = now - SETTLE
    if state.rolled_until and state.rolled_until >= until:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_ROLL_UP, {"since": state.rolled_until, "until": until})
        written = int(cursor.rowcount)
    state.rolled_until = until
    state.save()
    return written
