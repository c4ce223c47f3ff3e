"""The time to delete by: it goes with the clock, follows a leap of it slowly, and is never ahead of it.

Nobody can set the database's clock in a test, so what was noted of it is dated back instead.
"""

import logging
from datetime import datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from dgx.core.clock import believed
from dgx.core.models import ClockState

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SOON = timedelta(minutes=1)


def clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


def note(*, seen: timedelta, believed_for: timedelta) -> None:
    """The clock was looked at so long ago, and then believed until so long before now."""
    now = clock()
    ClockState.objects.update_or_create(pk=1, defaults={"seen_at": now - seen, "believed_at": now - believed_for})


def behind() -> timedelta:
    """How far what is believed lies behind the clock now."""
    now = clock()
    return now - believed(now)


def about(expected: timedelta) -> object:
    return pytest.approx(expected.total_seconds(), abs=SOON.total_seconds())


def test_the_first_look_takes_the_clock_for_true():
    ClockState.objects.all().delete()
    assert behind().total_seconds() == about(timedelta(0))
    state = ClockState.objects.get()
    assert state.behind == timedelta(0)
    assert str(state) == f"believed until {state.believed_at}"


@pytest.mark.parametrize(
    ("seen", "believed_for", "expected"),
    [
        (HOUR, HOUR, timedelta(0)),  # every hour
        (DAY, DAY, timedelta(0)),  # every night
        (2.5 * DAY, 2.5 * DAY, 0.5 * DAY),  # after a weekend
        (30 * DAY, 30 * DAY, 28 * DAY),  # off for a month, or set a month ahead
        (365 * DAY, 365 * DAY, 363 * DAY),
        (HOUR, 28 * DAY, 28 * DAY - 2 * HOUR),  # the hours after it
        (DAY, 28 * DAY, 26 * DAY),
        (HOUR, HOUR / 2, timedelta(0)),  # never ahead
        (-HOUR, timedelta(0), timedelta(0)),  # set back by an hour
        (-365 * DAY, -3 * DAY, timedelta(0)),  # set right after it was a year ahead for a day
    ],
)
def test_what_is_believed_follows_the_clock_at_most_twice_as_fast_and_a_leap_by_two_days(seen, believed_for, expected):
    note(seen=seen, believed_for=believed_for)
    assert behind().total_seconds() == about(expected)


def test_a_clock_that_was_a_year_behind_for_a_moment_costs_nothing():
    note(seen=HOUR, believed_for=HOUR)
    assert believed(clock() - 365 * DAY) < clock() - 364 * DAY
    assert behind().total_seconds() == about(timedelta(0))


def test_a_month_off_is_caught_up_within_a_month():
    note(seen=30 * DAY, believed_for=30 * DAY)
    left = behind()
    for _ in range(28):  # nights: the clock goes on by a day, what is believed by two
        note(seen=DAY, believed_for=left + DAY)
        left = behind()
    assert left.total_seconds() == about(timedelta(0))


def test_a_process_whose_own_clock_is_ahead_is_not_followed(caplog):
    note(seen=HOUR, believed_for=HOUR)
    with caplog.at_level(logging.WARNING):
        ahead = clock() + 365 * DAY
        assert (clock() - believed(ahead)).total_seconds() == about(timedelta(0))
    assert f"the clock says {ahead} and is believed until" in caplog.text


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 400), st.floats(-400, 400)), max_size=8))
def test_however_the_clock_jumps_no_look_believes_more_than_two_days_more(jumps):
    """Between two looks so many days pass, and somebody sets the clock by so many."""
    note(seen=HOUR, believed_for=HOUR)
    for passed, set_by in jumps:
        state, now = ClockState.objects.get(), clock()
        shift = (passed + set_by) * DAY  # the clock is where it is: all that was noted moves
        was = state.believed_at - shift
        ClockState.objects.update(seen_at=state.seen_at - shift, believed_at=was)
        time = believed(clock() + DAY)
        assert time <= clock()
        assert time <= was + 2 * DAY
        assert ClockState.objects.get().believed_at >= was
        assert time >= min(now, was)
