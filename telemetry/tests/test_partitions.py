"""Daily partitions: there before they are needed, gone when their day is past keeping, never in a report's way."""

import logging
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from dgx.core.models import ClockState
from telemetry.models import DeviceLog
from telemetry.services import partitions
from telemetry.services.partitions import (
    DAYS_AHEAD,
    LOCK_TIMEOUT_MS,
    keep_partitions,
    make_partition,
    partition_days,
    rows_in_default,
)
from telemetry.tests.factories import DeviceLogFactory

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC).replace(hour=12, minute=0)
TODAY = NOW.date()


def partition_of(log: DeviceLog) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM telemetry_devicelog WHERE id = %s", [log.pk])
        return str(cursor.fetchone()[0])


def name_of(day: date) -> str:
    return f"telemetry_devicelog_{day:%Y%m%d}"


def test_migrate_leaves_partitions_for_every_kept_day_and_a_week_ahead(settings):
    days = [TODAY + timedelta(days=n) for n in range(-settings.DGX_LOG_RETENTION_DAYS, DAYS_AHEAD + 1)]
    assert set(days) <= partition_days()


def test_a_second_run_finds_nothing_to_do():
    keep_partitions(now=NOW)
    kept = keep_partitions(now=NOW)
    assert (kept.made, kept.dropped, kept.waiting, kept.in_default) == ([], [], False, 0)


def test_tomorrow_one_more_is_made():
    assert keep_partitions(now=NOW + timedelta(days=1)).made == [name_of(TODAY + timedelta(days=8))]


def test_after_a_normal_night_one_is_dropped_with_its_logs(settings):
    settings.DGX_LOG_RETENTION_DAYS = 3
    keep_partitions(now=NOW - timedelta(days=1))
    kept_log = DeviceLogFactory(logged_at=NOW - timedelta(days=3))
    old_log = DeviceLogFactory(logged_at=NOW - timedelta(days=4))
    kept = keep_partitions(now=NOW)
    assert kept.dropped == [name_of(TODAY - timedelta(days=4))]
    assert list(DeviceLog.objects.all()) == [kept_log]
    assert old_log not in DeviceLog.objects.all()


def test_a_process_whose_clock_is_a_year_ahead_drops_nothing():
    logs = [DeviceLogFactory(logged_at=NOW - timedelta(days=days)) for days in (89, 1)]
    stray = DeviceLogFactory(logged_at=NOW + timedelta(days=30))
    assert keep_partitions(now=NOW + timedelta(days=365)).dropped == []
    assert set(DeviceLog.objects.all()) == {*logs, stray}


def looked_at_the_clock(ago: timedelta) -> None:
    """So long ago, and then it was right. To the database that is the same as a clock that has leapt ahead since."""
    at = datetime.now(UTC) - ago
    ClockState.objects.update_or_create(pk=1, defaults={"seen_at": at, "believed_at": at})


@pytest.fixture
def past_days(settings):
    """The ten oldest days that were kept a year ago, each with a log."""
    oldest = TODAY - timedelta(days=365 + settings.DGX_LOG_RETENTION_DAYS)
    days = [oldest + timedelta(days=n) for n in range(10)]
    for day in days:
        make_partition(day)
        DeviceLogFactory(logged_at=datetime.combine(day, datetime.min.time(), UTC))
    return days


def test_a_clock_that_leaps_a_year_ahead_drops_two_days_and_no_more(past_days):
    looked_at_the_clock(timedelta(days=365))
    stray = DeviceLogFactory(logged_at=NOW - timedelta(days=200))
    assert keep_partitions(now=NOW).dropped == [name_of(day) for day in past_days[:2]]
    for _ in range(5):
        assert keep_partitions(now=NOW).dropped == []
    assert stray in DeviceLog.objects.all()
    assert DeviceLog.objects.count() == 9


def test_after_a_year_off_everything_past_keeping_goes_in_the_end(past_days):
    looked_at_the_clock(timedelta(days=365))
    keep_partitions(now=NOW)
    for _ in range(182):
        state = ClockState.objects.get()
        ClockState.objects.update(seen_at=state.seen_at - timedelta(days=1))
        last = keep_partitions(now=NOW)
    assert last.dropped == []
    assert not partition_days() & set(past_days)
    assert not DeviceLog.objects.exists()


def test_a_log_lies_in_its_days_partition_to_the_microsecond():
    midnight = datetime.combine(TODAY, datetime.min.time(), UTC)
    assert partition_of(DeviceLogFactory(logged_at=midnight)) == name_of(TODAY)
    before = DeviceLogFactory(logged_at=midnight - timedelta(microseconds=1))
    assert partition_of(before) == name_of(TODAY - timedelta(days=1))


def test_the_default_partition_takes_what_has_no_day_and_says_so(caplog):
    log = DeviceLogFactory(logged_at=NOW + timedelta(days=30))
    with caplog.at_level(logging.WARNING):
        assert keep_partitions(now=NOW).in_default == 1
    assert partition_of(log) == "telemetry_devicelog_default"
    assert "the default partition of the device logs holds 1 rows; it should be empty" in caplog.text


def test_logs_in_the_default_move_when_their_partition_is_made():
    day = TODAY + timedelta(days=30)
    log = DeviceLogFactory(logged_at=NOW + timedelta(days=30), message="kept", tags={"a": 1})
    stranger = DeviceLogFactory(logged_at=NOW + timedelta(days=31))
    make_partition(day)
    assert partition_of(log) == name_of(day)
    assert partition_of(stranger) == "telemetry_devicelog_default"
    assert DeviceLog.objects.get(pk=log.pk).message == "kept"


def test_logs_in_the_default_grow_too_old_as_well(settings):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO telemetry_devicelog (device_id, log_type, logged_at) VALUES (1, 'x', '2001-01-01')")
    assert rows_in_default() == 1
    assert keep_partitions(now=NOW).in_default == 0
    assert not DeviceLog.objects.filter(log_type="x").exists()


@pytest.fixture
def other():
    """Another process's connection to the same database."""
    made = connection.copy()
    yield made
    made.close()


@pytest.fixture
def export(other):
    """An export that is still running: it holds its locks on every partition."""
    with other.cursor() as cursor:
        cursor.execute("BEGIN; SELECT count(*) FROM telemetry_devicelog")
        yield
        cursor.execute("ROLLBACK")


def test_a_running_export_delays_the_change_and_not_the_reports(settings, export, caplog):
    settings.DGX_LOG_RETENTION_DAYS -= 5
    started = time.monotonic()
    kept = keep_partitions(now=NOW + timedelta(days=2))
    assert time.monotonic() - started < 5 * LOCK_TIMEOUT_MS / 1000
    assert (kept.made, kept.dropped, kept.waiting) == ([], [], True)
    assert "has to wait" in caplog.text
    assert DeviceLogFactory(logged_at=NOW).pk


def test_the_command_says_that_something_waits(settings, export, capsys):
    settings.DGX_LOG_RETENTION_DAYS -= 5
    call_command("keeppartitions")
    assert "Some have to wait: an export" in capsys.readouterr().out


def test_what_had_to_wait_is_done_by_the_next_run(settings, other):
    settings.DGX_LOG_RETENTION_DAYS -= 2
    with other.cursor() as cursor:
        cursor.execute("BEGIN; SELECT count(*) FROM telemetry_devicelog")
        assert keep_partitions(now=NOW).dropped == []
        cursor.execute("ROLLBACK")
    assert len(keep_partitions(now=NOW).dropped) == 2


def test_a_run_beside_another_one_leaves_what_that_one_did(monkeypatch):
    keep_partitions(now=NOW)
    days = partition_days()
    monkeypatch.setattr(partitions, "_begin", lambda _day: True)  # the other one has just made it
    monkeypatch.setattr(partitions, "partition_days", lambda: days - {TODAY})
    assert keep_partitions(now=NOW).made == []


def test_the_command_says_what_it_did_in_sentences(settings, capsys):
    call_command("keeppartitions")
    capsys.readouterr()
    call_command("keeppartitions")
    assert capsys.readouterr().out == "All partitions up to 7 days ahead are there; none is past retention.\n"
    DeviceLogFactory(logged_at=NOW + timedelta(days=30))
    settings.DGX_LOG_RETENTION_DAYS -= 1
    call_command("keeppartitions")
    gone = name_of(TODAY - timedelta(days=settings.DGX_LOG_RETENTION_DAYS + 1))
    assert capsys.readouterr().out == (f"Dropped {gone}.\nThe default partition holds 1 rows; it should be empty.\n")
