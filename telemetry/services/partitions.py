"""The daily partitions of the device logs: made ahead, dropped when their day is past keeping."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction

logger = logging.getLogger(__name__)

TABLE = "telemetry_devicelog"
DEFAULT_PARTITION = f"{TABLE}_default"
DAYS_AHEAD = 7
_NAME = re.compile(rf"^{TABLE}_(\d{{8}})$")


@dataclass(frozen=True)
class Kept:
    """What keeping the partitions did."""

    made: list[str]
    dropped: list[str]
    in_default: int


def keep_partitions(*, now: datetime) -> Kept:
    """Make the partitions from the oldest kept day to 7 days ahead, drop those past retention, and warn when the
    default partition, which should stay empty, holds rows."""
    today = now.date()
    oldest = today - timedelta(days=settings.DGX_LOG_RETENTION_DAYS)
    existing = partition_days()
    wanted = [oldest + timedelta(days=n) for n in range((today - oldest).days + DAYS_AHEAD + 1)]
    made = [name for day in wanted if day not in existing and (name := _patiently(make_partition, day))]
    dropped = [name for day in sorted(existing) if day < oldest and (name := _patiently(_drop, day))]
    in_default = rows_in_default()
    if in_default:
        logger.warning("the default partition of the device logs holds %d rows; it should be empty", in_default)
    return Kept(made, dropped, in_default)


def _patiently(verb: Callable[[date], str], day: date) -> str | None:
    """Run the verb, or give up after 3 s and leave it to the next run: a change that waits for an export's lock would
    make every report wait behind it."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '3s'")
            return verb(day)
    except OperationalError as error:
        logger.warning("the log partition of %s has to wait: %s", day, error)
        return None


def partition_days() -> set[date]:
    """The days that have a partition."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [TABLE])
        names = [row[0] for row in cursor.fetchall()]
    found = (_NAME.match(name) for name in names)
    return {datetime.strptime(match[1], "%Y%m%d").date() for match in found if match}  # noqa: DTZ007 — a day


def make_partition(day: date) -> str:
    """Make one day's partition, midnight to midnight UTC; rows of that day that lie in the default move into it."""
    name = f"{TABLE}_{day:%Y%m%d}"
    bounds = {"start": f"{day.isoformat()} 00:00+00", "end": f"{(day + timedelta(days=1)).isoformat()} 00:00+00"}
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {name} (LIKE {TABLE} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        cursor.execute(
            f"WITH moved AS (DELETE FROM {DEFAULT_PARTITION} "  # noqa: S608 — names are ours, made of a date
            "WHERE logged_at >= %(start)s::timestamptz AND logged_at < %(end)s::timestamptz RETURNING *) "
            f"INSERT INTO {name} SELECT * FROM moved",
            bounds,
        )
        cursor.execute(
            f"ALTER TABLE {TABLE} ATTACH PARTITION {name} FOR VALUES FROM ('{bounds['start']}') TO ('{bounds['end']}')"
        )
    return name


def rows_in_default() -> int:
    """Rows in the default partition; it should have none."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {DEFAULT_PARTITION}")  # noqa: S608 — a constant
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _drop(day: date) -> str:
    name = f"{TABLE}_{day:%Y%m%d}"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {name}")
    return name
