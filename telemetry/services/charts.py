"""What a device reported, hour by hour of a week and day by day of a month, for its charts."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db import connection

HOURS, DAYS = timedelta(days=7), timedelta(days=30)
TEMPERATURE = "temperature"

_ROWS = """
WITH rolled AS (SELECT max(rolled_until) AS until FROM telemetry_rollupstate),
counted AS (
    SELECT hour AS at, log_type, count, value_count, value_min, value_max, value_sum
      FROM telemetry_devicelog_hour
     WHERE device_id = %(device)s AND hour >= %(start)s AND hour <= %(now)s
    UNION ALL
    SELECT logged_at, log_type, 1, (value IS NOT NULL)::int, value, value, value
      FROM telemetry_devicelog
     WHERE device_id = %(device)s AND logged_at >= greatest(%(start)s, %(recent)s) AND logged_at <= %(now)s
       AND received_at >= coalesce((SELECT until FROM rolled), '-infinity'))
SELECT bucket.size, date_trunc(bucket.size, at, %(zone)s), log_type,
       sum(count), sum(value_count), min(value_min), max(value_max), sum(value_sum)
  FROM counted
  JOIN (VALUES ('hour', %(hours)s::timestamptz), ('day', %(start)s)) AS bucket (size, since) ON at >= bucket.since
 GROUP BY 1, 2, 3
 ORDER BY 2
"""
_NOT_ROLLED_UP_FOR = timedelta(hours=6)
"""Logs of that age that the hourly roll-up does not know yet are not looked for: they came late, and it will."""


class Bucket(NamedTuple):
    """The logs of one type in an hour or a day; the values are None where none had one."""

    start: datetime
    log_type: str
    number: int
    mean: float | None
    low: float | None
    high: float | None


class Reported(NamedTuple):
    """Oldest first; an hour or a day without logs is not in it."""

    hours: list[Bucket]
    days: list[Bucket]


def reported(device_id: int, *, zone: ZoneInfo, now: datetime) -> Reported:
    """The logs of the last 7 days by the hour and of the last 30 by the day on that clock: the hourly roll-up, and the
    logs of the last hours that are not in it yet. One statement."""
    params: dict[str, Any] = {
        "device": device_id,
        "zone": zone.key,
        "now": now,
        "start": _midnight(now - DAYS, zone),
        "hours": (now - HOURS).replace(minute=0, second=0, microsecond=0),
        "recent": now - _NOT_ROLLED_UP_FOR,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, params)
        rows = cursor.fetchall()
    return Reported(list(_buckets(rows, "hour")), list(_buckets(rows, "day")))


def _buckets(rows: list[tuple[Any, ...]], size: str) -> Iterable[Bucket]:
    for found, start, log_type, number, values, low, high, total in rows:
        if found == size:
            mean = total / int(values) if values and total is not None else None
            yield Bucket(start, log_type, int(number), mean, low, high)


def _midnight(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
