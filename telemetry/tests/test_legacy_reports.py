"""Temperatures, counters, logs and summaries over the old routes."""

import csv
import io
from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from devices.models import Device
from devices.tests.factories import DeviceFactory
from dgx.core.tests.old_client import OldClient
from locations.tests.factories import ShopFactory
from telemetry.models import DeviceLog
from telemetry.services.rollup import roll_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def old(settings) -> OldClient:
    settings.DGX_LEGACY_ANONYMOUS = True
    DeviceFactory.create(mobile_id="d")
    return OldClient()


def reading(old: OldClient, value: float, *, ago: timedelta = timedelta(0)) -> None:
    with time_machine.travel(timezone.now() - ago, tick=False):
        assert old.call("POST", "/device/d/temperature_update", {"temperature": value})[0] == 200


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_the_series_is_exact_before_between_and_after_a_roll_up(old):
    expected: list[float] = []
    with time_machine.travel("2026-03-05T12:00:00Z", tick=False) as clock:
        for value in (1.0, 2.0, 4.0):
            expected.append(value)
            reading(old, value)
            answer = old.call("GET", "/device/d/temperature_series")[1]
            assert answer["items"] == [
                {"t": "2026-03-05T00:00:00+00:00", "temperature": pytest.approx(sum(expected) / len(expected))}
            ]
            clock.shift(300)
            roll_up(now=timezone.now())
            assert old.call("GET", "/device/d/temperature_series")[1] == answer


def test_the_series_has_buckets_with_readings_alone_oldest_first(old):
    with time_machine.travel("2026-03-05T12:30:00Z", tick=False):
        for hours, value in ((30, 9.0), (3, 2.0), (3, 4.0), (1, 5.0)):
            reading(old, value, ago=timedelta(hours=hours))
        answer = old.call("GET", "/device/d/temperature_series?bucket=%20Hour%20&days=1")[1]
        assert (answer["bucket"], answer["count"]) == ("hour", 2)
        assert answer["items"] == [
            {"t": "2026-03-05T09:00:00+00:00", "temperature": 3.0},
            {"t": "2026-03-05T11:00:00+00:00", "temperature": 5.0},
        ]
        assert old.call("GET", "/device/d/temperature_series")[1]["count"] == 2
    assert old.call("GET", "/device/d/temperature_series?bucket=week") == (
        422,
        {"detail": "bucket must be 'day' or 'hour'"},
    )


def test_counters_start_anew_with_the_shops_day_and_month(old):
    Device.objects.update(shop=ShopFactory.create(timezone="Asia/Tokyo"))
    with time_machine.travel("2026-03-31T14:00:00Z", tick=False) as clock:  # 23:00 in Tokyo
        old.call("POST", "/device/d/daily_update", {"daily_count": 7})
        old.call("POST", "/device/d/monthly_update", {"monthly_count": 70})
        clock.shift(3600)
        answer = old.call("GET", "/device/d/counts")[1]
        assert (answer["daily_count"], answer["monthly_count"]) == (0, 0)
        assert old.call("POST", "/device/d/door_open")[1]["daily_count"] == 1


def test_a_stale_month_takes_the_number_that_it_is_given(old):
    with time_machine.travel("2026-03-31T12:00:00Z", tick=False) as clock:
        old.call("POST", "/device/d/monthly_update", {"monthly_count": 70})
        clock.shift(86_400)
        answer = old.call("POST", "/device/d/monthly_update", {"monthly_count": 5})
        assert answer == (200, {"mobile_id": "d", "monthly_count": 5})


def test_logs_are_filtered_by_type_and_whole_days(old):
    with time_machine.travel("2026-03-05T12:00:00Z", tick=False):
        reading(old, 1, ago=timedelta(hours=13))
        reading(old, 2)
        old.call("POST", "/device/d/door_open")
    day = "start_date=2026-03-05&end_date=2026-03-05"
    items = old.call("GET", f"/device/d/logs?{day}")[1]["items"]
    assert [(item["log_type"], item["value"]) for item in items] == [("door_open", 1.0), ("temperature", 2.0)]
    assert old.call("GET", f"/device/d/logs?{day}&log_type=door_open")[1]["count"] == 1
    assert old.call("GET", "/device/d/logs?log_type=Door_open")[1]["count"] == 0
    assert old.call("GET", "/device/d/logs?end_date=2026-03-04")[1]["items"][0]["value"] == 1.0


@pytest.mark.django_db(transaction=True)
def test_the_download_has_the_old_columns_and_numbers(old):
    with time_machine.travel("2026-03-05T12:00:00.5Z", tick=False):
        reading(old, 8, ago=timedelta(minutes=1))
        reading(old, -3.75)
    answer = old.send("GET", "/device/d/logs/download")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="logs_d.csv"'
    assert b"".join(answer).decode() == (
        "mobile_id,log_type,value,logged_at\r\n"
        "d,temperature,-3.75,2026-03-05T12:00:00.500000+00:00\r\n"
        "d,temperature,8.0,2026-03-05T11:59:00.500000+00:00\r\n"
    )


@pytest.mark.django_db(transaction=True)
def test_a_download_can_have_any_name_and_no_cell_runs(old):
    Device.objects.update(mobile_id="=cmd|1 中")
    old.call("POST", "/device/=cmd|1 中/door_open")
    answer = old.send("GET", "/device/=cmd|1 中/logs/download")
    assert "filename*=UTF-8''logs_%3Dcmd%7C1%20%E4%B8%AD.csv" in answer.headers["Content-Disposition"]
    assert table(b"".join(answer).decode())[1][0] == "'=cmd|1 中"
    assert old.call("GET", "/device/absent/logs/download") == (404, {"detail": "Device not found"})


def test_the_summary_has_every_device_and_means_of_zero(old):
    DeviceFactory.create(mobile_id="a quiet one")
    for value in (-1.0, 1.0):
        reading(old, value)
    old.call("POST", "/device/d/door_open")
    status, answer = old.call("GET", "/devices/logs/summary")
    assert (status, answer) == (
        200,
        {
            "count": 2,
            "items": [
                {
                    "mobile_id": "a quiet one",
                    "door_open_count": 0,
                    "avg_temperature": None,
                    "min_temperature": None,
                    "max_temperature": None,
                },
                {
                    "mobile_id": "d",
                    "door_open_count": 1,
                    "avg_temperature": 0.0,
                    "min_temperature": -1.0,
                    "max_temperature": 1.0,
                },
            ],
        },
    )
    rows = table(old.call("GET", "/devices/logs/summary/download")[1])
    assert rows[1:] == [["a quiet one", "0", "0", "0", "", "", ""], ["d", "1", "1", "1", "0.0", "-1.0", "1.0"]]


def test_the_summary_is_two_statements_for_any_number_of_devices(old, django_assert_num_queries):
    Device.objects.bulk_create(Device(mobile_id=f"x{number}") for number in range(50))
    with django_assert_num_queries(2):
        assert old.call("GET", "/devices/logs/summary")[1]["count"] == 51


def test_what_is_refused_is_not_stored(old):
    for body in (b'{"temperature": NaN}', b'{"temperature": 1e400}', b'{"temperature": "warm"}'):
        assert old.call("POST", "/device/d/temperature_update", body)[0] == 422
    assert old.call("POST", "/device/d/daily_update", {"daily_count": -3})[0] == 422
    assert not DeviceLog.objects.exists()
    presence = Device.objects.get(mobile_id="d").presence
    assert (presence.temperature, presence.temperature_at, presence.daily_count) == (0, None, 0)


def test_a_link_row_shows_the_stored_counters_unaged(old):
    from media_library.tests.factories import LinkFactory

    LinkFactory.create(device=Device.objects.get(mobile_id="d"))
    with time_machine.travel("2026-03-04T12:00:00Z", tick=False) as clock:
        old.call("POST", "/device/d/door_open")
        clock.move_to(datetime.fromisoformat("2026-03-05T12:00:00+00:00"))
        assert old.call("GET", "/device/d/videos")[1]["items"][0]["daily_count"] == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "online", None),
        ("POST", "online_update", {}),
        ("GET", "online_history", None),
        ("GET", "uptime_report", None),
        ("POST", "temperature_update", {"temperature": 1}),
        ("GET", "temperature_series", None),
        ("GET", "counts", None),
        ("POST", "door_open", None),
        ("POST", "daily_update", {"daily_count": 1}),
        ("POST", "monthly_update", {"monthly_count": 1}),
        ("GET", "logs", None),
        ("GET", "logs/download", None),
        ("GET", "download_status", None),
        ("POST", "download_update", {"status": True}),
    ],
)
def test_an_unknown_device_is_not_found(old, method, path, body):
    assert old.call(method, f"/device/absent/{path}", body) == (404, {"detail": "Device not found"})
