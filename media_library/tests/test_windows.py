"""Windows: from a day until a day, on weekdays, between times of the day, on the shop's clock."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_library.windows import Window

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["UTC", "Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland", "Australia/Lord_Howe", "Asia/Kathmandu"]


def at(text: str, zone: ZoneInfo = BERLIN, fold: int = 0) -> datetime:
    """The instant of a wall clock's reading."""
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "is_open"),
    [("07:59:59.999999", False), ("08:00:00", True), ("19:59:59.999999", True), ("20:00:00", False)],
)
def test_it_opens_at_its_start_and_is_closed_at_its_end(text, is_open):
    assert Window(start=time(8), end=time(20)).contains(at(f"2026-03-10T{text}"), BERLIN) is is_open


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        ("2026-03-13T21:59", False),  # Friday evening
        ("2026-03-13T22:00", True),
        ("2026-03-14T01:59", True),  # Saturday morning still belongs to Friday
        ("2026-03-14T02:00", False),
        ("2026-03-14T22:00", False),
        ("2026-03-13T01:00", False),  # Friday morning belongs to Thursday
    ],
)
def test_past_midnight_it_belongs_to_the_day_on_which_it_starts(text, is_open):
    assert Window(weekdays=(5,), start=time(22), end=time(2)).contains(at(text), BERLIN) is is_open


def test_equal_times_are_a_whole_day_that_starts_then():
    window = Window(weekdays=(5,), start=time(6), end=time(6))
    assert [
        window.contains(at(f"2026-03-{day}T{hour}"), BERLIN)
        for day, hour in ((13, "05:59"), (13, "06:00"), (14, "05:59"), (14, "06:00"))
    ] == [False, True, True, False]


def test_dates_are_instants_and_half_open():
    start, end = at("2026-03-10T00:00"), at("2026-03-11T00:00")
    window = Window(valid_from=start, valid_until=end)
    tick = timedelta(microseconds=1)
    assert [window.contains(moment, BERLIN) for moment in (start - tick, start, end - tick, end)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_window_within_the_hour_that_daylight_saving_skips_is_not_open_that_day():
    window, morning = Window(start=time(2), end=time(3)), at("2026-03-29T00:00")
    assert not any(window.contains(morning + timedelta(minutes=n), BERLIN) for n in range(23 * 60))


def test_a_window_within_the_hour_that_comes_twice_is_open_twice():
    window, morning = Window(start=time(2), end=time(3)), at("2026-10-25T00:00")
    assert sum(window.contains(morning + timedelta(minutes=n), BERLIN) for n in range(25 * 60)) == 120


def test_the_hours_on_the_wall_stay_when_the_offset_changes():
    window = Window(start=time(9), end=time(17))
    for day in ("2026-03-28", "2026-03-29", "2026-03-30", "2026-10-24", "2026-10-25", "2026-10-26"):
        assert window.contains(at(f"{day}T09:00"), BERLIN)
        assert not window.contains(at(f"{day}T08:59"), BERLIN)
        assert not window.contains(at(f"{day}T17:00"), BERLIN)


@given(
    zone=st.sampled_from(ZONES),
    minute=st.integers(0, 2 * 365 * 24 * 60),
    weekdays=st.one_of(st.none(), st.lists(st.integers(1, 7), min_size=1, unique=True).map(tuple)),
    start=st.times().map(lambda clock: clock.replace(second=0, microsecond=0)),
    end=st.times().map(lambda clock: clock.replace(second=0, microsecond=0)),
)
def test_it_reads_the_wall_clock_as_zoneinfo_does(zone, minute, weekdays, start, end):
    moment = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    opened_on = [
        day
        for day in (local.date(), local.date() - timedelta(days=1))
        if datetime.combine(day, start) <= local < _closing(day, start, end)
    ]
    expected = any(weekdays is None or day.isoweekday() in weekdays for day in opened_on)
    assert Window(weekdays=weekdays, start=start, end=end).contains(moment, ZoneInfo(zone)) is expected


def _closing(day, start, end):
    return datetime.combine(day if end > start else day + timedelta(days=1), end)


def test_json_names_only_what_is_set():
    window = Window(valid_from=at("2026-03-10T00:00"), weekdays=(1, 7), start=time(8), end=time(20, 30))
    assert window.as_json() == {
        "from": "2026-03-09T23:00:00+00:00",
        "days": [1, 7],
        "start": "08:00:00",
        "end": "20:30:00",
    }


def changes_of_clocks(zone: str) -> list[datetime]:
    """The minutes of 2025 and 2026 at which the zone's offset changes."""
    hours = [datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=number) for number in range(2 * 365 * 24)]
    offsets = [hour.astimezone(ZoneInfo(zone)).utcoffset() for hour in hours]
    return [hour for hour, before, after in zip(hours[1:], offsets, offsets[1:], strict=False) if before != after]


CHANGES = [(zone, change) for zone in ZONES for change in changes_of_clocks(zone)]


def test_both_changes_of_both_years_are_looked_at():
    assert len(CHANGES) == 16  # four zones have them


@settings(max_examples=300)
@given(
    change=st.sampled_from(CHANGES),
    second=st.integers(-30 * 3600, 30 * 3600),
    start=st.times(min_value=time(0), max_value=time(4)).map(lambda clock: clock.replace(microsecond=0)),
    hours=st.integers(1, 23),
)
def test_around_a_change_of_clocks_the_shown_hours_stay_on_the_wall(change, second, start, hours):
    zone, changed = ZoneInfo(change[0]), change[1]
    moment = changed + timedelta(seconds=second)
    end = (datetime.combine(changed.date(), start) + timedelta(hours=hours)).time()
    local = moment.astimezone(zone).replace(tzinfo=None)
    days = (local.date(), local.date() - timedelta(days=1))
    is_shown = any(datetime.combine(day, start) <= local < _closing(day, start, end) for day in days)
    window = Window(start=start, end=end)
    assert window.contains(moment, zone) is is_shown
    assert Window.from_json(window.as_json()).contains(moment, zone) is is_shown


@given(change=st.sampled_from(CHANGES), start=st.integers(0, 23), hours=st.integers(1, 23))
def test_on_the_day_of_a_change_it_is_open_for_as_long_as_the_wall_says(change, start, hours):
    """Counted by quarters: an hour that the clocks skip is not shown, one that they repeat is shown twice."""
    zone, changed = ZoneInfo(change[0]), change[1]
    window = Window(start=time(start), end=time((start + hours) % 24))
    minutes = [changed + timedelta(minutes=15 * number) for number in range(-96, 96)]
    shown = [moment for moment in minutes if window.contains(moment, zone)]
    on_the_wall = {(start + number) % 24 for number in range(hours)}
    assert shown == [moment for moment in minutes if moment.astimezone(zone).hour in on_the_wall]
