"""CPU time and memory of a process and its descendants, from /proc; Linux only."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def descendants(pid: int) -> list[int]:
    """The process and everything below it."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (stat := _stat(int(folder.name))):
            children.setdefault(int(stat[1]), []).append(int(folder.name))
    found = [pid]
    for each in found:
        found.extend(children.get(each, ()))
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of the process, of its living descendants, and of the ended ones that were waited for."""
    stats = (_stat(each) for each in descendants(pid))
    return sum(int(ticks) for stat in stats if stat for ticks in stat[11:15]) / TICKS_PER_S


def resident_mb(pid: int) -> float:
    """Resident memory of this process alone, pages that it shares with others included."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    except OSError:
        return 0.0
    return int(pages) * PAGE_BYTES / 1e6


def largest_mb(pid: int) -> float:
    """Resident memory of the largest process among this one and its descendants."""
    return max(resident_mb(each) for each in descendants(pid))


@dataclass
class Used:
    """CPU seconds by name, and the wall-clock time they were used in."""

    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)

    def share_of_box(self, *names: str) -> float:
        """0 to 1: what these used of all cores."""
        return sum(self.cpu[name] for name in names) / (self.seconds * (os.cpu_count() or 1))


@contextmanager
def cpu_used(**pids: int) -> Iterator[Used]:
    """Fills in, at the end of the block, what the named process trees used inside it."""
    used = Used()
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    started = time.monotonic()
    yield used
    used.seconds = time.monotonic() - started
    used.cpu = {name: cpu_seconds(pid) - before[name] for name, pid in pids.items()}
