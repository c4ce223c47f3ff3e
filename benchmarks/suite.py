"""The benchmarks in their order, and how each is run."""

import importlib
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack

from django.core.management import call_command

from benchmarks.core import Benchmark
from benchmarks.errors import BenchmarkError
from benchmarks.rig import Rig
from benchmarks.table import Result, collect

NAMES = (
    "bare_limits",
    "native_poll",
    "legacy_cycle",
    "manifest",
    "report_rows",
    "playlist_edit",
    "sweep",
    "csv_export",
    "rollup",
    "imports",
    "csv_import",
    "admin_pages",
    "memory",
    "cold_start",
    "fleet",
)
"""Modules of this package; each names its class BENCHMARK. They are imported late, since their models need settings."""


def migrate() -> None:
    """Give the database that the others are copied from its tables and partitions."""
    call_command("migrate", verbosity=0)


def measure(name: str, rig: Rig, runs: int | None) -> Result:
    """Set one benchmark up, run it as often as it asks for (or `runs` times), and end what it started."""
    benchmark: type[Benchmark] = importlib.import_module(f"benchmarks.{name}").BENCHMARK
    _say(f"{name} …")
    started = time.monotonic()
    try:
        made = _runs(benchmark(), rig, runs or (1 if rig.quick else benchmark.runs))
    except Exception as error:  # noqa: BLE001 — the table says so, and the other benchmarks go on
        failure = str(error) if isinstance(error, BenchmarkError) else f"{type(error).__name__}: {error}"
        _say(f"{name}: {failure}")
        return Result(benchmark, {}, failure)
    _say(f"{name}: {time.monotonic() - started:.0f} s")
    return collect(benchmark, made)


def _runs(benchmark: Benchmark, rig: Rig, times: int) -> list[Mapping[str, float]]:
    with ExitStack() as rig.scope:
        benchmark.setup(rig)
        return [benchmark.run(rig) for _ in range(times)]


def _say(text: str) -> None:
    """Progress, apart from the table."""
    print(text, file=sys.stderr, flush=True)
