"""The old three-call cycle (list with 20 signed addresses, online, temperature) on DGX's old routes and on the peer."""

from collections.abc import Mapping

from benchmarks.core import Benchmark, Figure, at_least
from benchmarks.data import fleet
from benchmarks.load import wrk
from benchmarks.peer.seed import fill
from benchmarks.rig import Rig, Server

CALLS = 3


def peer_server(rig: Rig) -> Server:
    """The peer over its own copy of the fleet."""
    devices = rig.size(10_000, 1_000)
    server = rig.peer(rig.database(rig.template("peer", lambda: fill(devices))))
    cycles(server, devices, seconds=1)
    return server


def cycles(server: Server, devices: int, *, seconds: float) -> float:
    """Cycles a second that the server makes."""
    return wrk(server.url, "cycle", devices, seconds=seconds).rate / CALLS


class LegacyCycle(Benchmark):
    title = "the old three-call cycle, 20 videos, old routes"
    figures = {
        "peer": Figure("× the peer's cycles", "", at_least(6)),
        "rate": Figure("cycles", "/s"),
        "peer_rate": Figure("the peer's cycles", "/s"),
    }

    def setup(self, rig: Rig) -> None:
        self.peer = peer_server(rig)
        self.fleet = fleet(rig)
        self.web = rig.web(self.fleet.database, DGX_LEGACY_ANONYMOUS="true")  # the peer asks for no credential either
        cycles(self.web, self.fleet.devices, seconds=1)

    def run(self, rig: Rig) -> Mapping[str, float]:
        ours = cycles(self.web, self.fleet.devices, seconds=rig.seconds)
        peer = cycles(self.peer, self.fleet.devices, seconds=rig.seconds)
        return {"rate": ours, "peer_rate": peer, "peer": ours / peer}


BENCHMARK = LegacyCycle
