"""A device's charts: temperatures and events of a day, a week and a month, from the hourly roll-up."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from devices.tests.factories import DeviceFactory
from locations.tests.factories import ShopFactory
from telemetry.admin.charts import charts_panel
from telemetry.models import DeviceLog, DeviceLogHour, RollUpState
from telemetry.services.charts import Bucket, reported

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 14, 20, tzinfo=UTC)
HOUR = NOW.replace(minute=0)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def device():
    return DeviceFactory.create(shop=ShopFactory.create(timezone="Europe/Berlin"))


def _hour(device, hours_ago: float, log_type: str = "temperature", *values: float, count: int = 0) -> None:
    DeviceLogHour.objects.create(
        device=device,
        log_type=log_type,
        hour=HOUR - timedelta(hours=hours_ago),
        count=count or len(values),
        value_count=len(values),
        value_min=min(values, default=None),
        value_max=max(values, default=None),
        value_sum=sum(values) if values else None,
    )


def test_hours_are_counted_by_type_with_their_mean_and_extremes(device):
    _hour(device, 1, "temperature", 40, 42)
    _hour(device, 1, "door_open", count=7)
    assert reported(device.pk, zone=BERLIN, now=NOW).hours == [
        Bucket(HOUR - timedelta(hours=1), "door_open", 7, None, None, None),
        Bucket(HOUR - timedelta(hours=1), "temperature", 2, 41, 40, 42),
    ]


def test_days_begin_at_the_shops_midnight(device):
    _hour(device, 16, "temperature", 30)
    _hour(device, 15, "temperature", 40)
    days = reported(device.pk, zone=BERLIN, now=NOW).days
    assert [(day.start.astimezone(BERLIN).day, day.mean) for day in days] == [(9, 30), (10, 40)]


def test_what_is_not_rolled_up_yet_counts_and_what_is_counts_once(device):
    RollUpState.objects.update_or_create(pk=1, defaults={"rolled_until": NOW - timedelta(minutes=10)})
    _hour(device, 0, "temperature", 40)
    for minutes, value in ((15, 40.0), (5, 44.0)):
        at = NOW - timedelta(minutes=minutes)
        DeviceLog.objects.create(device=device, log_type="temperature", value=value, logged_at=at, received_at=at)
    assert reported(device.pk, zone=BERLIN, now=NOW).hours == [Bucket(HOUR, "temperature", 2, 42, 40, 44)]


def test_another_devices_logs_and_those_of_last_year_are_not_in_it(device):
    _hour(DeviceFactory.create(), 1, "temperature", 40)
    _hour(device, 24 * 365, "temperature", 40)
    assert reported(device.pk, zone=BERLIN, now=NOW) == ([], [])


def test_the_charts_leave_a_gap_where_nothing_was_measured_and_count_nothing_as_nought(device):
    _hour(device, 0, "temperature", 40)
    _hour(device, 2, "temperature", 42)
    _hour(device, 2, "door_open", count=3)
    day = charts_panel(device, NOW, None)["stretches"][0]
    temperature, events = json.loads(day["temperature"]), json.loads(day["events"])
    assert temperature["labels"][-3:] == ["13:00", "14:00", "15:00"]
    assert temperature["datasets"][0]["data"][-3:] == [42, None, 40]
    assert [(bars["label"], bars["data"][-3:]) for bars in events["datasets"]] == [("door_open", [3, 0, 0])]


def test_rare_kinds_of_events_are_counted_together(device):
    for n in range(6):
        _hour(device, 1, f"kind {n}", count=10 - n)
    events = json.loads(charts_panel(device, NOW, None)["stretches"][0]["events"])
    assert [(bars["label"], bars["data"][-2]) for bars in events["datasets"]] == [
        *[(f"kind {n}", 10 - n) for n in range(4)],
        ("others", 11),
    ]


@time_machine.travel(NOW, tick=False)
def test_the_page_draws_them_for_whoever_may_see_them(client: Client, user_with, device):
    _hour(device, 1, "temperature", 40)
    address = reverse("admin:devices_device_change", args=[device.pk])
    client.force_login(user_with("devices.view_device"))
    assert b"Temperature and events" not in client.get(address).content
    client.force_login(user_with("devices.view_device", "telemetry.view_deviceloghour", username="other"))
    page = client.get(address).content.decode()
    assert page.count('data-type="line"') == 3
