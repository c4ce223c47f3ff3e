"""Logs in the admin: read by period, bounded, exported as they are shown."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from devices.tests.factories import DeviceFactory
from dgx.core.admin.base import BoundedPaginator
from telemetry.models import DeviceLog

pytestmark = pytest.mark.django_db

LIST = "/admin/telemetry/devicelog/"
EXPORT = f"{LIST}export/"


def _log(**fields: object) -> DeviceLog:
    values = {"log_type": "temperature", "value": 4.0, "logged_at": timezone.now(), **fields}
    return DeviceLog.objects.create(**values)


def _rows(answer) -> list[bytes]:
    return [line for line in answer.getvalue().split(b"\r\n") if line][1:]


@pytest.mark.parametrize(("period", "count"), [("", 2), ("hour", 1), ("week", 3), ("month", 4), ("all", 4), ("?", 2)])
def test_a_period_bounds_what_is_read(admin_client: Client, period: str, count: int):
    device = DeviceFactory.create()
    for hours in (0, 5, 50, 500):
        _log(device=device, logged_at=timezone.now() - timedelta(hours=hours))
    assert admin_client.get(LIST, {"period": period}).context["cl"].result_count == count


def test_one_devices_logs_are_all_shown(admin_client: Client):
    device, other = DeviceFactory.create(), DeviceFactory.create()
    _log(device=device, logged_at=timezone.now() - timedelta(days=20))
    _log(device=other)
    shown = admin_client.get(LIST, {"device__id__exact": device.pk}).context["cl"].result_list
    assert [log.device_id for log in shown] == [device.pk]


def test_the_type_is_matched_exactly(admin_client: Client):
    device = DeviceFactory.create()
    _log(device=device)
    _log(device=device, log_type="temperature_2")
    assert admin_client.get(LIST, {"type": "temperature"}).context["cl"].result_count == 1
    assert admin_client.get(LIST, {"type": "a\x00b"}).context["cl"].result_count == 0


def test_the_count_stops_at_its_limit(admin_client: Client, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(BoundedPaginator, "limit", 3)
    device = DeviceFactory.create()
    for _ in range(5):
        _log(device=device)
    with django_assert_max_num_queries(15) as queries:
        page = admin_client.get(LIST).content.decode()
    assert "the first 3 device logs" in page
    counts = [q["sql"] for q in queries if "COUNT(" in q["sql"] and "telemetry_devicelog" in q["sql"]]
    assert len(counts) == 1
    assert "LIMIT 3" in counts[0]


def test_the_export_holds_what_the_filters_let_through(admin_client: Client):
    device, other = DeviceFactory.create(mobile_id="one"), DeviceFactory.create()
    _log(device=device, log_type="message", message="=1+1")
    _log(device=other)
    answer = admin_client.get(EXPORT, {"device__id__exact": device.pk})
    rows = _rows(answer)
    assert (answer["Content-Type"], len(rows)) == ("text/csv; charset=utf-8", 1)
    assert rows[0].startswith(b"one,")
    assert b"'=1+1" in rows[0]


def test_filters_that_cannot_be_read_lead_back_to_the_list(admin_client: Client):
    answer = admin_client.get(EXPORT, {"nonsense__gte": "1"})
    assert (answer.status_code, answer["Location"]) == (302, LIST)


def test_the_export_is_for_those_who_may_see_logs(client: Client, user_with):
    assert client.get(EXPORT)["Location"].startswith("/admin/login/")
    client.force_login(user_with("devices.view_device"))
    assert client.get(EXPORT).status_code == 403


def test_devices_export_their_logs_by_an_action(admin_client: Client):
    device, other = DeviceFactory.create(), DeviceFactory.create()
    _log(device=device)
    _log(device=other)
    _log(device=device, log_type="message", logged_at=timezone.now() - timedelta(days=3))
    values = {"action": "export_logs", "_selected_action": [device.pk]}
    address = "/admin/devices/device/"
    asked = admin_client.post(address, {**values, "chosen": 1})
    assert asked.context["effect"][0] == "About 0 logs of 1 device, by the last roll-up."
    assert len(_rows(admin_client.post(address, {**values, "confirmed": 1}))) == 2
    assert len(_rows(admin_client.post(address, {**values, "confirmed": 1, "log_type": "message"}))) == 1
    today = timezone.now().date().isoformat()
    assert len(_rows(admin_client.post(address, {**values, "confirmed": 1, "since": today, "until": today}))) == 1


@pytest.mark.parametrize(
    "dates", [{"since": "x"}, {"since": "2026-02-02", "until": "2026-02-01"}, {"log_type": "a\x00b"}]
)
def test_a_period_that_cannot_be_is_an_error_of_the_question(admin_client: Client, dates: dict[str, str]):
    values = {"action": "export_logs", "_selected_action": [DeviceFactory.create().pk], "confirmed": 1}
    assert admin_client.post("/admin/devices/device/", {**values, **dates}).context["form"].errors


def test_the_action_is_not_for_whoever_may_not_see_logs(client: Client, user_with):
    device = DeviceFactory.create()
    client.force_login(user_with("devices.view_device"))
    values = {"action": "export_logs", "_selected_action": [device.pk], "confirmed": 1}
    assert "Content-Disposition" not in client.post("/admin/devices/device/", values)


def test_a_devices_page_shows_its_latest_logs(admin_client: Client):
    device = DeviceFactory.create()
    for n in range(12):
        _log(device=device, log_type="message", message=f"word-{n:02}", logged_at=timezone.now() - timedelta(minutes=n))
    page = admin_client.get(f"/admin/devices/device/{device.pk}/reports/").content.decode()
    assert [f"word-{n:02}" in page for n in (0, 9, 10)] == [True, True, False]
