"""The whole log as CSV over HTTP, against psql's \\copy of the same rows and columns, and the memory it takes."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from benchmarks.client import Client, Downloaded
from benchmarks.core import Benchmark, Figure, at_least, at_most
from benchmarks.data import api_key, make_devices, make_logs
from benchmarks.errors import BenchmarkError
from benchmarks.proc import largest_mb
from benchmarks.rig import Rig

ADDRESS = "/api/v1/logs/export"
SAME_ROWS = """
SELECT d.mobile_id, d.name, s.name, g.name, l.log_type, l.value, l.message, l.tags, l.logged_at, l.received_at
  FROM telemetry_devicelog l JOIN devices_device d ON d.id = l.device_id
  LEFT JOIN devices_group g ON g.id = d.group_id LEFT JOIN locations_shop s ON s.id = d.shop_id
 ORDER BY l.logged_at DESC, l.id DESC
"""


class CsvExport(Benchmark):
    title = "CSV export of 1,000,000 log entries over HTTP"
    figures = {
        "copy": Figure("× psql \\copy to a file (speed)", "", at_least(0.5)),
        "rate": Figure("rows", "/s"),
        "copy_rate": Figure("psql \\copy", "rows/s"),
        "memory": Figure("growth of the web worker meanwhile", "MB", at_most(20)),
    }

    def setup(self, rig: Rig) -> None:
        self.rows = rig.size(1_000_000, 100_000)
        self.database = rig.database()
        make_devices(10_000, groups=50, shops=100)
        make_logs(self.rows, devices=10_000, span=timedelta(days=7))
        rig.settle()
        self.web = rig.web(self.database)
        self.client = Client(self.web, f"Bearer {api_key()}")
        self._export()

    def run(self, rig: Rig) -> Mapping[str, float]:
        before, peak = largest_mb(self.web.pid), [0.0]
        ours = self._export(lambda: peak.append(largest_mb(self.web.pid)))
        command = rf"\copy ({' '.join(SAME_ROWS.split())}) TO '{rig.var / 'export.csv'}' (FORMAT csv)"
        copied = rig.psql(self.database, command)
        return {
            "rate": self.rows / ours.seconds,
            "copy": copied / ours.seconds,
            "copy_rate": self.rows / copied,
            "memory": max(peak) - before,
        }

    def _export(self, each_chunk: Callable[[], None] = lambda: None) -> Downloaded:
        got = self.client.download(ADDRESS, each_chunk)
        if got.lines != self.rows + 1:
            raise BenchmarkError(f"{got.lines} lines came for {self.rows} rows and a header")
        return got


BENCHMARK = CsvExport
