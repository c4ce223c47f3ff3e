"""The hourly roll-up of a month's logs in one go, and the month chart of a device that reads from it, over HTTP."""

import time
from collections.abc import Mapping
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from benchmarks.client import Client
from benchmarks.core import Benchmark, Figure, at_most
from benchmarks.data import bytes_of, make_devices, make_logs
from benchmarks.errors import BenchmarkError
from benchmarks.rig import Rig
from telemetry.models import DeviceLog, DeviceLogHour, RollUpState
from telemetry.services.rollup import roll_up

DEVICES = 1_000
SPAN = timedelta(days=30)
CHARTS = 50


class RollUp(Benchmark):
    title = "hourly roll-up of 10,000,000 log rows; month chart of one device"
    figures = {
        "seconds": Figure("the roll-up", "s", at_most(60), sized=True),
        "rate": Figure("rows rolled up", "/s"),
        "hours": Figure("hours written", ""),
        "log_bytes": Figure("a log entry on disk, indexes included", "bytes"),
        "hour_bytes": Figure("an hour of the roll-up likewise", "bytes"),
        "chart": Figure("month chart by the hour, the slowest of 50", "ms", at_most(50)),
    }

    def setup(self, rig: Rig) -> None:
        self.rows = rig.size(10_000_000, 100_000)
        database = rig.database()
        make_devices(DEVICES, groups=50, shops=100)
        make_logs(self.rows, devices=DEVICES, span=SPAN)
        rig.settle()
        self.web = rig.web(database, DGX_LEGACY_ANONYMOUS="true")

    def run(self, rig: Rig) -> Mapping[str, float]:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {DeviceLogHour._meta.db_table}, {RollUpState._meta.db_table}")
        started = time.perf_counter()
        hours = roll_up(now=timezone.now())
        taken = time.perf_counter() - started
        with connection.cursor() as cursor:  # as autovacuum does within a minute
            cursor.execute(f"VACUUM (ANALYZE) {DeviceLogHour._meta.db_table}")
        return {
            "seconds": taken,
            "rate": self.rows / taken,
            "hours": hours,
            "log_bytes": bytes_of(DeviceLog._meta.db_table) / self.rows,
            "hour_bytes": bytes_of(DeviceLogHour._meta.db_table) / hours,
            "chart": max(self._charts()),
        }

    def _charts(self) -> list[float]:
        """Milliseconds of the charts of so many devices."""
        client, taken = Client(self.web), []  # anew, since the server ends a line that was silent during the roll-up
        for device in range(1, CHARTS + 2):
            started = time.perf_counter()
            chart = client.call("GET", f"/device/dev-{device}/temperature_series?days=30&bucket=hour")
            taken.append((time.perf_counter() - started) * 1000)
            if not chart["items"]:
                raise BenchmarkError("a chart is empty")
        return taken[1:]  # the first opens the connections


BENCHMARK = RollUp
