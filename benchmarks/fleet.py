"""A simulated fleet that lives as fleets do: boots, polls with jitter, downloads, resends, loses power, has bad clocks.

`manage.py simulatefleet` judges every answer; at the end the database itself is asked whether every promise was kept.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from benchmarks.core import Benchmark, Figure, at_least, at_most
from benchmarks.data import make_devices, make_tokens_and_videos, number
from benchmarks.errors import BenchmarkError
from benchmarks.proc import cpu_used
from benchmarks.rig import Rig
from devices.models import Device
from dgx.protocol.management.commands.simulatefleet import DEMO_TOKENS
from dgx.stack.run import ROOT
from media_library.models import Video

FLAKY = 0.05
INTERVAL_S = 30
INJECTED = ("lost", "the line broke")
"""Words of the faults that the simulator makes itself."""

_SILENT = "UPDATE devices_presence SET is_online = false, last_seen_at = NULL, since = NULL, boot_id = ''"
_LINKS = """
INSERT INTO media_library_link (public_id, video_id, group_id, display_order)
SELECT gen_random_uuid(), v.id, g.id, v.id FROM media_library_video v, devices_group g WHERE v.id <= 20
"""
_STORED_TWICE = "SELECT count(*) - count(DISTINCT tags ->> 'sim') FROM telemetry_devicelog WHERE tags ? 'sim'"
_STORED = "SELECT count(*) FROM telemetry_devicelog WHERE tags ? 'sim'"
_FLIPS_IN_A_ROW = """
SELECT count(*) FROM (SELECT is_online = lag(is_online) OVER (PARTITION BY device_id ORDER BY id) AS again
                        FROM devices_presenceflip) flips WHERE again
"""


class SimulatedFleet(Benchmark):
    title = f"simulated fleet of 10,000 devices, a poll each {INTERVAL_S} s, {FLAKY:.0%} of calls go wrong, 10 minutes"
    figures = {
        "broken": Figure("promises broken, as the devices see it", "", at_most(0)),
        "errors": Figure("errors that were not injected", "", at_most(0)),
        "lost": Figure("acknowledged logs that are not stored", "", at_most(0)),
        "twice": Figure("logs stored twice", "", at_most(0)),
        "flips": Figure("flips that do not alternate", "", at_most(0)),
        "holding": Figure("online devices that hold their current manifest", "%", at_least(99)),
        "cpu": Figure("CPU of web and database", "% of the box", at_most(60), sized=True),
        "polls": Figure("polls", "/s"),
        "p99": Figure("p99 of a poll", "ms"),
    }
    runs = 1

    def setup(self, rig: Rig) -> None:
        self.devices = rig.size(10_000, 500)
        self.seconds = rig.size(600, 15)
        self.database = rig.database()
        make_devices(self.devices, groups=50, shops=100)
        make_tokens_and_videos()
        _execute(_SILENT)
        _store_films()
        _execute(_LINKS)
        rig.settle()
        self.tokens = _write_tokens(rig.var / "fleet")
        self.web = rig.web(self.database)
        rig.process("worker", self.database)
        rig.process("beat", self.database)

    def run(self, rig: Rig) -> Mapping[str, float]:
        with cpu_used(web=self.web.pid, postgres=rig.postgres_pid) as used:
            report = self._simulate(rig)
        counts = report["counts"]
        interruptions = {name: number for name, number in counts.items() if name.startswith("interrupted")}
        return {
            "broken": counts.get("violations", 0),
            "errors": sum(n for name, n in interruptions.items() if not any(word in name for word in INJECTED)),
            "lost": max(0, report["logs"]["acknowledged"] - number(_STORED)),
            "twice": number(_STORED_TWICE),
            "flips": number(_FLIPS_IN_A_ROW),
            "holding": _percent_holding(),
            "cpu": 100 * used.share_of_box("web", "postgres"),
            "polls": report["polls_per_s"],
            "p99": report["latency_ms"]["poll"]["p99"],
        }

    def _simulate(self, rig: Rig) -> dict[str, Any]:
        argv = [sys.executable, "manage.py", "simulatefleet", "--url", self.web.url, "--demo", "--seed", "1"]
        argv += ["--seconds", str(self.seconds), "--flaky", str(FLAKY)]
        argv += ["--interval", str(INTERVAL_S if not rig.quick else 3)]
        env = {**os.environ, "DATABASE_URL": rig.url_of(self.database), "DGX_VAR": str(self.tokens)}
        done = subprocess.run(
            argv, cwd=ROOT, env=env, capture_output=True, text=True, timeout=self.seconds + 120, check=False
        )
        if not done.stdout.startswith("{"):
            raise BenchmarkError(f"the simulated fleet did not run: {done.stderr[-2000:]}")
        report: dict[str, Any] = json.loads(done.stdout)
        return report


def _percent_holding() -> float:
    """Of the devices that are online, how many said that they hold what they should."""
    online = Device.objects.with_tag().filter(presence__is_online=True)
    holding: list[bool] = [device.holds_tag for device in online]  # type: ignore[attr-defined]  # with_tag annotates it
    return 100 * sum(holding) / max(1, len(holding))


def _store_films() -> None:
    """Give the first 20 videos real bytes in the store."""
    for video in Video.objects.order_by("pk")[:20]:
        content = hashlib.shake_128(video.name.encode()).digest(200_000)
        digest = hashlib.sha256(content).hexdigest()
        key = default_storage.save(f"myvideos/{digest}.mp4", ContentFile(content))
        Video.objects.filter(pk=video.pk).update(file=key, sha256=digest, size=len(content))


def _write_tokens(folder: Path) -> Path:
    """The fleet's tokens where the simulator looks for those of known devices; returns the folder."""
    folder.mkdir(exist_ok=True)
    devices = Device.objects.values_list("mobile_id", "pk")
    (folder / DEMO_TOKENS).write_text(json.dumps({mobile_id: f"dgxd_bench-{pk}" for mobile_id, pk in devices}))
    return folder


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


BENCHMARK = SimulatedFleet
