"""What the tests of the embedded stack share: a clean environment, a look at processes, services held elsewhere."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMES_OF_SERVICES = ("DATABASE_URL", "PGHOST", "PGDATABASE", "REDIS_URL", "S3_ENDPOINT_URL", "S3_BUCKET")

HOLD = """
import sys
from pathlib import Path
from dgx.stack.services import embedded
with embedded(Path(sys.argv[1]), durable=False):
    print("ready", flush=True)
    sys.stdin.read()
"""


def bare_environment(**more: str) -> dict[str, str]:
    """The environment without what the suite's own services and settings put there."""
    kept = {k: v for k, v in os.environ.items() if k not in NAMES_OF_SERVICES and not k.startswith(("DGX_", "COV_"))}
    return kept | more


def pids_of(var: Path) -> dict[str, int]:
    """The children that a run in `var` has, by name."""
    return {path.stem: int(path.read_text().split()[0]) for path in (var / "run").glob("*.pid")}


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@contextmanager
def services_in_another_process(var: Path) -> Iterator[subprocess.Popen[str]]:
    """Services held by another Python, ready when the block begins."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(var)],
        cwd=ROOT,
        env=bare_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "ready\n"
            yield holder
        finally:
            holder.kill()
