"""Uptime, computed from flips alone."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.models import PresenceFlip
from devices.services.uptime import Uptime, availability, sessions_of, uptime
from devices.tests.factories import DeviceFactory

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def flip(is_online: bool, hours: float, device=None) -> PresenceFlip:
    return PresenceFlip(device=device, is_online=is_online, at=NOW + hours * HOUR, reason="report")


@pytest.mark.django_db
class TestUptime:
    def test_time_is_cut_at_the_flips(self):
        device, stranger = DeviceFactory.create(), DeviceFactory.create()
        PresenceFlip.objects.bulk_create(
            [flip(True, -4, device), flip(False, -3, device), flip(True, -1, device), flip(True, -4, stranger)]
        )
        found = uptime(device, start=None, end=None, now=NOW)
        assert [(s.is_online, s.start, s.end, s.ongoing) for s in found.sessions] == [
            (True, NOW - 4 * HOUR, NOW - 3 * HOUR, False),
            (False, NOW - 3 * HOUR, NOW - HOUR, False),
            (True, NOW - HOUR, NOW, True),
        ]
        assert (found.seconds(online=True), found.seconds(online=False), found.online_share) == (7200, 7200, 0.5)
        assert len(found.flips) == 3

    def test_the_state_before_the_start_counts_from_the_start(self):
        device = DeviceFactory.create()
        PresenceFlip.objects.bulk_create([flip(True, -10, device), flip(False, -1, device)])
        found = uptime(device, start=NOW - 4 * HOUR, end=NOW + HOUR, now=NOW)
        assert [(s.is_online, s.duration) for s in found.sessions] == [(True, 3 * HOUR), (False, HOUR)]

    def test_a_device_never_seen_has_no_sessions(self):
        found = uptime(DeviceFactory.create(), start=None, end=None, now=NOW)
        assert (found.sessions, found.online_share) == ([], 0.0)

    def test_it_runs_two_statements(self, django_assert_num_queries):
        device = DeviceFactory.create()
        with django_assert_num_queries(2):
            uptime(device, start=NOW - HOUR, end=None, now=NOW)


def test_flips_of_one_kind_in_a_row_are_one_session():
    flips = [flip(True, 0), flip(True, 1), flip(False, 2), flip(False, 3)]
    sessions = sessions_of(flips, before=None, start=None, stop=NOW + 4 * HOUR)
    assert [(s.is_online, s.duration) for s in sessions] == [(True, 2 * HOUR), (False, 2 * HOUR)]


@given(
    st.lists(st.integers(0, 1000), max_size=20).map(sorted), st.booleans(), st.integers(0, 1000), st.integers(0, 1000)
)
def test_sessions_are_gapless_alternate_and_end_at_the_stop(minutes, first, start, length):
    flips = [flip(first ^ (number % 2 == 1), minute / 60) for number, minute in enumerate(minutes)]
    begin, stop = NOW + start * HOUR / 60, NOW + (start + length) * HOUR / 60
    before = next((f for f in reversed(flips) if f.at < begin), None)
    within = [f for f in flips if begin <= f.at < stop]
    sessions = sessions_of(within, before=before, start=begin, stop=stop)
    assert all(s.end > s.start for s in sessions)
    assert all(one.end == two.start for one, two in itertools.pairwise(sessions))
    if sessions:
        assert (sessions[-1].end, sessions[-1].ongoing) == (stop, True)
    known = stop - (begin if before else within[0].at) if before or within else timedelta()
    assert sum((s.duration for s in sessions), timedelta()) == known


@given(
    st.lists(st.integers(0, 1000), max_size=20).map(sorted),
    st.booleans(),
    st.lists(st.integers(0, 1200), min_size=3, max_size=3).map(sorted),
)
def test_uptime_is_a_share_and_adds_up_over_adjoining_periods(minutes, first, cuts):
    flips = [flip(first ^ (number % 2 == 1), minute / 60) for number, minute in enumerate(minutes)]
    begin, middle, stop = (NOW + cut * HOUR / 60 for cut in cuts)

    def known(start: datetime, end: datetime) -> Uptime:
        before = next((f for f in reversed(flips) if f.at < start), None)
        within = [f for f in flips if start <= f.at < end]
        return Uptime(sessions_of(within, before=before, start=start, stop=end), within)

    whole, parts = known(begin, stop), (known(begin, middle), known(middle, stop))
    assert all(0.0 <= each.online_share <= 1.0 for each in (whole, *parts))
    for online in (True, False):
        assert whole.seconds(online=online) == sum(part.seconds(online=online) for part in parts)
    assert availability(whole.sessions, begin, middle).online_s == parts[0].seconds(online=True)
    assert availability(whole.sessions, middle, stop).offline_s == parts[1].seconds(online=False)
