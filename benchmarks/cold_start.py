"""What `make run` runs, from the command to the moment it says where to log in: on an empty folder, and again."""

import os
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.core import Benchmark, Figure, at_most
from benchmarks.errors import BenchmarkError
from benchmarks.rig import Rig, answers, clean_environment, free_port
from dgx.stack.process import spawn
from dgx.stack.run import ROOT

PATIENCE_S = 120


class ColdStart(Benchmark):
    title = "cold start of `make run`, after the first install"
    figures = {
        "first": Figure("empty folder: databases made, migrated, demo loaded", "s", at_most(15)),
        "again": Figure("the same folder again", "s", at_most(15)),
    }

    def setup(self, rig: Rig) -> None:
        self.folder = rig.var / "cold"
        rig.scope.callback(shutil.rmtree, self.folder, ignore_errors=True)

    def run(self, rig: Rig) -> Mapping[str, float]:
        shutil.rmtree(self.folder, ignore_errors=True)
        first = {"first": _started(self.folder, rig)}
        return first if rig.quick else first | {"again": _started(self.folder, rig)}


def _started(folder: Path, rig: Rig) -> float:
    """Seconds until the web server answers; the run is stopped again."""
    port = free_port()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = clean_environment() | {"DGX_VAR": str(folder), "PORT": str(port), "PATH": path}
    started = time.perf_counter()
    with rig.log_of("cold").open("ab") as log:
        child = spawn("run", [sys.executable, "-m", "dgx.stack", "run"], env=env, cwd=ROOT, output=log)
    try:
        while not answers(f"http://127.0.0.1:{port}/ready"):
            if not child.is_alive() or time.perf_counter() - started > PATIENCE_S:
                raise BenchmarkError(f"make run did not come up:\n{rig.log_of('cold').read_text()[-2000:]}")
            time.sleep(0.05)
        return time.perf_counter() - started
    finally:
        child.stop(grace=60)


BENCHMARK = ColdStart
