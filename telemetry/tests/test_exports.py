"""Logs as CSV: whole, ordered, safe in a spreadsheet, through one statement."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from devices.tests.factories import DeviceFactory, GroupFactory
from locations.tests.factories import ShopFactory
from telemetry.models import DeviceLog
from telemetry.services.exports import LOG_COLUMNS, log_lines, logs_csv_response
from telemetry.tests.factories import DeviceLogFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 1, 31, 12, 0, 0, 5, tzinfo=UTC)


def rows_of(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(response).decode(), newline="")))


def test_a_log_comes_out_whole():
    device = DeviceFactory.create(
        mobile_id="cooler-1", name="Left", shop=ShopFactory(name="Bern"), group=GroupFactory(name="Coolers")
    )
    DeviceLogFactory(device=device, value=4.25, message='a "b", c\nd', tags={"k": [1]}, logged_at=NOON)
    response = logs_csv_response(DeviceLog.objects.all(), filename="logs.csv")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="logs.csv"'
    time = "2026-01-31T12:00:00.000005Z"
    assert rows_of(response) == [
        list(LOG_COLUMNS),
        ["cooler-1", "Left", "Bern", "Coolers", "temperature", "4.25", 'a "b", c\nd', '{"k": [1]}', time, time],
    ]


def test_lines_end_as_rfc_4180_has_it_and_a_break_inside_a_cell_is_left_alone():
    DeviceLogFactory(message="a\nb")
    body = b"".join(log_lines(DeviceLog.objects.all()))
    assert body.count(b"\r\n") == 2
    assert b'"a\nb"' in body


def test_nothing_but_the_header_comes_out_of_nothing():
    assert b"".join(log_lines(DeviceLog.objects.none())) == ",".join(LOG_COLUMNS).encode() + b"\r\n"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_texts_that_a_spreadsheet_would_run_are_defused(start):
    device = DeviceFactory.create(
        mobile_id=f"{start}m",
        name=f"{start}n",
        shop=ShopFactory(name=f"{start}s"),
        group=GroupFactory(name=f"{start}g"),
    )
    DeviceLogFactory(device=device, log_type=f"{start}t", message=f"{start}x", value=-1)
    row = rows_of(logs_csv_response(DeviceLog.objects.all(), filename="x"))[1]
    assert row[:7] == [f"'{start}m", f"'{start}n", f"'{start}s", f"'{start}g", f"'{start}t", "-1", f"'{start}x"]


def test_the_filter_and_the_order_of_the_queryset_hold():
    device = DeviceFactory.create()
    for hours in (1, 3, 2):
        DeviceLogFactory(device=device, value=hours, logged_at=NOON + timedelta(hours=hours))
    DeviceLogFactory(value=9, logged_at=NOON)
    queryset = DeviceLog.objects.filter(device=device, message=None, value__gt=1.5).newest_first()
    assert [row[5] for row in rows_of(logs_csv_response(queryset, filename="x"))] == ["value", "3", "2"]


def test_one_statement_serves_any_number_of_devices(django_assert_num_queries):
    for _ in range(5):
        DeviceLogFactory()
    with django_assert_num_queries(1):
        assert len(rows_of(logs_csv_response(DeviceLog.objects.all(), filename="x"))) == 6


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("statement_wait_s", [0, 60])
def test_a_download_that_is_broken_off_leaves_the_connection_usable(settings, statement_wait_s):
    settings.DGX_STATEMENT_WAIT_S = statement_wait_s
    DeviceLogFactory()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO telemetry_devicelog (device_id, log_type, message, logged_at) "
            "SELECT device_id, 'x', repeat('y', 100), logged_at FROM telemetry_devicelog, generate_series(1, 20000)"
        )
    lines = log_lines(DeviceLog.objects.all())
    assert len([next(lines) for _ in range(3)]) == 3
    lines.close()
    connection.ensure_connection()
    assert DeviceLog.objects.filter(log_type="x").count() == 20000
