"""The whole manifest of a device with 20 items, whose addresses were signed before in this quarter of an hour."""

from collections.abc import Mapping

from benchmarks.bare_limits import bare_rate, bare_server
from benchmarks.core import Benchmark, Figure, at_least
from benchmarks.data import fleet
from benchmarks.load import wrk
from benchmarks.rig import Rig


class Manifest(Benchmark):
    title = "full manifest of 20 items, addresses signed before"
    figures = {
        "rate": Figure("manifests", "/s", at_least(1200)),
        "p99": Figure("p99 at 16 connections", "ms"),
        "bare": Figure("× the bare view that reads", ""),
    }

    def setup(self, rig: Rig) -> None:
        self.bare = bare_server(rig)
        self.fleet = fleet(rig)
        self.web = rig.web(self.fleet.database)
        wrk(self.web.url, "manifest", self.fleet.credentials, seconds=2)  # signs all 200 addresses in both workers

    def run(self, rig: Rig) -> Mapping[str, float]:
        load = wrk(self.web.url, "manifest", self.fleet.credentials, seconds=rig.seconds)
        bare = bare_rate(rig, self.bare, "select")
        return {"rate": load.rate, "p99": load.latency_ms[99], "bare": load.rate / bare}


BENCHMARK = Manifest
