"""Memory of a web worker and of Celery's worker under mixed load: polls, manifests, the old cycle, background tasks.

The load runs for ten minutes at full speed: more requests than an hour brings of a fleet that reports each half minute.
The growth is that of the second half, when every cache is full.
"""

from collections.abc import Mapping

from benchmarks.core import Benchmark, Figure, at_most
from benchmarks.data import Fleet, fleet
from benchmarks.legacy_cycle import CALLS, cycles
from benchmarks.load import wrk
from benchmarks.native_poll import polls
from benchmarks.proc import largest_mb
from benchmarks.rig import Rig, Server
from devices.tasks import mark_offline
from telemetry.tasks import keep_partitions, roll_up

ROUNDS = 10
"""Of a full run; a quick one has two."""


class Memory(Benchmark):
    title = "memory after an hour's load of a fleet of 10,000"
    figures = {
        "web": Figure("the largest web worker", "MB", at_most(150)),
        "web_growth": Figure("its growth in the second half", "MB", at_most(5), sized=True),
        "worker": Figure("the largest Celery process", "MB", at_most(150)),
        "worker_growth": Figure("its growth in the second half", "MB", at_most(5), sized=True),
        "requests": Figure("requests answered", ""),
    }
    runs = 1

    def setup(self, rig: Rig) -> None:
        self.fleet = fleet(rig)
        self.web = rig.web(self.fleet.database, DGX_LEGACY_ANONYMOUS="true")
        self.worker = rig.process("worker", self.fleet.database)

    def run(self, rig: Rig) -> Mapping[str, float]:
        requests, web, worker = 0, [], []
        rounds = rig.size(ROUNDS, 2)
        for _ in range(rounds):
            requests += _mixed_load(self.web, self.fleet, seconds=rig.size(20, 1))
            web.append(largest_mb(self.web.pid))
            worker.append(largest_mb(self.worker.pid))
        half = rounds // 2 - 1
        return {
            "web": max(web),
            "web_growth": web[-1] - web[half],
            "worker": max(worker),
            "worker_growth": worker[-1] - worker[half],
            "requests": requests,
        }


def _mixed_load(web: Server, of: Fleet, *, seconds: float) -> int:
    """A third of the time each: polls, whole manifests, the old cycle; returns the requests."""
    for task in (mark_offline, roll_up, keep_partitions):
        task.delay()
    polled = polls(web, of, seconds=seconds).requests
    fetched = wrk(web.url, "manifest", of.credentials, seconds=seconds).requests
    return polled + fetched + int(cycles(web, of.devices, seconds=seconds) * seconds * CALLS)


BENCHMARK = Memory
