"""Reports of 500 log entries each, against psql's COPY of as many rows into the same table, indexes and all."""

from collections.abc import Mapping

from benchmarks.core import Benchmark, Figure, at_least
from benchmarks.data import count, fleet
from benchmarks.native_poll import polls
from benchmarks.rig import Rig

ENTRIES = 500
TABLE = "telemetry_devicelog"
COLUMNS = "device_id, log_type, value, message, tags, logged_at, received_at"
ROWS = """
SELECT 1 + n % {devices}, 'temperature', 20.5 + n % 30, NULL, '{{}}'::jsonb, now(), now()
  FROM generate_series(1, {rows}) n
"""


class ReportRows(Benchmark):
    title = f"reports of {ENTRIES} log entries a request"
    figures = {
        "rate": Figure("rows stored", "/s", at_least(30_000)),
        "copy": Figure("× psql COPY of the same rows", "", at_least(0.2)),
        "copy_rate": Figure("psql COPY", "rows/s"),
    }

    def setup(self, rig: Rig) -> None:
        self.fleet = fleet(rig)
        self.web = rig.web(self.fleet.database)
        polls(self.web, self.fleet, seconds=1, entries=ENTRIES)

    def run(self, rig: Rig) -> Mapping[str, float]:
        before = count(TABLE)
        load = polls(self.web, self.fleet, seconds=rig.seconds, entries=ENTRIES)
        stored = count(TABLE) - before
        copied = stored / self._copy(rig, stored)
        return {"rate": stored / load.seconds, "copy_rate": copied, "copy": stored / load.seconds / copied}

    def _copy(self, rig: Rig, rows: int) -> float:
        """Seconds that psql takes to load as many rows from a file."""
        file = rig.var / "rows.copy"
        made = ROWS.format(devices=self.fleet.devices, rows=rows).strip()
        rig.psql(self.fleet.database, rf"\copy ({made}) TO '{file}'")
        return rig.psql(self.fleet.database, rf"\copy {TABLE} ({COLUMNS}) FROM '{file}'")


BENCHMARK = ReportRows
