"""How the fleet is, kept every ten minutes for the charts: for each shop and for the whole fleet, by one statement.

The first run on a fleet that has a history of flips writes the month before from them; temperatures have no such past.
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

# How many were online at the end of a bucket is how many are now, less what turned since.
_RECALL = """
WITH fleet AS (
    SELECT grouping(d.shop_id) AS whole, d.shop_id, count(*) AS devices, count(*) FILTER (WHERE p.is_online) AS online
      FROM devices_device d JOIN devices_presence p ON p.device_id = d.id
     WHERE d.state <> 'retired'
     GROUP BY GROUPING SETS ((), (d.shop_id))
), buckets AS (
    SELECT generate_series(date_trunc('hour', %(start)s::timestamptz), %(fine)s::timestamptz, interval '1 hour') AS at
    UNION
    SELECT generate_series(date_trunc('hour', %(fine)s::timestamptz), %(at)s::timestamptz, interval '10 minutes')
), known AS (
    SELECT at FROM buckets WHERE at >= (SELECT min(at) FROM devices_presenceflip)
), turns AS (
    SELECT grouping(d.shop_id) AS whole, d.shop_id,
           date_bin('10 minutes', f.at, timestamptz 'epoch') + interval '10 minutes' AS at,
           sum(CASE WHEN f.is_online THEN 1 ELSE -1 END) AS turned
      FROM devices_presenceflip f JOIN devices_device d ON d.id = f.device_id
     WHERE f.at > %(start)s AND d.state <> 'retired'
     GROUP BY GROUPING SETS ((date_bin('10 minutes', f.at, timestamptz 'epoch')),
                             (d.shop_id, date_bin('10 minutes', f.at, timestamptz 'epoch')))
), line AS (
    SELECT whole, shop_id, at, -turned AS turned, false AS wanted FROM turns
    UNION ALL
    SELECT fleet.whole, fleet.shop_id, known.at, 0, true FROM fleet, known
), told AS (
    SELECT whole, shop_id, at, wanted,
           sum(turned) OVER (later RANGE UNBOUNDED PRECEDING EXCLUDE GROUP) AS back
      FROM line WINDOW later AS (PARTITION BY whole, shop_id ORDER BY at DESC)
)
INSERT INTO devices_fleetsample (at, shop_id, devices, online)
SELECT told.at, told.shop_id, fleet.devices,
       least(fleet.devices, greatest(0, fleet.online + coalesce(told.back, 0)))
  FROM told JOIN fleet ON fleet.whole = told.whole AND fleet.shop_id IS NOT DISTINCT FROM told.shop_id
 WHERE told.wanted AND told.at < %(at)s AND (fleet.whole = 1 OR fleet.shop_id IS NOT NULL)
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
