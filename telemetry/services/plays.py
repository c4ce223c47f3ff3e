"""Proof of play: running totals as devices count them, stored by one statement, kept for as long as is set."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from dgx.core.clock import believed

CLOCK_AHEAD = timedelta(minutes=5)
"""How far ahead of ours a device's clock may be when its hour begins."""
COUNT_MAX = 1_000_000
SECONDS_MAX = 90_000
"""An hour's total may hold a whole film of a day (`Video.duration_s`) that began in it."""

_STORE = """
WITH device AS (
    SELECT id FROM devices_device WHERE id = %(device)s FOR KEY SHARE
), told AS (
    SELECT sha256, hour, max(count) AS count, max(seconds) AS seconds
      FROM unnest(%(hashes)s::text[], %(hours)s::timestamptz[], %(counts)s::bigint[], %(seconds)s::float8[])
           AS t(sha256, hour, count, seconds)
     GROUP BY sha256, hour
), known AS (
    SELECT DISTINCT ON (sha256) sha256, id, name
      FROM media_library_video WHERE sha256 = ANY(%(hashes)s::text[]) ORDER BY sha256, id
)
INSERT INTO telemetry_playhour AS p (device_id, video_id, video_name, sha256, hour, count, seconds)
SELECT device.id, known.id, coalesce(known.name, ''), told.sha256, told.hour, told.count, told.seconds
  FROM device CROSS JOIN told LEFT JOIN known USING (sha256)
 ORDER BY told.hour, told.sha256
ON CONFLICT (device_id, hour, sha256) DO UPDATE SET
    video_id = coalesce(p.video_id, excluded.video_id),
    video_name = coalesce(nullif(excluded.video_name, ''), p.video_name),
    count = greatest(p.count, excluded.count),
    seconds = greatest(p.seconds, excluded.seconds)
 WHERE p.count < excluded.count OR p.seconds < excluded.seconds
"""


@dataclass(frozen=True, slots=True)
class PlayTotal:
    """What a device counted of one file in one hour so far: `hour` is a full one, in UTC."""

    sha256: str
    hour: datetime
    count: int
    seconds: float


def why_not_kept(hour: datetime, *, now: datetime) -> str | None:
    """Why plays of that hour are refused, in words; None where they are kept."""
    if hour > now + CLOCK_AHEAD:
        return "hour: lies in the future"
    if hour < oldest_kept(now):
        return f"hour: is older than the {settings.DGX_PLAY_RETENTION_DAYS} days that plays are kept"
    return None


def store_plays(device_id: int, totals: Sequence[PlayTotal]) -> None:
    """Store checked totals (`why_not_kept`), each the greater of what is known and what is told: once or ten times, and
    in any order, comes to the same. Nothing happens for a device that was deleted meanwhile.

    Where several videos have the same bytes, the oldest one stands for them.
    """
    if not totals:
        return
    params: dict[str, Any] = {
        "device": device_id,
        "hashes": [total.sha256 for total in totals],
        "hours": [total.hour for total in totals],
        "counts": [total.count for total in totals],
        "seconds": [float(total.seconds) for total in totals],
    }
    with connection.cursor() as cursor:
        cursor.execute(_STORE, params)


def delete_old_plays(*, now: datetime) -> int:
    """Delete what is past DGX_PLAY_RETENTION_DAYS; returns the number of rows."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM telemetry_playhour WHERE hour < %s", [oldest_kept(believed(now))])
        return int(cursor.rowcount)


def oldest_kept(now: datetime) -> datetime:
    """The first hour that is kept."""
    return now - timedelta(days=settings.DGX_PLAY_RETENTION_DAYS)
