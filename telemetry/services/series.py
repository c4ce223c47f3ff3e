"""A device's temperatures over time, exact over all readings: the hourly roll-up and the logs not yet in it."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.utils import timezone

from telemetry.models import RollUpState

BUCKETS = ("day", "hour")

_SERIES = """
SELECT date_trunc(%(bucket)s, at, %(zone)s) AS bucket, sum(total) / sum(readings)
  FROM (SELECT hour AS at, value_sum AS total, value_count AS readings
          FROM telemetry_devicelog_hour
         WHERE device_id = %(device)s AND log_type = 'temperature' AND hour >= %(start)s AND value_count > 0
        UNION ALL
        SELECT logged_at, value, 1
          FROM telemetry_devicelog
         WHERE device_id = %(device)s AND log_type = 'temperature' AND logged_at >= %(start)s AND value IS NOT NULL
           AND (%(rolled)s::timestamptz IS NULL OR received_at >= %(rolled)s)) readings
 GROUP BY 1
 ORDER BY 1
"""


class Point(NamedTuple):
    """The mean of a bucket that has readings."""

    start: datetime
    mean: float


def temperature_series(device_id: int, *, bucket: str, days: int, now: datetime) -> list[Point]:
    """The mean temperature of each `day` or `hour` (in the project's timezone) of the last days, oldest first.

    It starts with a whole hour, as the roll-up cannot tell the minutes of an hour apart.
    """
    start = (now - timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
    rolled_until = RollUpState.objects.filter(pk=1).values_list("rolled_until", flat=True).first()
    params: dict[str, Any] = {
        "bucket": bucket,
        "zone": timezone.get_default_timezone_name(),
        "device": device_id,
        "start": start,
        "rolled": rolled_until,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SERIES, params)
        return [Point(*row) for row in cursor.fetchall()]
