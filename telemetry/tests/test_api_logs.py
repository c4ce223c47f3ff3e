"""/api/v1/logs, …/logs/export and /api/v1/devices/{id}/logs."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.tests.contract import NO_SUCH, assert_refused, key_client
from telemetry.api import pagination
from telemetry.models import DeviceLog

ROUTE = "/api/v1/logs"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def device():
    return DeviceFactory.create(mobile_id="screen-1")


def log(device, minutes_ago=0, **fields):
    at = NOON - timedelta(minutes=minutes_ago)
    return DeviceLog.objects.create(
        **{"device": device, "log_type": "temperature", "logged_at": at, "received_at": at, **fields}
    )


def ids(response):
    assert response.status_code == 200, response.json()
    return [item["id"] for item in response.json()["results"]]


def test_strangers_and_those_without_the_permission_are_refused(api, user_with, device):
    addresses = (ROUTE, f"{ROUTE}/export", f"/api/v1/devices/{device.public_id}/logs")
    for address in addresses:
        assert_refused(api.get(address), 401, "not_authenticated")
    api.force_authenticate(user_with("devices.view_device"))
    for address in addresses:
        assert_refused(api.get(address), 403, "permission_denied")
    viewer = user_with("devices.view_device", "telemetry.view_devicelog", username="viewer")
    for address in addresses:
        assert key_client(viewer, "read").get(address).status_code == 200


def test_logs_come_newest_first(admin_api, device):
    old, new = log(device, 5, value=40.0), log(device, 1, value=41.5, tags={"a": 1})
    assert admin_api.get(f"{ROUTE}/").json() == {
        "count": 2,
        "next": None,
        "previous": None,
        "results": [
            {
                "id": new.id,
                "device": str(device.public_id),
                "mobile_id": "screen-1",
                "log_type": "temperature",
                "value": 41.5,
                "message": None,
                "tags": {"a": 1},
                "logged_at": "2026-01-31T11:59:00Z",
                "received_at": "2026-01-31T11:59:00Z",
            },
            {
                "id": old.id,
                "device": str(device.public_id),
                "mobile_id": "screen-1",
                "log_type": "temperature",
                "value": 40.0,
                "message": None,
                "tags": {},
                "logged_at": "2026-01-31T11:55:00Z",
                "received_at": "2026-01-31T11:55:00Z",
            },
        ],
    }


def test_pages_follow_each_other_forth_and_back_through_equal_times(admin_api, device):
    rows = [log(device, minutes) for minutes in (0, 1, 1, 1, 1, 2, 3)]
    expected = [row.id for row in sorted(rows, key=lambda row: (row.logged_at, row.id), reverse=True)]
    forth, page = [], admin_api.get(ROUTE, {"limit": 2, "log_type": "temperature"})
    while True:
        forth.append(ids(page))
        if page.json()["next"] is None:
            break
        page = admin_api.get(page.json()["next"])
    assert forth == [expected[0:2], expected[2:4], expected[4:6], expected[6:]]
    back = []
    while (address := page.json()["previous"]) is not None:
        page = admin_api.get(address)
        back.append(ids(page))
    assert back == [expected[4:6], expected[2:4], expected[0:2]]


def test_the_count_stops_where_counting_would_cost(admin_api, device, monkeypatch):
    monkeypatch.setattr(pagination, "COUNTED", 3)
    for minutes in range(3):
        log(device, minutes)
    assert admin_api.get(ROUTE, {"limit": 1}).json()["count"] == 3
    log(device)
    assert admin_api.get(ROUTE, {"limit": 1}).json()["count"] is None


def test_a_page_costs_three_statements_for_any_number(admin_api, django_assert_num_queries):
    for _ in range(5):
        log(DeviceFactory.create())
    with django_assert_num_queries(3):  # the logs, their devices, the count
        assert len(ids(admin_api.get(ROUTE))) == 5


def test_an_empty_page_has_no_neighbours(admin_api):
    assert admin_api.get(ROUTE).json() == {"count": 0, "next": None, "previous": None, "results": []}


def test_logs_are_filtered(admin_api, device):
    group = GroupFactory.create()
    member = DeviceFactory.create(group=group)
    warm, cold = log(device, 1, value=40.0), log(device, 2, value=-5.0)
    door = log(member, 3, log_type="door_open")

    def found(**query):
        return ids(admin_api.get(ROUTE, query))

    assert found(device="mobile_id:screen-1") == [warm.id, cold.id]
    assert found(device=str(member.public_id)) == [door.id]
    assert found(group=str(group.public_id)) == [door.id]
    assert found(shop="none") == [warm.id, cold.id, door.id]
    assert found(log_type="door_open") == [door.id]
    assert found(value_min="0") == [warm.id]
    assert found(value_max="0") == [cold.id]
    assert found(logged_at_after="2026-01-31T11:58:00Z") == [warm.id, cold.id]
    assert found(logged_at_before="2026-01-31T11:58:00Z") == [door.id]


def test_without_a_device_a_page_reads_a_bounded_stretch_of_time(admin_api, device):
    old, new = log(device, 60 * 30), log(device, 1)
    assert ids(admin_api.get(ROUTE)) == [new.id]
    assert ids(admin_api.get(ROUTE, {"device": "mobile_id:screen-1"})) == [new.id, old.id]
    assert ids(admin_api.get(ROUTE, {"logged_at_after": "2026-01-29T00:00:00Z"})) == [new.id, old.id]
    assert ids(admin_api.get(ROUTE, {"logged_at_before": "2026-01-30T07:00:00Z"})) == [old.id]
    detail = assert_refused(admin_api.get(ROUTE, {"logged_at_after": "2025-12-01T00:00:00Z"}), 400)
    assert detail["fields"] == {"logged_at_after": ["Name a device, or a stretch of at most 31 days."]}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("value_min", "NaN"),
        ("value_max", "inf"),
        ("value_min", "warm"),
        ("logged_at_after", "yesterday"),
        ("log_type", "a\x00b"),
        ("limit", "501"),
        ("cursor", "x"),
        ("cursor", "Zg"),
        ("cursor", "ä"),
        ("offset", "3"),  # there is no such page: ignored, it would give the first one for ever
        ("search", "x"),
        ("colour", "red"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_by_name(admin_api, name, value):
    assert list(assert_refused(admin_api.get(ROUTE, {name: value}), 400)["fields"]) == [name]


def test_an_unknown_device_is_a_404_that_names_it(admin_api):
    assert_refused(admin_api.get(ROUTE, {"device": NO_SUCH}), 404, "device_not_found")
    assert_refused(admin_api.get(f"/api/v1/devices/{NO_SUCH}/logs"), 404, "device_not_found")


def test_a_log_is_not_written_here(admin_api):
    assert_refused(admin_api.post(ROUTE, {}), 405, "method_not_allowed")


def test_a_devices_own_logs_are_all_of_its_logs(admin_api, device):
    rows = [log(device, 1), log(device, 60 * 24 * 40)]
    log(DeviceFactory.create())
    assert ids(admin_api.get("/api/v1/devices/mobile_id:screen-1/logs/")) == [row.id for row in rows]


@pytest.mark.django_db(transaction=True)
def test_the_export_streams_what_the_filters_leave(admin_api, device):
    log(device, 2, value=40.0, message="=1+1")
    log(device, 1, log_type="door_open")
    response = admin_api.get(f"{ROUTE}/export/", {"log_type": "temperature"})
    lines = b"".join(response.streaming_content).decode().splitlines()
    assert response["Content-Disposition"] == 'attachment; filename="device-logs-2026-01-31.csv"'
    assert lines == [
        "mobile_id,name,shop,group,log_type,value,message,tags,logged_at,received_at",
        'screen-1,"",,,temperature,40,\'=1+1,{},2026-01-31T11:58:00.000000Z,2026-01-31T11:58:00.000000Z',
    ]


def test_an_export_with_a_bad_filter_is_refused_before_it_starts(admin_api):
    assert_refused(admin_api.get(f"{ROUTE}/export", {"value_min": "warm"}), 400)
