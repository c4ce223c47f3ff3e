"""A simulated fleet that lives as fleets do: boots, polls with jitter, downloads, resends, loses power, has bad clocks.

`manage.py simulatefleet` judges every answer; at the end the database itself is asked whether every promise was kept.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from benchmarks.core import Benchmark, Figure, at_least, at_most
from benchmarks.errors import BenchmarkError
from benchmarks.proc import cpu_used
from benchmarks.rig import Rig
from devices.models import Group
from dgx.stack.run import ROOT
from media_library.models import Link, Video

FLAKY = 0.05
INTERVAL_S = 30
INJECTED = ("lost", "the line broke")
"""Words of the faults that the simulator makes itself."""

GROUP = "the fleet"
FILMS = 20


class SimulatedFleet(Benchmark):
    title = f"simulated fleet of 10,000 devices, a poll each {INTERVAL_S} s, {FLAKY:.0%} of calls go wrong, 10 minutes"
    figures = {
        "broken": Figure("promises broken, as the devices see it", "", at_most(0)),
        "errors": Figure("errors that were not injected", "", at_most(0)),
        "lost": Figure("acknowledged logs that are not stored", "", at_most(0)),
        "twice": Figure("logs stored twice", "", at_most(0)),
        "flips": Figure("flips that do not alternate", "", at_most(0)),
        "holding": Figure("online devices that hold their current manifest", "%", at_least(99)),
        "logs": Figure("logs acknowledged", ""),
        "cpu": Figure("CPU of web and database", "% of the box", at_most(60), sized=True),
        "polls": Figure("polls", "/s"),
        "p99": Figure("p99 of a poll", "ms"),
    }
    runs = 1

    def setup(self, rig: Rig) -> None:
        self.devices = rig.size(10_000, 500)
        self.seconds = rig.size(600, 15)
        self.database = rig.database()
        _put_films_on(Group.objects.create(name=GROUP))
        rig.settle()
        self.web = rig.web(self.database)
        rig.process("worker", self.database)
        rig.process("beat", self.database)

    def run(self, rig: Rig) -> Mapping[str, float]:
        with cpu_used(web=self.web.pid, postgres=rig.postgres_pid) as used:
            report = self._simulate(rig)
        counts, stored = report["counts"], report["database"]
        interruptions = {name: number for name, number in counts.items() if name.startswith("interrupted")}
        return {
            "broken": counts.get("violations", 0),
            "errors": sum(n for name, n in interruptions.items() if not any(word in name for word in INJECTED)),
            "lost": stored["acknowledged_and_lost"],
            "twice": stored["stored_twice"],
            "flips": stored["flips_in_a_row"],
            "holding": 100 * stored["holding"] / max(1, stored["online"]),
            "logs": report["logs"]["acknowledged"],
            "cpu": 100 * used.share_of_box("web", "postgres"),
            "polls": report["polls_per_s"],
            "p99": report["latency_ms"]["poll"]["p99"],
        }

    def _simulate(self, rig: Rig) -> dict[str, Any]:
        argv = [sys.executable, "manage.py", "simulatefleet", "--url", self.web.url, "--seed", "1"]
        argv += ["--devices", str(self.devices), "--bulk", "--group", GROUP, "--check"]
        argv += ["--seconds", str(self.seconds), "--flaky", str(FLAKY)]
        argv += ["--interval", str(INTERVAL_S if not rig.quick else 3)]
        env = {**os.environ, "DATABASE_URL": rig.url_of(self.database)}
        done = subprocess.run(
            argv, cwd=ROOT, env=env, capture_output=True, text=True, timeout=self.seconds + 120, check=False
        )
        if not done.stdout.startswith("{"):
            raise BenchmarkError(f"the simulated fleet did not run: {done.stderr[-2000:]}")
        report: dict[str, Any] = json.loads(done.stdout)
        return report


def _put_films_on(group: Group) -> None:
    """Give the group a playlist of media with real bytes in the store."""
    for number in range(FILMS):
        content = hashlib.shake_128(f"film {number}".encode()).digest(200_000)
        digest = hashlib.sha256(content).hexdigest()
        key = default_storage.save(f"myvideos/{digest}.mp4", ContentFile(content))
        video = Video.objects.create(
            name=f"film {number}",
            file=key,
            sha256=digest,
            size=len(content),
            mime="video/mp4",
            state=Video.State.READY,
            probed_at=timezone.now(),
        )
        Link.objects.create(video=video, group=group, display_order=number)


BENCHMARK = SimulatedFleet
