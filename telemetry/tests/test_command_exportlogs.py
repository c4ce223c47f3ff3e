"""`manage.py exportlogs`: the same filters and the same file as the API's export."""

import csv
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from devices.tests.factories import DeviceFactory, GroupFactory
from locations.tests.factories import ShopFactory
from telemetry.services.exports import LOG_COLUMNS
from telemetry.tests.factories import DeviceLogFactory

pytestmark = pytest.mark.django_db
DAY = datetime(2026, 1, 31, tzinfo=UTC)


@pytest.fixture
def logs():
    """Two devices in different places; values tell the logs apart."""
    ours = DeviceFactory(mobile_id="a", group=GroupFactory(name="coolers"), shop=ShopFactory(name="Bern"))
    theirs = DeviceFactory(mobile_id="b", group=GroupFactory(name="screens"), shop=ShopFactory(name="Lyon"))
    DeviceLogFactory(device=ours, value=1, logged_at=DAY)
    DeviceLogFactory(device=ours, value=2, log_type="door_open", logged_at=DAY + timedelta(hours=23, minutes=59))
    DeviceLogFactory(device=theirs, value=3, logged_at=DAY + timedelta(days=1))
    DeviceLogFactory(device=theirs, value=4, logged_at=DAY + timedelta(days=2))


@pytest.mark.parametrize(
    ("arguments", "values"),
    [
        ([], "4321"),
        (["--device", "a"], "21"),
        (["--group", "screens"], "43"),
        (["--shop", "Bern"], "21"),
        (["--type", "door_open"], "2"),
        (["--since", "2026-02-01"], "43"),
        (["--until", "2026-01-31"], "21"),
        (["--since", "2026-01-31T23:00", "--until", "2026-02-02T00:00:00+00:00"], "32"),
        (["--since", "2026-02-01T01:00:00+01:00", "--until", "2026-02-01"], "3"),
        (["--device", "a", "--group", "screens"], ""),
        (["--type", "unknown"], ""),
    ],
)
def test_filters_choose_the_logs_newest_first(logs, tmp_path, arguments, values):
    call_command("exportlogs", *arguments, "-o", str(tmp_path / "logs.csv"))
    with (tmp_path / "logs.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == LOG_COLUMNS
    assert "".join(row[5] for row in rows) == values


def test_it_writes_to_the_standard_output_and_says_nothing_else(logs, capsysbinary):
    call_command("exportlogs", "--device", "a")
    out, err = capsysbinary.readouterr()
    assert out.count(b"\r\n") == 3
    assert err == b""


def test_it_counts_what_it_wrote_and_leaves_no_part_behind(logs, tmp_path, capsys):
    call_command("exportlogs", "--output", str(tmp_path / "logs.csv"))
    assert capsys.readouterr().err == f"Wrote 4 logs to {tmp_path}/logs.csv.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["logs.csv"]


@pytest.mark.parametrize("option", ["device", "group", "shop"])
def test_it_names_what_it_does_not_know(option, tmp_path):
    with pytest.raises(CommandError, match=f"There is no {option} 'x'."):
        call_command("exportlogs", f"--{option}", "x", "-o", str(tmp_path / "logs.csv"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", ["yesterday", "2026-02-30", "2026-01-31T25:00", "9999-12-31"])
def test_it_refuses_what_is_no_day_and_no_time(value):
    with pytest.raises(CommandError, match="is no day"):
        call_command("exportlogs", "--until", value)


def test_a_file_that_cannot_be_written_is_named(logs, tmp_path):
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        call_command("exportlogs", "-o", str(tmp_path / "nowhere" / "logs.csv"))
