"""What the old devices reported: logs, temperature points, the online history, and their state today."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings

from dgx.importer.report import Line
from dgx.importer.source import DEVICES, EVENTS, LOGS, POINTS, Table
from dgx.importer.staged import refuse, remarks_on, rows, run, tally
from telemetry.models import LOG_TYPE_MAX_LENGTH, VALUE_MAX
from telemetry.services.reports import CLOCK_TOLERANCE
from telemetry.services.rollup import add_backdated

THERE = "already there"
SAME_REPORT = "interval '5 seconds'"
"""The old services wrote a reading's log and its point within this time of each other."""


def take_logs(*, now: datetime) -> Line:
    """Logs that are young enough to keep, under their own time."""
    return _take_as_logs(
        LOGS,
        noun="logs",
        log_type="s.log_type",
        problems={
            "a log without a type": r"s.log_type IS NULL OR s.log_type ~ '^\s*$'",
            f"a type longer than {LOG_TYPE_MAX_LENGTH} characters": f"length(s.log_type) > {LOG_TYPE_MAX_LENGTH}",
        },
        now=now,
    )


def take_points(*, now: datetime) -> Line:
    """Temperature points from before there were logs; every later one is a log as well, and so already here."""
    run("DROP TABLE IF EXISTS pg_temp.legacy_first_reading")
    run(
        "CREATE TEMP TABLE legacy_first_reading ON COMMIT DROP AS SELECT device_id, min(logged_at) AS at "
        "FROM telemetry_devicelog WHERE log_type = 'temperature' GROUP BY device_id"
    )
    run("ANALYZE legacy_first_reading")
    return _take_as_logs(
        POINTS,
        noun="temperature points",
        log_type="'temperature'",
        problems={},
        there=f"f.at <= s.at + {SAME_REPORT}",
        join="LEFT JOIN legacy_first_reading f ON f.device_id = d.new_id",
        now=now,
    )


def take_events(*, now: datetime) -> Line:
    """Changes between online and offline; a repeated one says nothing new and counts as already there."""
    stage = EVENTS.stage
    run(f"ALTER TABLE {stage} ADD new_device bigint, ADD online boolean")
    run(f"UPDATE {stage} SET online = CASE lower(event_type) WHEN 'online' THEN true WHEN 'offline' THEN false END")
    _resolve_devices(EVENTS)
    refuse(stage, "neither online nor offline", "s.online IS NULL")
    refuse(stage, "an event without a time", "s.at IS NULL")
    refuse(stage, "a time in the future", "s.at > %(limit)s", {"limit": now + CLOCK_TOLERANCE})
    run(
        f"UPDATE {stage} s SET is_new = true FROM ("
        "  SELECT id, online, coalesce(lag(online) OVER (PARTITION BY new_device ORDER BY at, id), ("
        "    SELECT f.is_online FROM devices_presenceflip f WHERE f.device_id = e.new_device AND f.at <= e.at"
        f"     ORDER BY f.at DESC, f.id DESC LIMIT 1)) AS before FROM {stage} e WHERE problem IS NULL) c "
        "WHERE c.id = s.id AND c.online IS DISTINCT FROM c.before"
    )
    run(
        "INSERT INTO devices_presenceflip (device_id, is_online, at, reason) "
        f"SELECT new_device, online, at, 'imported' FROM {stage} WHERE is_new ORDER BY at, id"
    )
    return tally(EVENTS, noun="online events", label="s.id::text")


def take_state() -> None:
    """The last known state of the new devices. The next sweep turns those offline that do not report to us."""
    run(
        "UPDATE devices_presence p SET "
        "  last_seen_at = coalesce(s.last_online_at, CASE WHEN f.is_online THEN f.at END), since = f.at, "
        "  is_online = coalesce(f.is_online, s.is_online AND s.last_online_at IS NOT NULL, false), "
        "  temperature = coalesce(s.temperature, 0), daily_count = coalesce(s.daily_count, 0), "
        "  monthly_count = coalesce(s.monthly_count, 0), last_daily_reset = s.last_daily_reset, "
        "  last_monthly_reset = s.last_monthly_reset "
        f"FROM {DEVICES.stage} s LEFT JOIN LATERAL ("
        "  SELECT is_online, at FROM devices_presenceflip WHERE device_id = s.new_id"
        "   ORDER BY at DESC, id DESC LIMIT 1) f ON true "
        "WHERE p.device_id = s.new_id AND s.is_new"
    )


def held_by() -> list[int]:
    """New devices that had said they hold all that they should."""
    return [row[0] for row in rows(f"SELECT new_id FROM {DEVICES.stage} WHERE is_new AND download_status")]


def last_id(table: Table) -> int | None:
    """The highest id that was read."""
    highest: int | None = rows(f"SELECT max(id) FROM {table.stage}")[0][0]
    return highest


def _take_as_logs(
    table: Table,
    *,
    noun: str,
    log_type: str,
    problems: Mapping[str, str],
    now: datetime,
    there: str = "false",
    join: str = "",
) -> Line:
    """One pass each to insert, to add to the hours and to count: millions of rows are not updated in between.

    A log counts as received when it was logged; so the roll-up has to be told of those that it has already passed.
    """
    cases = " ".join(f"WHEN {condition} THEN '{text}'" for text, condition in {**_problems(now), **problems}.items())
    judged = (
        f"(SELECT s.id, d.new_id AS device_id, {log_type} AS log_type, s.value, s.at AS logged_at,"
        f" s.at AS received_at, CASE {cases} WHEN {there} THEN '{THERE}' END AS problem"
        f" FROM {table.stage} s LEFT JOIN {DEVICES.stage} d ON d.id = s.did {join})"
    )
    columns = "device_id, log_type, value, logged_at, received_at"
    good = f"(SELECT {columns} FROM {judged} j WHERE problem IS NULL)"
    taken = run(f"INSERT INTO telemetry_devicelog ({columns}) SELECT * FROM {good} g")
    add_backdated(f"{good} g")
    remarks = remarks_on(f"(SELECT id, problem FROM {judged} j WHERE problem IS NOT NULL)", "problem", "s.id::text")
    repeated = sum(remark.count for remark in remarks if remark.text == THERE)
    refused = [remark for remark in remarks if remark.text != THERE]
    return Line(noun, taken + sum(remark.count for remark in remarks), taken, repeated, refused)


def _problems(now: datetime) -> dict[str, str]:
    """Why a reading is not taken, and the condition (SQL over `s`, the row, and `d`, its device); the first counts."""
    days = settings.DGX_LOG_RETENTION_DAYS
    oldest = (now - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "its device was not taken or is missing": "d.new_id IS NULL",
        "a value that is not a number, or beyond 1e15": f"NOT s.value BETWEEN {-VALUE_MAX} AND {VALUE_MAX}",
        "no time": "s.at IS NULL",
        f"older than the {days} days that logs are kept": f"s.at < '{oldest.isoformat()}'",
        "a time in the future": f"s.at > '{(now + CLOCK_TOLERANCE).isoformat()}'",
    }


def _resolve_devices(table: Table) -> None:
    run(f"UPDATE {table.stage} s SET new_device = d.new_id FROM {DEVICES.stage} d WHERE d.id = s.did")
    refuse(table.stage, "its device was not taken or is missing", "s.new_device IS NULL")
