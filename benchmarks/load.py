"""wrk, the load generator: how it is called, and what its report says."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import BenchmarkError

SCRIPTS = Path(__file__).with_name("wrk")
CONNECTIONS = 16
MISSING = (
    "wrk, the load generator, was not found. On Debian and Ubuntu: apt install wrk; on Fedora: dnf install wrk; "
    "elsewhere: https://github.com/wg/wrk"
)
_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True)
class Load:
    """What wrk saw."""

    requests: int
    seconds: float
    latency_ms: Mapping[int, float]
    failed: int
    """Answers other than 2xx and 3xx."""

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return (self.requests - self.failed) / self.seconds


def ensure_installed() -> None:
    """Raises BenchmarkError, with where to get it, when wrk is not there."""
    if shutil.which("wrk") is None:
        raise BenchmarkError(MISSING)


def wrk(url: str, script: str, *arguments: object, seconds: float, connections: int = CONNECTIONS) -> Load:
    """Drive `url` with one of the scripts of benchmarks/wrk for `seconds`.

    One thread: it makes twenty times what is asked of it here, and leaves the cores to the servers.
    Raises BenchmarkError for any answer but 2xx and 3xx, and for broken connections.
    """
    command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds:.0f}s"]
    command += ["--latency", "--timeout", "10s", "--script", str(SCRIPTS / f"{script}.lua"), url]
    done = subprocess.run(
        [*command, "--", *map(str, arguments)], capture_output=True, text=True, timeout=seconds + 60, check=False
    )
    if done.returncode:
        raise BenchmarkError(f"wrk failed: {done.stdout}{done.stderr}")
    load = parse(done.stdout)
    if load.failed:
        raise BenchmarkError(
            f"{load.failed} of {load.requests} answers of {url} ({script}) were no success:\n{done.stdout}"
        )
    return load


def parse(report: str) -> Load:
    """Read wrk's report. Raises BenchmarkError when connections broke, or when it is no report."""
    total = re.search(r"^\s*(\d+) requests in ([\d.]+)(us|ms|s|m),", report, re.MULTILINE)
    if total is None:
        raise BenchmarkError(f"wrk's report cannot be read:\n{report}")
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", report)
    if broken and any(map(int, broken.groups())):
        raise BenchmarkError(f"connections broke: {broken[0]}")
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", report)
    percentiles = re.findall(r"^\s*(50|75|90|99)%\s+([\d.]+)(us|ms|s|m)$", report, re.MULTILINE)
    return Load(
        requests=int(total[1]),
        seconds=float(total[2]) * _MS[total[3]] / 1000,
        latency_ms={int(share): float(value) * _MS[unit] for share, value, unit in percentiles},
        failed=int(failed[1]) if failed else 0,
    )
