"""How the fleet is, kept every ten minutes for the charts: for each shop and for the whole fleet, by one statement.

The first run on a fleet that has a history of flips writes the whole fleet's month before from them; shops and
temperatures have no such past.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from devices.models import FleetSample

EVERY = timedelta(minutes=10)
FINE_FOR = timedelta(hours=26)
"""So long all samples are kept, after that those of full hours."""
KEPT_FOR = timedelta(days=31)
MEASURED_WITHIN = timedelta(hours=1)
"""An older temperature is no news and not counted."""

_TAKE = """
INSERT INTO devices_fleetsample (at, shop_id, devices, online, measured, temperature_mean, temperature_max)
SELECT %(at)s, d.shop_id, count(*), count(*) FILTER (WHERE p.is_online),
       count(*) FILTER (WHERE p.temperature_at > %(measured_after)s),
       avg(p.temperature) FILTER (WHERE p.temperature_at > %(measured_after)s),
       max(p.temperature) FILTER (WHERE p.temperature_at > %(measured_after)s)
  FROM devices_device d JOIN devices_presence p ON p.device_id = d.id
 WHERE d.state <> 'retired'
 GROUP BY GROUPING SETS ((), (d.shop_id))
HAVING grouping(d.shop_id) = 1 OR d.shop_id IS NOT NULL
ON CONFLICT DO NOTHING
"""

# How many were online at an instant is how many are now, less what turned since.
_RECALL = """
WITH fleet AS (
    SELECT count(*) AS devices, count(*) FILTER (WHERE p.is_online) AS online
      FROM devices_device d JOIN devices_presence p ON p.device_id = d.id
     WHERE d.state <> 'retired'
), buckets AS (
    SELECT generate_series(date_trunc('hour', %(start)s::timestamptz), %(fine)s::timestamptz, interval '1 hour') AS at
    UNION
    SELECT generate_series(date_trunc('hour', %(fine)s::timestamptz), %(at)s::timestamptz, interval '10 minutes')
), turns AS (
    SELECT date_bin('10 minutes', f.at, timestamptz 'epoch') + interval '10 minutes' AS at,
           sum(CASE WHEN f.is_online THEN 1 ELSE -1 END) AS turned
      FROM devices_presenceflip f JOIN devices_device d ON d.id = f.device_id
     WHERE f.at > %(start)s AND d.state <> 'retired'
     GROUP BY 1
)
INSERT INTO devices_fleetsample (at, devices, online)
SELECT buckets.at, fleet.devices,
       least(fleet.devices, greatest(0, fleet.online - coalesce(sum(turns.turned), 0)))
  FROM fleet CROSS JOIN buckets LEFT JOIN turns ON turns.at > buckets.at
 WHERE buckets.at < %(at)s AND buckets.at >= (SELECT min(at) FROM devices_presenceflip)
 GROUP BY buckets.at, fleet.devices, fleet.online
ON CONFLICT DO NOTHING
"""

_THIN = """
DELETE FROM devices_fleetsample
 WHERE at < %(gone)s OR (at < %(fine)s AND extract(minute FROM at) <> 0)
"""


@transaction.atomic
def take_sample(*, now: datetime) -> int:
    """Keep how the fleet is in these ten minutes, once, however often it is called, and drop what is too old. Returns
    how many rows it wrote: one for the fleet and one for each shop that has devices."""
    at = start_of_bucket(now)
    params = {
        "at": at,
        "measured_after": now - MEASURED_WITHIN,
        "start": now - KEPT_FOR + timedelta(days=1),
        "fine": now - FINE_FOR,
        "gone": now - KEPT_FOR,
    }
    is_first = not FleetSample.objects.exists()
    written = _run(_TAKE, params)
    if is_first:
        _run(_RECALL, params)
    _run(_THIN, params)
    return written


def start_of_bucket(now: datetime) -> datetime:
    """The start of the ten minutes that it is."""
    return now.replace(minute=now.minute // 10 * 10, second=0, microsecond=0)


def _run(statement: str, params: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return int(cursor.rowcount)
