"""A device's status: one table, in SQL; here once more in plain Python, against random presence rows."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import Count
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from devices.models import Device, Presence, PresenceFlip, SweepState
from devices.services.status import CLONED, Status, StatusCode, status_of
from devices.tests.factories import DeviceFactory, GroupFactory
from locations.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
TAG = "what it should hold"


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


def sweeps(**fields: Any) -> None:
    """The sweep runs, and did all along unless said otherwise."""
    SweepState.objects.update_or_create(pk=1, defaults={"swept_at": ago(seconds=5), **fields})


def reported(device: Device | None = None, **presence: Any) -> Device:
    """A device that reported three seconds ago and is online since two hours, unless said otherwise."""
    device = device or DeviceFactory.create()
    usual = {"is_online": True, "last_seen_at": ago(seconds=3), "since": ago(hours=2), "silent_after_s": 60}
    Presence.objects.filter(device=device).update(**{**usual, **presence})
    return device


def status(device: Device) -> Status:
    return status_of(Device.objects.with_status(NOW).get(pk=device.pk), NOW)


def flips(device: Device, times: int, **first: float) -> None:
    at = ago(**first)
    PresenceFlip.objects.bulk_create(
        PresenceFlip(device=device, is_online=n % 2 == 0, at=at + timedelta(seconds=n), reason="report")
        for n in range(times)
    )


def test_a_device_that_reports_as_expected_is_online_since_it_turned_so():
    sweeps()
    assert status(reported()) == Status("online", "Online", "good", ago(hours=2), ["Its last report came 3 s ago."])
    assert status(reported()).in_words(NOW) == "Online for 2 hours"


def test_a_device_that_never_reported_was_never_seen():
    device = DeviceFactory.create()
    assert status(device) == Status("never", "Never seen", "calm", device.created_at, ["No report has arrived yet."])
    assert status(device).in_words(NOW) == "Never seen"


def test_a_retired_device_is_retired_whatever_it_reports():
    device = reported(DeviceFactory.create(state="retired"))
    assert status(device).code == "retired"
    assert status(device).in_words(NOW) == "Retired"


@pytest.mark.parametrize(("silent_s", "code"), [(23, "online"), (24, "late"), (59, "late")])
def test_a_report_is_late_after_the_interval_with_the_polls_jitter_and_its_way(silent_s: int, code: str):
    sweeps()
    assert status(reported(last_seen_at=ago(seconds=silent_s))).code == code


def test_late_says_how_many_reports_are_missing_and_since_when_one_is_due():
    sweeps()
    late = status(reported(last_seen_at=ago(seconds=45)))
    assert late == Status(
        "late",
        "Late",
        "warn",
        ago(seconds=45 - 24),
        ["2 reports are missing, one is due every 20 s.", "Its last report came 45 s ago."],
    )


@pytest.mark.parametrize("where", ["device", "group"])
def test_a_longer_interval_of_the_device_or_its_group_is_waited_for(where: str):
    sweeps()
    own = {"report_interval_s": 300}
    device = DeviceFactory.create(**(own if where == "device" else {"group": GroupFactory.create(**own)}))
    assert status(reported(device, last_seen_at=ago(seconds=200))).code == "online"
    assert status(reported(device, last_seen_at=ago(seconds=340))).code == "late"


def test_a_shorter_interval_that_the_device_has_not_heard_of_makes_nobody_late():
    sweeps()
    device = DeviceFactory.create(report_interval_s=5)
    assert status(reported(device, last_seen_at=ago(seconds=200), silent_after_s=900)).code == "online"


def test_offline_says_how_long_it_may_be_silent_or_that_the_device_said_so():
    sweeps()
    silent = reported(is_online=False, last_seen_at=ago(minutes=12), since=ago(minutes=10))
    assert status(silent) == Status(
        "offline",
        "Offline",
        "bad",
        ago(minutes=10),
        ["Its last report came 12 minutes ago.", "It may be silent for 60 s."],
    )
    polite = reported(is_online=False, last_seen_at=ago(minutes=12), since=ago(minutes=12))
    assert status(polite).reasons == ["It said that it goes offline, 12 minutes ago."]


def test_silence_proves_nothing_while_the_sweep_does_not_run():
    device = reported(last_seen_at=ago(minutes=8))
    assert status(device).code == "unknown"  # it never ran
    assert status(device).since == ago(minutes=8)
    sweeps(swept_at=ago(minutes=5))
    assert status(device).code == "unknown"
    assert status(device).since == ago(minutes=5)
    assert status(reported()).code == "online"  # its report is proof


def test_silence_proves_nothing_after_our_outage_until_the_device_had_its_time():
    sweeps(outage_from=ago(minutes=9), outage_until=ago(seconds=40))
    before_it = reported(last_seen_at=ago(minutes=10))
    assert status(before_it) == Status(
        "unknown",
        "Unknown",
        "info",
        ago(minutes=9),
        ["Its last report came 10 minutes ago.", "We were away since then, so its silence proves nothing."],
    )
    assert status(reported(last_seen_at=ago(seconds=35))).code == "late"
    assert status(reported(is_online=False, last_seen_at=ago(hours=1))).code == "offline"


def test_more_than_six_flips_in_an_hour_is_unstable():
    sweeps()
    six, seven, long_ago = (reported(since=ago(minutes=2)) for _ in range(3))
    flips(six, 6, minutes=30)
    flips(seven, 7, minutes=30)
    flips(long_ago, 20, minutes=90)
    assert [status(device).code for device in (six, seven, long_ago)] == ["online", "unstable", "online"]
    assert status(seven) == Status(
        "unstable",
        "Unstable",
        "warn",
        ago(minutes=30),
        ["It turned online or offline 7 times in the last hour; online now for 2 minutes."],
    )


def test_degraded_names_everything_that_is_wrong(settings: Any):
    settings.DGX_HOT_CELSIUS, settings.DGX_DISK_LOW_BYTES = 70, 500_000_000
    sweeps()
    device = reported(
        held_tag="",
        held_at=ago(hours=3),
        missing=2,
        temperature=81.25,
        temperature_at=ago(minutes=1),
        clock_offset_s=-185.0,
        storage_free=12_000_000,
    )
    assert status(device) == Status(
        "degraded",
        "Degraded",
        "warn",
        ago(hours=3),
        [
            "Content is missing: 2 files are not there yet, for 3 hours.",
            "It is hot: 81.2 °C, more than 70 °C.",
            "Its clock is 3 min 5 s behind.",
            "Its disk is nearly full: 12.0 MB free, less than 500 MB.",
        ],
    )


def test_a_device_that_answers_from_two_places_is_degraded_and_told_what_to_do():
    sweeps()
    cloned = status(reported(cloned_at=ago(minutes=20)))
    assert (cloned.code, cloned.since) == ("degraded", None)
    assert cloned.reasons == [f"{CLONED} Noticed 20 minutes ago."]
    assert status(reported(cloned_at=ago(minutes=61))).code == "online"


def test_whoever_reports_for_half_an_hour_and_did_not_take_up_a_change_is_degraded():
    sweeps()
    group, shop = GroupFactory.create(content_changed_at=ago(hours=5)), ShopFactory.create()
    device = reported(
        DeviceFactory.create(group=group, shop=shop, content_changed_at=ago(days=3)),
        held_tag="d1.1-g1.1-s1.1-c0",
        held_at=ago(days=2),
    )
    assert status(device).reasons == ["It does not hold what it should, for 5 hours."]
    assert status(device).since == ago(hours=5)
    assert status(reported(device, held_at=ago(days=2), since=ago(minutes=29))).code == "online"


def test_degraded_by_heat_alone_says_since_when_the_sweep_noticed_it():
    sweeps()
    hot = reported(temperature=90.0, temperature_at=ago(minutes=1), trouble_since=ago(minutes=20))
    assert status(hot).in_words(NOW) == "Degraded for 20 minutes"


@pytest.mark.parametrize(
    "fine",
    [
        {"held_tag": "", "held_at": NOW - timedelta(minutes=5), "missing": 2},
        {"held_tag": "", "held_at": None},
        {"temperature": 90.0, "temperature_at": NOW - timedelta(hours=2)},
        {"temperature": 70.0, "temperature_at": NOW},
        {"clock_offset_s": 119.9},
        {"storage_free": 500_000_000},
    ],
)
def test_what_is_new_old_or_within_bounds_degrades_nobody(fine: dict[str, Any]):
    sweeps()
    assert status(reported(**fine)).code == "online"


def test_a_list_of_fifty_takes_one_query(django_assert_num_queries):
    sweeps()
    for _ in range(50):
        reported()
    with django_assert_num_queries(1):
        found = [status_of(device, NOW).code for device in Device.objects.with_status(NOW)]
    assert found == ["online"] * 50


# --- the same table once more, in plain Python ------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """One random device, in offsets from NOW (seconds ago)."""

    state: str
    interval: int | None
    is_online: bool
    seen: int | None
    silent_after: int
    flips: list[int]
    held: int | None
    holds: str
    changed: int | None
    since: int | None
    temperature: float
    measured: int | None
    clock: float | None
    free: int | None


SECONDS = st.integers(0, 8000)
CASES = st.builds(
    Case,
    state=st.sampled_from(["registered", "enrolled", "enrolled", "enrolled", "retired"]),
    interval=st.none() | st.sampled_from([5, 20, 300]),
    is_online=st.sampled_from([True, True, True, False]),
    seen=st.none() | st.integers(0, 100) | SECONDS,
    silent_after=st.sampled_from([15, 60, 900]),
    flips=st.lists(st.integers(0, 5000), max_size=12),
    held=st.none() | SECONDS,
    holds=st.sampled_from(["it", "another", ""]),
    changed=st.none() | SECONDS,
    since=st.none() | SECONDS,
    temperature=st.sampled_from([20.0, 70.0, 70.5]),
    measured=st.none() | SECONDS,
    clock=st.none() | st.sampled_from([0.0, 120.0, -120.5, 121.0]),
    free=st.none() | st.sampled_from([499_999_999, 500_000_000]),
)
OUTAGES = st.sampled_from([None, (None, None, None), (5, None, None), (5, 900, 300), (4000, None, None)])


def expected(case: Case, outage: tuple[int | None, int | None, int | None] | None) -> str:
    """The table of `devices.services.status`, read line by line."""
    seen = case.seen or 0
    overdue = seen >= max(case.interval or 20, case.silent_after / 3) * 1.1 + 2
    swept, _, until = outage or (None, None, None)
    away_until = 0 if swept is None or swept > 60 else until
    table = {
        "retired": case.state == "retired",
        "never": case.seen is None,
        "unknown": overdue and case.is_online and away_until is not None and seen > away_until,
        "unstable": sum(flip < 3600 for flip in case.flips) > 6,
        "offline": not case.is_online,
        "late": overdue,
        "degraded": has_a_complaint(case),
    }
    return next((code for code, is_so in table.items() if is_so), "online")


def has_a_complaint(case: Case) -> bool:
    grace = 30 * 60
    said = case.held is not None and case.holds != "it" and (case.since is None or case.since >= grace)
    lacks = case.holds == "" or case.changed is not None
    last = min(case.held or 0, case.held or 0 if case.holds == "" or case.changed is None else case.changed)
    behind = said and lacks and last >= grace
    hot = case.temperature > 70 and case.measured is not None and case.measured < 3600
    clock = case.clock is not None and abs(case.clock) > 120
    disk = case.free is not None and case.free < 500_000_000
    return behind or hot or clock or disk


def make(case: Case) -> Device:
    changed = None if case.changed is None else ago(seconds=case.changed)
    device: Device = DeviceFactory.create(state=case.state, report_interval_s=case.interval, content_changed_at=changed)
    tagged: Any = Device.objects.with_tag().get(pk=device.pk)
    reported(
        device,
        is_online=case.is_online,
        last_seen_at=None if case.seen is None else ago(seconds=case.seen),
        silent_after_s=case.silent_after,
        since=None if case.since is None else ago(seconds=case.since),
        held_tag=tagged.tag if case.holds == "it" else case.holds,
        held_at=None if case.held is None else ago(seconds=case.held),
        temperature=case.temperature,
        temperature_at=None if case.measured is None else ago(seconds=case.measured),
        clock_offset_s=case.clock,
        storage_free=case.free,
    )
    PresenceFlip.objects.bulk_create(
        PresenceFlip(device=device, is_online=True, at=ago(seconds=flip), reason="report") for flip in case.flips
    )
    return device


@budget(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases=st.lists(CASES, min_size=1, max_size=6), outage=OUTAGES)
def test_sql_says_what_the_table_says_and_every_device_has_exactly_one(cases: list[Case], outage: Any):
    Device.objects.all().delete()
    SweepState.objects.all().delete()
    if outage is not None:
        swept, start, until = (None if s is None else ago(seconds=s) for s in outage)
        SweepState.objects.create(swept_at=swept, outage_from=start, outage_until=until)
    devices = {make(case).pk: expected(case, outage) for case in cases}
    annotated = list(Device.objects.with_status(NOW))
    assert {device.pk: status_of(device, NOW).code for device in annotated} == devices
    assert all(status_of(device, NOW).reasons for device in annotated)
    fleet: Any = Device.objects.with_status(NOW).order_by()
    rows = fleet.values_list("status").annotate(n=Count("pk"))
    assert dict(rows) == dict(Counter(devices.values()))
    for code in StatusCode:
        found = set(Device.objects.in_status([code], NOW).values_list("pk", flat=True))
        assert found == {pk for pk, one in devices.items() if one == code}
