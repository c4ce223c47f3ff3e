"""What a request costs at the very least on this machine: the scale on which the other rates are to be read."""

from collections.abc import Mapping

from django.db import connection

from benchmarks.core import Benchmark, Figure
from benchmarks.load import wrk
from benchmarks.rig import Rig, Server

DEVICES = 10_000

_TABLES = f"""
CREATE TABLE bare_device (id bigint PRIMARY KEY, name text, seen_at timestamptz) WITH (fillfactor = 70);
CREATE TABLE bare_log (id bigserial PRIMARY KEY, device_id bigint, value float8, at timestamptz DEFAULT now());
INSERT INTO bare_device SELECT n, 'Device ' || n, now() FROM generate_series(1, {DEVICES}) n;
"""


def bare_server(rig: Rig) -> Server:
    """The bare views over a database of their own."""
    database = rig.database()
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
    rig.settle()
    return rig.bare(database)


def bare_rate(rig: Rig, server: Server, view: str) -> float:
    """Requests a second of `nothing`, `select` or `write`."""
    return wrk(server.url, "bare", f"/{view}", 0 if view == "nothing" else DEVICES, seconds=rig.seconds).rate


class BareLimits(Benchmark):
    title = "bare limits (Django and granian with nothing in them)"
    figures = {
        "nothing": Figure("an empty view", "/s"),
        "select": Figure("one indexed SELECT", "/s"),
        "write": Figure("a heap-only UPDATE and an INSERT, committed to disk", "/s"),
    }

    def setup(self, rig: Rig) -> None:
        self.server = bare_server(rig)
        wrk(self.server.url, "bare", "/write", DEVICES, seconds=2)

    def run(self, rig: Rig) -> Mapping[str, float]:
        return {view: bare_rate(rig, self.server, view) for view in self.figures}


BENCHMARK = BareLimits
