"""Verbs over many logs."""

from datetime import UTC, datetime, timedelta

import pytest

from devices.tests.factories import DeviceFactory
from telemetry.models import DeviceLog
from telemetry.tests.factories import DeviceLogFactory

pytestmark = pytest.mark.django_db
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


def test_between_takes_the_start_and_leaves_the_end():
    logs = [DeviceLogFactory(logged_at=NOON - timedelta(hours=n)) for n in range(3)]
    assert set(DeviceLog.objects.between(logs[2].logged_at, logs[0].logged_at)) == {logs[1], logs[2]}
    assert set(DeviceLog.objects.between(None, logs[1].logged_at)) == {logs[2]}
    assert set(DeviceLog.objects.between(logs[1].logged_at, None)) == {logs[0], logs[1]}
    assert DeviceLog.objects.between(None, None).count() == 3


def test_a_day_is_read_from_its_own_partition_alone():
    plan = DeviceLog.objects.between(NOON - timedelta(hours=1), NOON).explain()
    assert f"telemetry_devicelog_{NOON:%Y%m%d}" in plan
    assert f"telemetry_devicelog_{NOON - timedelta(days=1):%Y%m%d}" not in plan


def test_newest_first_by_the_devices_time_then_by_the_later_stored():
    old, first, second = (DeviceLogFactory(logged_at=NOON - timedelta(hours=h)) for h in (1, 0, 0))
    assert list(DeviceLog.objects.newest_first()) == [second, first, old]


def test_the_summary_has_doors_and_temperatures_by_device():
    cold, bare = DeviceFactory(), DeviceFactory()
    for value in (-2, 0, 5):
        DeviceLogFactory(device=cold, value=value)
    DeviceLogFactory(device=cold, log_type="door_open", value=1)
    DeviceLogFactory(device=bare, log_type="door_open", value=1)
    rows = {row.pop("device_id"): row for row in DeviceLog.objects.summary()}
    assert rows == {
        cold.pk: {"door_open_count": 1, "avg_temperature": 1.0, "min_temperature": -2.0, "max_temperature": 5.0},
        bare.pk: {
            "door_open_count": 1,
            "avg_temperature": None,
            "min_temperature": None,
            "max_temperature": None,
        },
    }
