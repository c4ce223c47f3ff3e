"""The hourly roll-up: every log counts in its hour exactly once, however late it comes and however often we run."""

import math
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from devices.tests.factories import DeviceFactory
from telemetry import tasks
from telemetry.models import DeviceLog, DeviceLogHour, RollUpState
from telemetry.services.rollup import SETTLE, add_backdated, roll_up
from telemetry.tests.factories import DeviceLogFactory

pytestmark = pytest.mark.django_db
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=4)
HOUR = timedelta(hours=1)


def hours() -> list[tuple]:
    return list(
        DeviceLogHour.objects.order_by("log_type", "hour").values_list(
            "log_type", "hour", "count", "value_count", "value_min", "value_max", "value_sum"
        )
    )


def test_the_logs_of_an_hour_become_one_row_a_type():
    device = DeviceFactory()
    for value in (2, 4, None):
        DeviceLogFactory(device=device, value=value, logged_at=NOON + timedelta(minutes=10))
    DeviceLogFactory(device=device, log_type="door_open", value=1, logged_at=NOON + timedelta(minutes=59, seconds=59))
    DeviceLogFactory(device=device, log_type="note", value=None, message="x", logged_at=NOON + HOUR)
    assert roll_up(now=NOON + 2 * HOUR) == 3
    assert hours() == [
        ("door_open", NOON, 1, 1, 1, 1, 1),
        ("note", NOON + HOUR, 1, 0, None, None, None),
        ("temperature", NOON, 3, 2, 2, 4, 6),
    ]


def test_a_log_that_comes_late_joins_its_old_hour():
    device = DeviceFactory()
    DeviceLogFactory(device=device, value=5, logged_at=NOON)
    roll_up(now=NOON + HOUR)
    DeviceLogFactory(device=device, value=-5, logged_at=NOON, received_at=NOON + 20 * HOUR)
    assert roll_up(now=NOON + 21 * HOUR) == 1
    assert hours() == [("temperature", NOON, 2, 2, -5, 5, 0)]


def test_running_again_adds_nothing():
    DeviceLogFactory(logged_at=NOON)
    roll_up(now=NOON + HOUR)
    before = hours()
    assert roll_up(now=NOON + HOUR) == 0
    assert roll_up(now=NOON + 2 * HOUR) == 0
    assert hours() == before


def test_what_has_just_arrived_waits_until_it_has_settled():
    DeviceLogFactory(logged_at=NOON)
    assert roll_up(now=NOON + SETTLE) == 0
    assert roll_up(now=NOON + SETTLE + timedelta(microseconds=1)) == 1


def test_a_report_whose_transaction_is_still_open_is_not_passed_by():
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(
                "INSERT INTO telemetry_devicelog (device_id, log_type, value, logged_at) VALUES (1, 'slow', 1, now())"
            )
            roll_up(now=timezone.now() + HOUR)
            state = RollUpState.objects.get()
            cursor.execute("ROLLBACK")
        assert state.rolled_until is not None
        assert state.rolled_until < timezone.now() - SETTLE
    finally:
        other.close()


def test_a_process_whose_clock_is_ahead_of_the_databases_does_not_hurry_it():
    roll_up(now=timezone.now() + 365 * timedelta(days=1))
    DeviceLogFactory()
    assert rolled_until() <= timezone.now() - SETTLE
    assert (roll_up(now=timezone.now() + HOUR), hours()) == (0, [])


def test_a_clock_that_was_ahead_loses_no_log_to_the_hours(caplog):
    device = DeviceFactory()

    def arrives(minutes: int, value: float) -> None:
        DeviceLogFactory(device=device, value=value, logged_at=NOON + timedelta(minutes=minutes))

    arrives(0, 1)
    roll_up(now=NOON + timedelta(minutes=10))
    arrives(72, 2)  # an hour ahead
    assert roll_up(now=NOON + timedelta(minutes=80)) == 1
    arrives(20, 4)  # set right
    arrives(30, 8)
    assert roll_up(now=NOON + timedelta(minutes=40)) == 1
    assert hours() == [("temperature", NOON, 3, 3, 1, 8, 13)]
    assert "a clock was set back" in caplog.text
    arrives(50, 16)
    assert roll_up(now=NOON + 2 * HOUR) == 2
    assert hours() == [("temperature", NOON, 4, 4, 1, 16, 29), ("temperature", NOON + HOUR, 1, 1, 2, 2, 2)]


def test_a_clock_that_was_set_back_a_little_loses_no_log_to_the_hours():
    device = DeviceFactory()
    DeviceLogFactory(device=device, value=1, logged_at=NOON)
    roll_up(now=NOON + timedelta(minutes=10))
    DeviceLogFactory(
        device=device, value=2, logged_at=NOON + timedelta(minutes=5)
    )  # after it was set back by 6 minutes
    for _ in range(2):
        roll_up(now=NOON + timedelta(minutes=15))
        assert hours() == [("temperature", NOON, 2, 2, 1, 2, 3)]


def test_hours_whose_logs_are_past_keeping_stay_when_a_clock_is_set_back():
    device = DeviceFactory()
    old = {"value_count": 1, "value_min": 5, "value_max": 5, "value_sum": 5}
    DeviceLogHour.objects.create(device=device, log_type="temperature", hour=NOON - 5000 * HOUR, count=1, **old)
    DeviceLogFactory(device=device, logged_at=NOON + HOUR)
    roll_up(now=NOON + 2 * HOUR)
    roll_up(now=NOON)
    assert hours() == [("temperature", NOON - 5000 * HOUR, 1, 1, 5, 5, 5)]


@pytest.mark.django_db(transaction=True)  # within one, PostgreSQL goes on saying who wrote at its first question
def test_a_long_write_holds_the_roll_up_where_it_is(caplog):
    DeviceLogFactory(logged_at=timezone.now() - timedelta(minutes=3))
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT now()")
            assert roll_up(now=timezone.now()) == 1
            before = rolled_until()
            cursor.execute("SELECT txid_current()")
            assert roll_up(now=timezone.now()) == 0
            assert rolled_until() == before
            cursor.execute("ROLLBACK")
    finally:
        other.close()
    assert caplog.text == ""


def test_rows_that_are_dated_back_are_added_at_once_and_the_others_by_the_next_run():
    device = DeviceFactory()
    roll_up(now=NOON + SETTLE)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE fresh (LIKE telemetry_devicelog INCLUDING DEFAULTS) ON COMMIT DROP")
    for minutes in (-30, 30):
        moment = NOON + timedelta(minutes=minutes)
        DeviceLogFactory(device=device, value=minutes, logged_at=moment)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO fresh SELECT * FROM telemetry_devicelog")
    assert add_backdated("fresh") == 1
    assert hours() == [("temperature", NOON - HOUR, 1, 1, -30, -30, -30)]
    assert roll_up(now=NOON + 2 * HOUR) == 1
    assert hours()[1] == ("temperature", NOON, 1, 1, 30, 30, 30)


def test_dated_back_rows_before_the_first_run_are_left_to_it():
    DeviceLogFactory(logged_at=NOON)
    assert add_backdated("telemetry_devicelog") == 0
    assert roll_up(now=NOON + HOUR) == 1


def test_the_command_and_the_task_do_the_same(capsys):
    DeviceLogFactory(logged_at=NOON)
    call_command("rolluplogs")
    assert capsys.readouterr().out == "Wrote 1 hours.\n"
    DeviceLogFactory(logged_at=NOON)
    RollUpState.objects.update(rolled_until=NOON - HOUR)
    assert tasks.roll_up() == 2


LOGS = st.tuples(
    st.sampled_from(["temperature", "door_open"]),
    st.one_of(st.none(), st.floats(-1e6, 1e6)),
    st.integers(-72, 0),  # hours of logged_at before its arrival
)
SET_CLOCK = st.integers(-600, 600)  # minutes from noon
STEPS = st.lists(st.one_of(LOGS, st.just("roll up"), SET_CLOCK), max_size=25)


class TestAnySequence(HypothesisTestCase):
    """Hours equal the aggregate of the raw logs, whatever comes in between, and whoever sets the clock."""

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(steps=STEPS)
    def test_hours_equal_the_aggregate_of_the_logs(self, steps):
        device = DeviceFactory()
        now = NOON
        for step in steps:
            now += timedelta(minutes=3)
            if step == "roll up":
                roll_up(now=now)
                assert rolled_up() == pytest.approx(aggregated(rolled_until()))
                continue
            if isinstance(step, int):
                now = NOON + timedelta(minutes=step)
                continue
            log_type, value, back = step
            DeviceLogFactory(
                device=device, log_type=log_type, value=value, logged_at=now + back * HOUR, received_at=now
            )
        roll_up(now=NOON + 24 * HOUR)
        assert rolled_up() == pytest.approx(aggregated(NOON + 24 * HOUR))


def rolled_up() -> dict[tuple, float]:
    found: dict[tuple, float] = {}
    for log_type, hour, *numbers in hours():
        found |= {(log_type, hour, n): number for n, number in enumerate(numbers) if number is not None}
    return found


def rolled_until() -> datetime:
    until = RollUpState.objects.get().rolled_until
    assert until is not None
    return until


def aggregated(until: datetime) -> dict[tuple, float]:
    by_hour = defaultdict(list)
    for log in DeviceLog.objects.filter(received_at__lt=until):
        by_hour[log.log_type, log.logged_at.replace(minute=0, second=0, microsecond=0)].append(log.value)
    found: dict[tuple, float] = {}
    for key, values in by_hour.items():
        numbers = [value for value in values if value is not None]
        found |= {(*key, 0): len(values), (*key, 1): len(numbers)}
        if numbers:
            found |= {(*key, 2): min(numbers), (*key, 3): max(numbers), (*key, 4): math.fsum(numbers)}
    return found
