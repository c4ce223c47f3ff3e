"""Where and with what a run was made: the heading of its table."""

import os
import platform
import statistics
import subprocess
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psycopg

from dgx.stack.run import ROOT

PACKAGES = ("Django", "psycopg", "granian", "orjson", "fastapi", "uvicorn", "psycopg2-binary")


def describe(database_url: str, folder: Path) -> list[str]:
    """The machine, the versions and the revision, as lines of markdown."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    versions = [f"{name} {version(name)}" for name in PACKAGES]
    return [
        f"- {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, revision {_git('rev-parse', '--short', 'HEAD')}{_changes()}",
        f"- {os.cpu_count()} cores ({_processor()}), {_memory_gb():.0f} GB of memory, kernel {platform.release()}",
        f"- an fsync of the disk takes {fsync_ms(folder):.2f} ms; every report is committed to disk",
        f"- Python {platform.python_version()}, PostgreSQL {row[0] if row else '?'}, {', '.join(versions)}",
        "- PostgreSQL, web server and load generator share the machine",
    ]


def fsync_ms(folder: Path, times: int = 50) -> float:
    """The median time to write a page of a file and see it on disk: the price of a commit here."""
    path = folder / "fsync"
    taken = []
    with path.open("wb", buffering=0) as file:
        for _ in range(times):
            file.write(b"x" * 8192)
            started = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - started)
    path.unlink()
    return statistics.median(taken) * 1000


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout.strip() or "unknown"


def _changes() -> str:
    done = subprocess.run(["git", "diff", "--quiet", "HEAD"], cwd=ROOT, timeout=30, check=False)
    return " with changes" if done.returncode == 1 else ""


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
