"""The native poll: one round trip in which a device reports one log entry and hears that its manifest is unchanged.

The answer is sent once the report is on disk; at the end the stored rows are counted against the answers.
"""

import time
from collections.abc import Mapping

from benchmarks.bare_limits import bare_rate, bare_server
from benchmarks.core import Benchmark, Figure, at_least, at_most
from benchmarks.data import Fleet, count, fleet, number
from benchmarks.errors import BenchmarkError
from benchmarks.legacy_cycle import cycles, peer_server
from benchmarks.load import CONNECTIONS, Load, wrk
from benchmarks.proc import cpu_used
from benchmarks.rig import Rig, Server

_WAL_BYTES = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"


def first_seq() -> int:
    """A report number above all that any device sent in an earlier load."""
    return int(time.time() * 10_000)


def polls(server: Server, of: Fleet, *, seconds: float, entries: int = 1) -> Load:
    """Load the server with polls of devices that hold their manifest and report so many log entries."""
    return wrk(server.url, "poll", of.credentials, first_seq(), entries, "have", seconds=seconds)


class NativePoll(Benchmark):
    title = "native poll, unchanged manifest, one log entry, committed to disk"
    figures = {
        "rate": Figure("polls", "/s", at_least(2000)),
        "p99": Figure(f"p99 at {CONNECTIONS} connections", "ms", at_most(40)),
        "p50": Figure("p50", "ms"),
        "peer": Figure("× the peer's cycles", "", at_least(17)),
        "peer_rate": Figure("the peer's cycles", "/s"),
        "bare": Figure("× the bare view that writes", ""),
        "web_ms": Figure("CPU of the web server", "ms a poll"),
        "postgres_ms": Figure("CPU of PostgreSQL", "ms a poll"),
        "wal": Figure("write-ahead log", "bytes a poll"),
    }

    def setup(self, rig: Rig) -> None:
        self.bare = bare_server(rig)
        self.peer = peer_server(rig)
        self.fleet = fleet(rig)
        self.web = rig.web(self.fleet.database)
        polls(self.web, self.fleet, seconds=2)

    def run(self, rig: Rig) -> Mapping[str, float]:
        before, written = count("telemetry_devicelog"), number(_WAL_BYTES)
        with cpu_used(web=self.web.pid, postgres=rig.postgres_pid) as used:
            load = polls(self.web, self.fleet, seconds=rig.seconds)
        written = number(_WAL_BYTES) - written
        _expect_stored(load, count("telemetry_devicelog") - before)
        peer = cycles(self.peer, self.fleet.devices, seconds=rig.seconds)
        return {
            "rate": load.rate,
            "p99": load.latency_ms[99],
            "p50": load.latency_ms[50],
            "peer": load.rate / peer,
            "peer_rate": peer,
            "bare": load.rate / bare_rate(rig, self.bare, "write"),
            "web_ms": used.cpu["web"] / load.requests * 1000,
            "postgres_ms": used.cpu["postgres"] / load.requests * 1000,
            "wal": written / load.requests,
        }


def _expect_stored(load: Load, stored: int) -> None:
    """Every answered poll has its row; those that were under way when time was up may have one."""
    if not load.requests <= stored <= load.requests + CONNECTIONS:
        raise BenchmarkError(f"{load.requests} polls were answered, and {stored} log entries were stored")


BENCHMARK = NativePoll
