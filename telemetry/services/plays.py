"""Proof of play: running totals as devices count them, stored by one statement, kept for as long as is set."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
    SELECT d.id, s.id AS shop_id, s.name AS shop_name
      FROM devices_device d LEFT JOIN locations_shop s ON s.id = d.shop_id
     WHERE d.id = %(device)s FOR KEY SHARE OF d
), told AS (
    SELECT sha256, hour, max(count) AS count, max(seconds) AS seconds
      FROM unnest(%(hashes)s::text[], %(hours)s::timestamptz[], %(counts)s::bigint[], %(seconds)s::float8[])
           AS t(sha256, hour, count, seconds)
     GROUP BY sha256, hour
), present AS (
    SELECT DISTINCT ON (sha256) sha256, id, name
      FROM media_library_video WHERE sha256 = ANY(%(hashes)s::text[]) ORDER BY sha256, binned_at IS NOT NULL, id
), known AS (  -- a file that was replaced or deleted plays on where nobody could tell: it is what it last was
    SELECT sha256, coalesce(present.id, former.video_id) AS id, coalesce(present.name, former.video_name) AS name
      FROM (SELECT DISTINCT sha256 FROM told) files LEFT JOIN present USING (sha256)
      LEFT JOIN LATERAL (
        SELECT p.video_id, p.video_name FROM telemetry_playhour p
         WHERE present.id IS NULL AND p.sha256 = files.sha256 ORDER BY p.hour DESC LIMIT 1) former ON true
)
INSERT INTO telemetry_playhour AS p
       (device_id, shop_id, shop_name, video_id, video_name, sha256, hour, count, seconds)
SELECT device.id, device.shop_id, coalesce(device.shop_name, ''), known.id, coalesce(known.name, ''),
       sha256, told.hour, told.count, told.seconds
  FROM device CROSS JOIN told JOIN known USING (sha256)
 ORDER BY told.hour, sha256
ON CONFLICT (device_id, hour, sha256) DO UPDATE SET
    video_id = coalesce(p.video_id, excluded.video_id),
    video_name = CASE WHEN p.video_id <> excluded.video_id THEN p.video_name
                      ELSE coalesce(nullif(excluded.video_name, ''), p.video_name) END,
    count = greatest(p.count, excluded.count),
    seconds = greatest(p.seconds, excluded.seconds)
 WHERE p.count < excluded.count OR p.seconds < excluded.seconds
"""


DELETED_AT_ONCE = 20_000
_FORGET = f"""
WITH old AS (
    SELECT id FROM telemetry_playhour
     WHERE hour >= %(since)s AND hour < %(before)s ORDER BY hour LIMIT {DELETED_AT_ONCE}
), gone AS (
    DELETE FROM telemetry_playhour p USING old WHERE p.id = old.id RETURNING p.hour
)
SELECT count(*), max(hour) FROM gone
"""  # noqa: S608 — a constant


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

    They are of the shop in which the device stands; an hour that is known already stays with the shop that it has.
    Where several videos have the same bytes, the oldest one that is not in the bin stands for them; where none has them
    any more, the one that had.
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
    """Delete what is past DGX_PLAY_RETENTION_DAYS, oldest first and some at a time, so that no statement and no
    transaction grows with the fleet; returns the number of rows."""
    before, since, deleted = oldest_kept(believed(now)), datetime.min.replace(tzinfo=UTC), 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_FORGET, {"before": before, "since": since})
            number, latest = cursor.fetchone()
        deleted += int(number)
        if number < DELETED_AT_ONCE:
            return deleted
        since = latest


def oldest_kept(now: datetime) -> datetime:
    """The first hour that is kept."""
    return now - timedelta(days=settings.DGX_PLAY_RETENTION_DAYS)
