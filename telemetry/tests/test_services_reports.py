"""Reports are stored exactly once, whatever the network and the clocks do, and presence follows from them alone."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.models import Device, Presence, PresenceFlip, SweepState
from devices.services.presence import mark_offline
from devices.tests.factories import DeviceFactory
from locations.tests.factories import ShopFactory
from telemetry.models import DeviceLog
from telemetry.services.reports import COUNT_MAX, By, LogEntry, Report, current_counts, store_report

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
SECOND = timedelta(seconds=1)


def store(device: Device, *, at: datetime = NOW, logs=(), **fields):
    report = Report(logs=[LogEntry(name, at) for name in logs], **fields)
    return store_report(By.MOBILE_ID, device.mobile_id, report, now=at)


def presence(device: Device) -> Presence:
    return Presence.objects.get(device=device)


def logged(device: Device) -> list[str]:
    return sorted(device.logs.values_list("log_type", flat=True))


@pytest.mark.django_db
class TestOnce:
    def test_a_repeat_stores_nothing_again(self):
        device = DeviceFactory.create()
        first = store(device, batch=("b", 1), logs=["x"], door_openings=2)
        again = store(device, batch=("b", 1), logs=["x"], door_openings=2)
        assert (first.fresh, again.fresh, again.too_old) == (True, False, False)
        assert (logged(device), presence(device).daily_count) == (["x"], 2)

    def test_a_repeat_is_still_a_sign_of_life(self):
        device = DeviceFactory.create()
        store(device, batch=("b", 1))
        store(device, batch=("b", 1), at=NOW + 30 * SECOND)
        assert presence(device).last_seen_at == NOW + 30 * SECOND

    def test_without_a_batch_every_report_is_new(self):
        device = DeviceFactory.create()
        store(device, logs=["x"])
        store(device, logs=["x"])
        assert logged(device) == ["x", "x"]

    def test_reports_may_arrive_in_any_order_within_the_window(self):
        device = DeviceFactory.create()
        for seq in (5, 1, 63, 4, 62, 5, 1, 63):
            store(device, batch=("b", seq), logs=[f"{seq:02}"])
        assert logged(device) == ["01", "04", "05", "62", "63"]

    def test_the_window_ends_63_behind_the_newest(self):
        device = DeviceFactory.create()
        store(device, batch=("b", 100))
        at_the_edge, beyond = store(device, batch=("b", 38), logs=["in"]), store(device, batch=("b", 37), logs=["out"])
        assert (at_the_edge.fresh, beyond.fresh, beyond.too_old) == (True, False, True)
        assert logged(device) == ["in"]

    def test_a_leap_forward_forgets_what_lies_too_far_behind(self):
        device = DeviceFactory.create()
        store(device, batch=("b", 0))
        store(device, batch=("b", 2**53 - 1), logs=["far"])
        assert store(device, batch=("b", 0)).too_old
        assert not store(device, batch=("b", 2**53 - 1)).fresh
        assert store(device, batch=("b", 2**53 - 2)).fresh

    def test_a_leap_of_exactly_the_window_keeps_no_bit_of_the_old(self):
        device = DeviceFactory.create()
        for seq in (1, 64):
            assert store(device, batch=("b", seq)).fresh
        assert [store(device, batch=("b", seq)).fresh for seq in (2, 64, 63, 63)] == [True, False, True, False]

    def test_two_boots_may_be_interleaved(self):
        device = DeviceFactory.create()
        sent = [("a", 1), ("a", 2), ("b", 1), ("a", 3), ("b", 2), ("a", 2), ("a", 3), ("b", 1), ("a", 0)]
        fresh = [store(device, batch=batch, logs=["x"]).fresh for batch in sent]
        assert fresh == [True, True, True, True, True, False, False, False, True]
        row = presence(device)
        assert (row.boot_id, row.seq, row.last_boot_id, row.last_boot_seq) == ("b", 2, "a", 3)

    def test_a_late_report_leaves_what_a_later_one_said(self):
        device = DeviceFactory.create()
        store(device, batch=("b", 2), temperature=5.0, held_tag="new", playing="p2", missing=0)
        late = store(device, batch=("b", 1), temperature=9.0, held_tag="old", playing="p1", missing=4, logs=["x"])
        row = presence(device)
        assert (row.temperature, row.held_tag, row.playing, row.missing) == (5.0, "new", "p2", 0)
        assert (late.fresh, late.newest, logged(device)) == (True, False, ["x"])

    def test_a_report_of_the_boot_before_leaves_what_the_new_boot_said(self):
        device = DeviceFactory.create()
        store(device, batch=("a", 1), temperature=1.0)
        store(device, batch=("b", 1), temperature=2.0)
        store(device, batch=("a", 2), temperature=3.0)
        assert presence(device).temperature == 2.0

    def test_a_boot_that_goes_on_counts_though_one_that_was_never_heard_came_in_after_it(self):
        device = DeviceFactory.create()
        store(device, batch=("c", 1), temperature=1.0)
        store(device, batch=("b", 1), temperature=2.0)
        store(device, batch=("c", 2), temperature=3.0)
        assert presence(device).temperature == 2.0
        assert store(device, batch=("c", 3), temperature=4.0, held_tag="new").newest
        store(device, batch=("c", 4), temperature=5.0)
        assert (presence(device).temperature, presence(device).held_tag) == (5.0, "new")

    def test_the_report_of_a_deleted_device_is_nobodys(self):
        device = DeviceFactory.create()
        device.delete()
        assert store(device, logs=["x"]) is None
        assert not DeviceLog.objects.exists()

    def test_it_runs_one_statement(self, django_assert_num_queries):
        device = DeviceFactory.create()
        with django_assert_num_queries(1):
            store(device, batch=("b", 1), temperature=1.0, logs=["x"] * 50)

    def test_a_report_touches_its_own_device_alone(self):
        device, stranger = DeviceFactory.create(), DeviceFactory.create()
        before = Presence.objects.filter(device=stranger).values().get()
        store(device, batch=("b", 1), temperature=1.0, door_openings=3)
        assert Presence.objects.filter(device=stranger).values().get() == before

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 150)), max_size=30))
    def test_whatever_arrives_is_stored_once_or_refused_as_too_old(self, sent):
        device = DeviceFactory.create()
        accepted = set()
        for boot, seq in sent:
            taken = store(device, batch=(boot, seq), logs=[f"{boot}{seq}"])
            assert not (taken.fresh and (boot, seq) in accepted)
            assert taken.fresh or taken.too_old or (boot, seq) in accepted
            if taken.fresh:
                accepted.add((boot, seq))
        assert logged(device) == sorted(f"{boot}{seq}" for boot, seq in accepted)


@pytest.mark.django_db
class TestPresence:
    def test_the_first_report_turns_a_device_online_with_one_flip(self):
        device = DeviceFactory.create(report_interval_s=9, missed_reports=5)
        store(device)
        store(device, at=NOW + SECOND)
        row = presence(device)
        assert (row.is_online, row.since, row.last_seen_at, row.silent_after_s) == (True, NOW, NOW + SECOND, 45)
        assert list(device.flips.values_list("is_online", "at", "reason")) == [(True, NOW, "report")]

    def test_a_device_that_says_it_goes_offline_is_offline(self):
        device = DeviceFactory.create()
        store(device)
        store(device, heartbeat=False, at=NOW + SECOND)
        assert presence(device).is_online is False
        assert list(device.flips.order_by("id").values_list("is_online", "reason")) == [
            (True, "report"),
            (False, "said_so"),
        ]

    def test_a_report_that_says_nothing_of_being_online_leaves_it(self):
        device = DeviceFactory.create()
        store(device, heartbeat=None, logs=["x"])
        assert (presence(device).is_online, presence(device).last_seen_at, logged(device)) == (False, None, ["x"])

    def test_a_clock_of_ours_that_lags_never_turns_time_back(self):
        device = DeviceFactory.create()
        store(device, at=NOW)
        store(device, at=NOW - timedelta(hours=1))
        assert presence(device).last_seen_at == NOW

    @settings(max_examples=40, deadline=None)
    @given(
        st.lists(
            st.tuples(st.sampled_from(["report", "repeat", "late", "bye", "sweep"]), st.integers(-5, 90)),
            min_size=1,
            max_size=25,
        )
    )
    def test_flips_alternate_and_agree_with_presence_under_any_interleaving(self, steps):
        SweepState.objects.all().delete()
        device, at, seq = DeviceFactory.create(), NOW, 10
        for what, passed in steps:
            at += passed * SECOND
            if what == "sweep":
                mark_offline(now=at)
            else:
                seq += what in {"report", "bye"}
                batch = ("b", seq - (3 if what == "late" else 0))
                store(device, at=at, heartbeat=what != "bye", batch=batch)
        states = list(device.flips.order_by("at", "id").values_list("is_online", flat=True))
        assert states == [number % 2 == 0 for number in range(len(states))]
        assert presence(device).is_online == (states[-1] if states else False)
        ids = list(device.flips.order_by("at", "id").values_list("id", flat=True))
        assert ids == sorted(ids)


@pytest.mark.django_db
class TestCounters:
    @pytest.mark.parametrize(
        ("zone", "before", "after"),
        [
            ("Pacific/Auckland", "2026-03-10T10:59:59", "2026-03-10T11:00:00"),  # UTC+13
            ("America/Los_Angeles", "2026-03-11T06:59:59", "2026-03-11T07:00:00"),  # UTC-7, daylight saving time
            ("America/Los_Angeles", "2026-03-08T07:59:59", "2026-03-08T08:00:00"),  # the day it begins, still UTC-8
            ("Pacific/Auckland", "2026-04-05T11:59:59", "2026-04-05T12:00:00"),  # the day it ends, a day of 25 hours
        ],
    )
    def test_the_day_starts_anew_at_the_shops_midnight(self, zone, before, after):
        device = DeviceFactory.create(shop=ShopFactory.create(timezone=zone))
        last, first = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (before, after))
        store(device, at=last, door_openings=3)
        assert presence(device).daily_count == 3
        store(device, at=first, door_openings=1)
        row = presence(device)
        assert (row.daily_count, row.monthly_count) == (1, 4)
        assert row.last_daily_reset == first.astimezone(ZoneInfo(zone)).date()

    def test_the_month_starts_anew_at_the_shops_first(self):
        device = DeviceFactory.create(shop=ShopFactory.create(timezone="Pacific/Auckland"))
        store(device, at=datetime(2026, 3, 31, 10, 59, tzinfo=UTC), door_openings=3)
        store(device, at=datetime(2026, 3, 31, 11, 0, tzinfo=UTC), door_openings=1)
        row = presence(device)
        assert (row.daily_count, row.monthly_count, row.last_monthly_reset) == (1, 1, date(2026, 4, 1))

    def test_a_report_without_doors_leaves_the_counters_of_yesterday_to_the_reader(self):
        device = DeviceFactory.create()
        store(device, door_openings=3)
        store(device, at=NOW + timedelta(days=1))
        assert presence(device).daily_count == 3
        assert current_counts(device, now=NOW + timedelta(days=1), zone=UTC_ZONE) == (0, 3)
        assert (presence(device).daily_count, presence(device).last_daily_reset) == (0, date(2026, 3, 11))

    def test_counts_that_a_device_states_replace_ours(self):
        device = DeviceFactory.create()
        store(device, daily_count=7, monthly_count=70)
        assert store(device, door_openings=1).daily_count == 8
        assert presence(device).monthly_count == 71

    def test_a_counter_stays_within_its_column(self):
        device = DeviceFactory.create()
        store(device, daily_count=COUNT_MAX, monthly_count=COUNT_MAX)
        store(device, door_openings=5)
        assert (presence(device).daily_count, presence(device).monthly_count) == (COUNT_MAX, COUNT_MAX)


@pytest.mark.django_db
class TestDates:
    @pytest.mark.parametrize("year", [1, 1970, 2020, 2027, 9999])
    def test_a_date_that_no_partition_holds_gives_way_to_the_arrival(self, year):
        device = DeviceFactory.create()
        claimed = datetime(year, 6, 1, tzinfo=UTC)
        store_report(By.MOBILE_ID, device.mobile_id, Report(logs=[LogEntry("x", claimed, tags={"a": 1})]), now=NOW)
        log = DeviceLog.objects.get()
        assert (log.logged_at, log.received_at) == (NOW, NOW)
        assert log.tags == {"a": 1, "device_time": claimed.isoformat()}

    @pytest.mark.parametrize("offset", [timedelta(days=-89), timedelta(0), timedelta(hours=23)])
    def test_a_date_within_reach_is_kept_as_the_device_has_it(self, offset):
        device = DeviceFactory.create()
        store_report(By.MOBILE_ID, device.mobile_id, Report(logs=[LogEntry("x", NOW + offset)]), now=NOW)
        log = DeviceLog.objects.get()
        assert (log.logged_at, log.tags) == (NOW + offset, {})


@pytest.mark.django_db(transaction=True)
def test_one_report_that_arrives_eight_times_at_once_is_stored_once():
    device, start = DeviceFactory.create(), threading.Barrier(8)

    def send(_):
        try:
            start.wait()
            return store(device, batch=("b", 1), logs=["x"], door_openings=1).fresh
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        fresh = list(pool.map(send, range(8)))
    assert sorted(fresh) == [False] * 7 + [True]
    assert (logged(device), presence(device).daily_count, PresenceFlip.objects.count()) == (["x"], 1, 1)


@pytest.mark.django_db(transaction=True)
def test_reports_and_sweeps_at_once_keep_flips_alternating():
    device, start = DeviceFactory.create(), threading.Barrier(4)

    def report(thread):
        try:
            start.wait()
            for number in range(20):
                at = NOW + number * 120 * SECOND
                if thread % 2:
                    mark_offline(now=at + 100 * SECOND)
                else:
                    store(device, at=at, batch=(f"b{thread}", number))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(report, range(4)))
    states = list(device.flips.order_by("at", "id").values_list("is_online", flat=True))
    assert states == [number % 2 == 0 for number in range(len(states))]
    assert presence(device).is_online == states[-1]


def interleaved(device: Device, *boots: str) -> datetime | None:
    """A report of each of these boots in turn, each with its boot's next number; when it was seen to be cloned."""
    numbers = dict.fromkeys(boots, 0)
    for step, boot in enumerate(boots):
        numbers[boot] += 1
        store(device, batch=(boot, numbers[boot]), at=NOW + step * SECOND)
    return presence(device).cloned_at


@st.composite
def arrivals(draw: st.DrawFn) -> list[tuple[str, int]]:
    """What arrives of one device that restarts: it sends a report again until that is answered and only then the next,
    so when it restarts, one report at most is still under way, in any number of copies, for any time."""
    on_time: list[tuple[str, int]] = []
    late: list[tuple[str, int]] = []
    for boot in range(draw(st.integers(1, 5))):
        sent = draw(st.integers(1, 8))
        on_time += [(f"boot-{boot}", seq) for seq in range(1, sent + 1)]
        late += [(f"boot-{boot}", draw(st.integers(1, sent + 1)))] * draw(st.integers(0, 4))
        late += [(f"boot-{boot}", sent + 1)] * draw(st.integers(0, 3))
    for again in late:
        after = max(place for place, each in enumerate(on_time) if each[0] == again[0])
        on_time.insert(draw(st.integers(after + 1, len(on_time))), again)
    return on_time


@pytest.mark.django_db
class TestCloned:
    def test_two_boots_that_go_on_in_turns_are_two_devices(self):
        device = DeviceFactory.create()
        assert interleaved(device, *"aababab") is None
        assert interleaved(DeviceFactory.create(), *"aabababab") == NOW + 7 * SECOND

    def test_it_is_noticed_again_while_it_lasts(self):
        device = DeviceFactory.create()
        assert interleaved(device, *"aab" + "ab" * 20) == NOW + 41 * SECOND

    def test_it_is_noticed_however_unevenly_they_report(self):
        assert interleaved(DeviceFactory.create(), *"abbbbbabbabbbbbabbb") is not None

    def test_a_restart_is_no_second_device(self):
        assert interleaved(DeviceFactory.create(), *"aaabbbbcccddddeeee") is None

    def test_a_report_that_was_under_way_during_the_restart_is_none_either(self):
        assert interleaved(DeviceFactory.create(), *"aaabbabbbb") is None

    def test_the_same_report_again_and_again_is_none_either(self):
        device = DeviceFactory.create()
        for boot, seq in [("a", 1), ("b", 1), *[("a", 2), ("b", 2), ("a", 2), ("b", 3), ("a", 1), ("b", 4)] * 5]:
            store(device, batch=(boot, seq))
        assert presence(device).cloned_at is None

    def test_a_new_restart_begins_the_count_anew(self):
        device = DeviceFactory.create()
        interleaved(device, *"aabab")
        store(device, batch=("c", 1))
        assert presence(device).interleaves == 0

    def test_reports_without_a_number_say_nothing_of_it(self):
        device = DeviceFactory.create()
        for _ in range(20):
            store(device)
        assert (presence(device).interleaves, presence(device).cloned_at) == (0, None)

    @settings(max_examples=200, deadline=None)
    @given(arrivals())
    def test_no_order_in_which_one_device_s_reports_arrive_looks_like_two(self, sent):
        device = DeviceFactory.create()
        for batch in sent:
            store(device, batch=batch)
        assert presence(device).cloned_at is None
