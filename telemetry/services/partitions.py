"""The daily partitions of the device logs: made ahead, dropped when their day is past keeping."""

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction

from dgx.core.clock import believed

logger = logging.getLogger(__name__)

TABLE = "telemetry_devicelog"
DEFAULT_PARTITION = f"{TABLE}_default"
DAYS_AHEAD = 7
LOCK_TIMEOUT_MS = 500
"""How long a change of partitions waits for an export's lock, and reports behind it; then the next run tries again."""
_ADVISORY_LOCK = 7_410_301
_NAME = re.compile(rf"^{TABLE}_(\d{{8}})$")


@dataclass(frozen=True)
class Kept:
    """What keeping the partitions did. `waiting`: a lock was in the way, and the next run has to try again."""

    made: list[str]
    dropped: list[str]
    waiting: bool
    in_default: int


def keep_partitions(*, now: datetime) -> Kept:
    """Make the partitions from the oldest kept day to 7 days ahead, drop those past retention, and warn when the
    default partition, which should stay empty, holds rows.

    A partition too many is harmless, so they are made by the clock; they are dropped by what is believed of it.
    """
    kept = settings.DGX_LOG_RETENTION_DAYS
    existing = partition_days()
    wanted = [now.date() + timedelta(days=n) for n in range(-kept, DAYS_AHEAD + 1)]
    missing = [day for day in wanted if day not in existing]
    oldest = believed(now).date() - timedelta(days=kept)
    outdated = [day for day in sorted(existing) if day < oldest]
    made, some_wait = _patiently(make_partition, missing, existing=False)
    dropped, more_wait = _patiently(_drop, outdated, existing=True)
    _delete_from_default(before=oldest)
    in_default = rows_in_default()
    if in_default:
        logger.warning("the default partition of the device logs holds %d rows; it should be empty", in_default)
    return Kept(made, dropped, some_wait or more_wait, in_default)


def partition_days() -> set[date]:
    """The days that have a partition."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = %s::regclass", [TABLE]
        )
        names = [row[0] for row in cursor.fetchall()]
    found = (_NAME.match(name) for name in names)
    return {datetime.strptime(match[1], "%Y%m%d").date() for match in found if match}  # noqa: DTZ007 — a day


def make_partition(day: date) -> str:
    """Make one day's partition, midnight to midnight UTC; rows of that day in the default partition move into it."""
    name = f"{TABLE}_{day:%Y%m%d}"
    bounds = {"start": f"{day.isoformat()} 00:00+00", "end": f"{(day + timedelta(days=1)).isoformat()} 00:00+00"}
    with transaction.atomic(), connection.cursor() as cursor:
        # attaching takes this lock anyway; taken first, no row of the day slips into the default on the way
        cursor.execute(f"LOCK TABLE {DEFAULT_PARTITION} IN ACCESS EXCLUSIVE MODE")
        cursor.execute(f"CREATE TABLE {name} (LIKE {TABLE} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
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


def _patiently(verb: Callable[[date], str], days: Iterable[date], *, existing: bool) -> tuple[list[str], bool]:
    """Run the verb for each day whose partition is (not) `existing`; stop at the first whose lock does not come.

    A change that waits for an export's lock makes reports wait behind it, so it waits briefly, and once a run.
    Returns what was done, and whether something has to wait for the next run.
    """
    done: list[str] = []
    for day in days:
        try:
            with transaction.atomic():
                if _begin(day) is existing:
                    done.append(verb(day))
        except OperationalError as error:
            logger.warning("the log partition of %s has to wait: %s", day, error)
            return done, True
    return done, False


def _begin(day: date) -> bool:
    """Bound the wait for locks, take turns with other runs, and say whether the day has a partition now."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
    return day in partition_days()


def _drop(day: date) -> str:
    name = f"{TABLE}_{day:%Y%m%d}"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {name}")
    return name


def _delete_from_default(*, before: date) -> None:
    """Rows in the default partition grow old as well."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {DEFAULT_PARTITION} WHERE logged_at < %s::timestamptz",  # noqa: S608 — a constant
            [f"{before.isoformat()} 00:00+00"],
        )
