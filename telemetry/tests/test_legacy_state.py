"""Online, offline and uptime over the old routes."""

from datetime import datetime
from typing import Any

import pytest
import time_machine

from devices.models import Device
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.tests.old_client import OldClient

pytestmark = pytest.mark.django_db
NOON = "2026-03-05T12:00:00+00:00"


@pytest.fixture
def old(settings) -> OldClient:
    settings.DGX_LEGACY_ANONYMOUS = True
    DeviceFactory.create(mobile_id="d")
    return OldClient()


def beat(old: OldClient, at: str, *, online: bool = True) -> None:
    with time_machine.travel(at, tick=False):
        assert old.call("POST", "/device/d/online_update", {"is_online": online})[0] == 200


def uptime(old: OldClient, query: str = "", at: str = NOON) -> Any:
    with time_machine.travel(at, tick=False):
        status, answer = old.call("GET", f"/device/d/uptime_report{query}")
    assert status == 200
    return answer


def test_silence_is_noticed_by_a_look_and_written_into_the_history(old):
    beat(old, NOON)
    with time_machine.travel("2026-03-05T12:01:01+00:00", tick=False):
        assert old.call("GET", "/device/d/online")[1]["is_online"] is False
        history = old.call("GET", "/device/d/online_history")[1]
    assert [item["event_type"] for item in history["items"]] == ["offline", "online"]


def test_sixty_seconds_are_allowed_and_a_groups_own_interval_counts(old):
    beat(old, NOON)
    with time_machine.travel("2026-03-05T12:01:00+00:00", tick=False):
        assert old.call("GET", "/device/d/online")[1]["is_online"] is True
    Device.objects.update(group=GroupFactory.create(report_interval_s=100, missed_reports=3))
    beat(old, "2026-03-05T12:01:00+00:00")
    with time_machine.travel("2026-03-05T12:05:00+00:00", tick=False):
        assert old.call("GET", "/device/d/online")[1]["is_online"] is True


def test_the_sweep_names_whom_it_turned_offline_once(old):
    beat(old, NOON)
    DeviceFactory.create(mobile_id="never heard")
    with time_machine.travel("2026-03-05T12:02:00+00:00", tick=False):
        assert old.call("POST", "/admin/mark_offline_devices") == (200, {"marked_offline": 1, "devices": ["d"]})
        assert old.call("POST", "/admin/mark_offline_devices") == (200, {"marked_offline": 0, "devices": []})


def test_a_heartbeat_that_says_offline_counts_at_once(old):
    beat(old, NOON)
    beat(old, "2026-03-05T12:00:05+00:00", online=False)
    assert old.call("GET", "/device/d/online") == (200, {"mobile_id": "d", "is_online": False})
    row = Device.objects.get(mobile_id="d").presence
    assert row.last_seen_at == datetime.fromisoformat("2026-03-05T12:00:05+00:00")


def test_uptime_counts_sessions_up_to_now(old):
    beat(old, "2026-03-05T11:00:00+00:00")
    beat(old, "2026-03-05T11:30:00+00:00", online=False)
    assert uptime(old) == {
        "mobile_id": "d",
        "total_online_seconds": 1800.0,
        "total_offline_seconds": 1800.0,
        "online_percentage": 50.0,
        "total_online_events": 1,
        "total_offline_events": 1,
        "first_event": "2026-03-05T11:00:00+00:00",
        "last_event": "2026-03-05T11:30:00+00:00",
        "sessions": [
            {
                "type": "offline",
                "start": "2026-03-05T11:30:00+00:00",
                "end": None,
                "duration_seconds": 1800.0,
                "ongoing": True,
            },
            {
                "type": "online",
                "start": "2026-03-05T11:00:00+00:00",
                "end": "2026-03-05T11:30:00+00:00",
                "duration_seconds": 1800.0,
            },
        ],
    }


def test_a_range_counts_the_state_at_its_start_and_ends_where_it_ends(old):
    beat(old, "2026-03-03T18:00:00+00:00")
    answer = uptime(old, "?start_date=2026-03-04&end_date=2026-03-04")
    assert (answer["total_online_seconds"], answer["total_offline_seconds"]) == (86_400.0, 0.0)
    assert (answer["first_event"], answer["total_online_events"]) == (None, 0)
    assert answer["sessions"] == [
        {
            "type": "online",
            "start": "2026-03-04T00:00:00+00:00",
            "end": "2026-03-05T00:00:00+00:00",
            "duration_seconds": 86_400.0,
        }
    ]


def test_a_range_that_holds_the_present_stops_there(old):
    beat(old, "2026-03-05T06:00:00+00:00")
    answer = uptime(old, "?start_date=2026-03-05&end_date=2026-03-09")
    assert (answer["total_online_seconds"], answer["sessions"][0]["ongoing"]) == (21_600.0, True)


def test_two_events_of_one_kind_in_a_row_are_one_session(old):
    flips = Device.objects.get(mobile_id="d").flips
    for hour in (9, 10):
        flips.create(is_online=True, at=datetime.fromisoformat(f"2026-03-05T{hour:02}:00:00+00:00"), reason="imported")
    answer = uptime(old)
    assert (answer["total_online_seconds"], len(answer["sessions"])) == (10_800.0, 1)


def test_at_most_a_hundred_sessions_are_listed_and_all_are_counted(old):
    flips = Device.objects.get(mobile_id="d").flips
    for second in range(120):
        at = datetime.fromisoformat(f"2026-03-05T11:{second // 60:02}:{second % 60:02}+00:00")
        flips.create(is_online=second % 2 == 0, at=at, reason="imported")
    answer = uptime(old)
    assert (len(answer["sessions"]), answer["total_online_events"]) == (100, 60)
    assert answer["total_online_seconds"] == 60.0


def test_the_history_of_a_day_has_both_its_ends(old):
    beat(old, "2026-03-04T00:00:00+00:00")
    beat(old, "2026-03-04T23:59:59+00:00", online=False)
    beat(old, "2026-03-05T00:00:00+00:00")
    answer = old.call("GET", "/device/d/online_history?start_date=2026-03-04&end_date=2026-03-04")[1]
    assert [item["event_type"] for item in answer["items"]] == ["offline", "online"]


def test_a_heartbeat_is_one_statement(old, django_assert_num_queries):
    with django_assert_num_queries(1):
        old.call("POST", "/device/d/online_update", {})
