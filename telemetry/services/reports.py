"""A report: everything that one call of a device has to say, stored by one statement.

The statement finds the device, locks its presence row, decides whether the report is new, writes presence, flip and
logs, and commits all or nothing. A report that arrives after a later one of its boot, or of an earlier boot, adds its
logs and door openings and leaves the rest as the later one said. The poll and the old routes go through it; the
importer, which brings history and no reports, does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.conf import settings
from django.db import connection

from devices.models import Device
from devices.services import identity
from devices.services.identity import Caller
from dgx.core.prepared import Statement, array

COUNT_MAX = 2**31 - 1
SEQ_WINDOW = 63
"""How far a report may lag behind the newest of its boot and still be told from a repeat: the bits of `seq_mask`."""
CLONED_INTERLEAVES = 5
"""Two boots that go on in turns, so often, are two devices with one token. After a restart one report of the boot
before may still be under way, which makes a single turn; the third time that it goes on, it never ended."""
CLOCK_TOLERANCE = timedelta(days=1)
"""A log dated further ahead than this has a broken clock's date and is kept under the time of its arrival."""


@dataclass(frozen=True)
class LogEntry:
    """One log line of a report, already checked."""

    log_type: str
    logged_at: datetime
    value: float | None = None
    message: str | None = None
    tags: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """What a device says; None leaves as it is. `heartbeat` None says nothing of being online or of what follows.

    `batch` is (boot_id, seq): a report with a known one is not stored again.
    """

    heartbeat: bool | None = True
    batch: tuple[str, int] | None = None
    temperature: float | None = None
    door_openings: int = 0
    daily_count: int | None = None
    monthly_count: int | None = None
    held_tag: str | None = None
    missing: int | None = None
    playing: str | None = None
    storage_free: int | None = None
    clock_offset_s: float | None = None
    logs: Sequence[LogEntry] = ()

    @property
    def counts(self) -> bool:
        """It touches the counters, which first start anew where a day or month has begun."""
        return bool(self.door_openings) or self.daily_count is not None or self.monthly_count is not None


@dataclass(frozen=True)
class Stored:
    """How a report was taken, and whose it is. `fresh` False: it was a repeat, and nothing of it was stored again.
    `newest` False: a later report of the device came before it."""

    fresh: bool
    too_old: bool
    daily_count: int
    monthly_count: int
    newest: bool
    caller: Caller


class By(Enum):
    """How a report says whose it is."""

    TOKEN = identity.BY_TOKEN
    """By its token's hash."""
    MOBILE_ID = identity.BY_MOBILE_ID
    """By the name on it, as the old routes have it."""


_REPORT = f"""
WITH caller AS ({{whose}}
), old AS (
    SELECT p.*, c.interval_s * c.missed_reports AS silence_s,
           CASE WHEN %(boot)s::text IS NULL THEN 0
                WHEN %(boot)s = boot_id AND boot_id <> '' THEN 1
                WHEN %(boot)s = last_boot_id AND last_boot_id <> '' THEN 2
                ELSE 3 END AS boot_case
      FROM caller c JOIN devices_presence p ON p.device_id = c.device_id
     WHERE c.may_report FOR NO KEY UPDATE OF p
), aged AS (
    SELECT *,
           CASE boot_case WHEN 1 THEN seq - %(seq)s WHEN 2 THEN last_boot_seq - %(seq)s ELSE -1 END AS lag,
           CASE boot_case WHEN 1 THEN seq_mask WHEN 2 THEN last_boot_mask ELSE 0 END AS mask
      FROM old
), judged AS (
    SELECT *,
           lag >= {SEQ_WINDOW} AS too_old,
           lag < 0 OR (lag < {SEQ_WINDOW} AND (mask >> least(greatest(lag, 0), 62)::int) & 1 = 0) AS fresh,
           -- the second new report in a row of the boot before: that one lives, and a lost boot had come in late
           boot_case IN (0, 3) OR (lag < 0 AND (boot_case = 1 OR (boot_case = 2 AND interleaves % 2 = 1))) AS newest,
           CASE WHEN boot_case = 3 THEN 0  -- odd: the boot before the last went on last, even: the last boot did
                WHEN lag < 0 AND (boot_case = 2) = (interleaves % 2 = 0) AND boot_case IN (1, 2)
                THEN interleaves + 1
                ELSE interleaves END AS turns,
           CASE WHEN lag >= 0 THEN mask | (1::bigint << least(lag, 62)::int)
                WHEN lag > -{SEQ_WINDOW} THEN ((mask << (-lag)::int) & {2**SEQ_WINDOW - 1}) | 1
                ELSE 1 END AS new_mask
      FROM aged
), written AS (
    UPDATE devices_presence p SET
        last_seen_at = CASE WHEN %(heartbeat)s::boolean IS NULL THEN j.last_seen_at
                            ELSE greatest(j.last_seen_at, %(now)s::timestamptz) END,
        is_online = coalesce(%(heartbeat)s::boolean, j.is_online),
        since = CASE WHEN %(heartbeat)s::boolean <> j.is_online THEN greatest(j.since, %(now)s) ELSE j.since END,
        silent_after_s = CASE WHEN %(heartbeat)s::boolean IS NULL THEN j.silent_after_s ELSE j.silence_s END,
        temperature = CASE WHEN j.newest THEN coalesce(%(temperature)s::float8, j.temperature) ELSE j.temperature END,
        temperature_at = CASE WHEN j.newest AND %(temperature)s::float8 IS NOT NULL THEN %(now)s
                              ELSE j.temperature_at END,
        daily_count = CASE WHEN NOT (j.fresh AND %(counts)s) THEN j.daily_count
                           ELSE least({COUNT_MAX}, coalesce(%(daily)s::bigint,
                                CASE WHEN j.last_daily_reset >= %(today)s::date THEN j.daily_count ELSE 0 END
                                + %(doors)s::bigint)) END,
        monthly_count = CASE WHEN NOT (j.fresh AND %(counts)s) THEN j.monthly_count
                             ELSE least({COUNT_MAX}, coalesce(%(monthly)s::bigint,
                                  CASE WHEN j.last_monthly_reset >= %(month)s::date THEN j.monthly_count ELSE 0 END
                                  + %(doors)s::bigint)) END,
        last_daily_reset = CASE WHEN j.fresh AND %(counts)s THEN greatest(j.last_daily_reset, %(today)s::date)
                                ELSE j.last_daily_reset END,
        last_monthly_reset = CASE WHEN j.fresh AND %(counts)s THEN greatest(j.last_monthly_reset, %(month)s::date)
                                  ELSE j.last_monthly_reset END,
        held_tag = CASE WHEN j.newest THEN coalesce(%(held_tag)s, j.held_tag) ELSE j.held_tag END,
        held_at = CASE WHEN j.newest AND %(held_tag)s::text <> j.held_tag THEN %(now)s ELSE j.held_at END,
        missing = CASE WHEN j.newest THEN coalesce(%(missing)s::int, j.missing) ELSE j.missing END,
        playing = CASE WHEN j.newest THEN coalesce(%(playing)s, j.playing) ELSE j.playing END,
        storage_free = CASE WHEN j.newest THEN coalesce(%(storage_free)s::bigint, j.storage_free)
                            ELSE j.storage_free END,
        clock_offset_s = CASE WHEN j.newest THEN coalesce(%(clock_offset_s)s::float8, j.clock_offset_s)
                              ELSE j.clock_offset_s END,
        boot_id = CASE WHEN j.boot_case = 3 THEN %(boot)s ELSE j.boot_id END,
        seq = CASE WHEN j.boot_case = 3 THEN %(seq)s WHEN j.boot_case = 1 THEN greatest(j.seq, %(seq)s)
                   ELSE j.seq END,
        seq_mask = CASE WHEN j.boot_case = 3 THEN 1 WHEN j.boot_case = 1 AND j.fresh THEN j.new_mask
                        ELSE j.seq_mask END,
        last_boot_id = CASE WHEN j.boot_case = 3 THEN j.boot_id ELSE j.last_boot_id END,
        last_boot_seq = CASE WHEN j.boot_case = 3 THEN j.seq WHEN j.boot_case = 2
                             THEN greatest(j.last_boot_seq, %(seq)s) ELSE j.last_boot_seq END,
        last_boot_mask = CASE WHEN j.boot_case = 3 THEN j.seq_mask WHEN j.boot_case = 2 AND j.fresh THEN j.new_mask
                              ELSE j.last_boot_mask END,
        interleaves = j.turns,
        cloned_at = CASE WHEN j.turns >= {CLONED_INTERLEAVES} AND j.boot_case = 2 AND j.lag < 0 THEN %(now)s
                         ELSE j.cloned_at END
      FROM judged j WHERE p.device_id = j.device_id
    RETURNING p.device_id, p.is_online, p.since, p.daily_count, p.monthly_count
), flip AS (
    INSERT INTO devices_presenceflip (device_id, is_online, at, reason)
    SELECT w.device_id, w.is_online, w.since, CASE WHEN w.is_online THEN 'report' ELSE 'said_so' END
      FROM written w JOIN judged j ON j.device_id = w.device_id WHERE w.is_online <> j.is_online
), logged AS (
    INSERT INTO telemetry_devicelog (device_id, log_type, value, message, tags, logged_at, received_at)
    SELECT j.device_id, l.log_type, l.value, l.message, l.tags, l.logged_at, %(now)s
      FROM judged j, unnest(%(log_types)s::text[], %(log_values)s::float8[], %(log_messages)s::text[],
                            %(log_tags)s::jsonb[], %(log_times)s::timestamptz[])
                     AS l(log_type, value, message, tags, logged_at)
     WHERE j.fresh
)
SELECT j.fresh, j.too_old, w.daily_count, w.monthly_count, j.newest, caller.*
  FROM caller LEFT JOIN judged j ON j.device_id = caller.device_id LEFT JOIN written w ON w.device_id = caller.device_id
"""  # noqa: S608 — only constants are formatted in; values go as parameters
_STATEMENTS = {by: Statement(_REPORT.format(whose=by.value)) for by in By}


def store_report(by: By, key: str, report: Report, *, now: datetime) -> Stored | None:
    """Store the report of the device with that token's hash or name, exactly once. None: there is no such device.

    Raises Unauthenticated for a token that is no longer good, with nothing stored.
    """
    row = _STATEMENTS[by].one(identity.given(key, now) | _said(report, _today(by, key, report, now), now))
    if row is None:
        return None
    fresh, too_old, daily, monthly, newest, *known = row
    caller = identity.caller_of(known).checked()
    if fresh is None:  # it has no presence any more: it is being deleted
        return None
    return Stored(fresh, too_old, daily, monthly, newest, caller)


def _today(by: By, key: str, report: Report, now: datetime) -> date:
    """The day at the device's shop, which matters to counters alone: only they pay for asking."""
    if not report.counts:
        return now.date()
    find = identity.by_token if by is By.TOKEN else identity.by_mobile_id
    caller = find(key, now=now)
    return now.astimezone(caller.zone).date() if caller else now.date()


def _said(report: Report, today: date, now: datetime) -> dict[str, Any]:
    """The statement's parameters."""
    logs = [placed_in_time(entry, now=now) for entry in report.logs]
    boot, seq = report.batch or (None, 0)
    return {
        "today": today,
        "month": today.replace(day=1),
        "boot": boot,
        "seq": seq,
        "heartbeat": report.heartbeat,
        "temperature": report.temperature,
        "counts": report.counts,
        "doors": report.door_openings,
        "daily": report.daily_count,
        "monthly": report.monthly_count,
        "held_tag": report.held_tag,
        "missing": report.missing,
        "playing": report.playing,
        "storage_free": report.storage_free,
        "clock_offset_s": report.clock_offset_s,
        "log_types": array([entry.log_type for entry in logs]),
        "log_values": array([entry.value for entry in logs]),
        "log_messages": array([entry.message for entry in logs]),
        "log_tags": array([orjson.dumps(entry.tags).decode() for entry in logs]),
        "log_times": array([entry.logged_at.isoformat() for entry in logs]),
    }


def placed_in_time(entry: LogEntry, *, now: datetime) -> LogEntry:
    """The entry under a time that a partition can hold: a date that is older than what we keep, or in the future, is a
    broken clock's. Then the arrival counts, and the device's own date stays in `tags.device_time`."""
    if now - timedelta(days=settings.DGX_LOG_RETENTION_DAYS) <= entry.logged_at <= now + CLOCK_TOLERANCE:
        return entry
    tags = {**entry.tags, "device_time": entry.logged_at.isoformat()}
    return LogEntry(entry.log_type, now, entry.value, entry.message, tags)


def current_counts(device: Device, *, now: datetime, zone: ZoneInfo) -> tuple[int, int]:
    """Today's and this month's door openings. Starts them anew in the row where the shop's day or month has begun."""
    today: date = now.astimezone(zone).date()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE devices_presence SET
                daily_count = CASE WHEN last_daily_reset >= %(today)s THEN daily_count ELSE 0 END,
                monthly_count = CASE WHEN last_monthly_reset >= %(month)s THEN monthly_count ELSE 0 END,
                last_daily_reset = greatest(last_daily_reset, %(today)s),
                last_monthly_reset = greatest(last_monthly_reset, %(month)s)
            WHERE device_id = %(device)s RETURNING daily_count, monthly_count
            """,
            {"device": device.pk, "today": today, "month": today.replace(day=1)},
        )
        row = cursor.fetchone()
    return (row[0], row[1]) if row else (0, 0)
