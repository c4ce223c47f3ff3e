"""One child process: started so that it dies with us, stopped with patience, found again after a crash."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

LAUNCHER = Path(__file__).with_name("launch.py")
PATIENCE = 10.0
"""Seconds that a process left by a crash gets to end by itself before we insist."""


class StackError(Exception):
    """Something that a person has to put right; the message says what, in a sentence."""


@dataclass(frozen=True)
class Identity:
    """Whom a child runs as; `enter_all` lets it read folders that this user may not enter."""

    uid: int
    gid: int
    enter_all: bool = False


@dataclass
class Child:
    """A running program, which leads a process group of its own."""

    name: str
    popen: subprocess.Popen[bytes]
    stop_signal: signal.Signals
    record: Path | None = None

    @property
    def pid(self) -> int:
        return self.popen.pid

    def is_alive(self) -> bool:
        return self.popen.poll() is None

    def ask_to_stop(self) -> None:
        if self.is_alive():
            self.popen.send_signal(self.stop_signal)

    def ensure_stopped(self, deadline: float) -> int:
        """Wait until `deadline` (of `time.monotonic`), then kill what is left of the group; returns the exit code."""
        with suppress(subprocess.TimeoutExpired):
            self.popen.wait(max(0.0, deadline - time.monotonic()))
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        code = self.popen.wait()
        if self.popen.stdout:
            self.popen.stdout.close()
        if self.record:
            self.record.unlink(missing_ok=True)
        return code

    def stop(self, grace: float = 10.0) -> int:
        self.ask_to_stop()
        return self.ensure_stopped(time.monotonic() + grace)


def spawn(
    name: str,
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    stdin: int = subprocess.DEVNULL,
    output: IO[bytes] | int = subprocess.PIPE,
    stop_signal: signal.Signals = signal.SIGTERM,
    identity: Identity | None = None,
    records: Path | None = None,
) -> Child:
    """Start `argv` as a child that gets `stop_signal` when the calling thread ends, however it ends.

    Call it from the main thread: Linux ties the child to the thread that made it. With `records`, a folder, the child's
    pid is noted there until it has stopped, for `end_leftovers` of a later run.
    """
    program = shutil.which(argv[0], path=env.get("PATH"))
    if program is None:
        raise StackError(f"{name} cannot start: the program {argv[0]} is not installed.")
    who = identity or Identity(-1, -1)
    ticket = [os.getpid(), int(stop_signal), who.uid, who.gid, int(who.enter_all)]
    popen = subprocess.Popen(
        [sys.executable, "-I", "-S", str(LAUNCHER), *map(str, ticket), program, *argv[1:]],
        env=dict(env),
        cwd=cwd or "/",
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT,
        process_group=0,  # a ctrl-C in the terminal reaches us alone, and we stop the rest in order
    )
    child = Child(name, popen, stop_signal)
    if records is not None:
        child.record = records / f"{name}.pid"
        with suppress(OSError):  # the disk is full; without a note only a crash of ours leaves the child to itself
            child.record.write_text(f"{child.pid} {_born(child.pid)}")
    return child


def run_quietly(
    name: str, argv: Sequence[str], *, env: Mapping[str, str], identity: Identity | None = None, stdin: str = ""
) -> None:
    """Run a short program to its end, with `stdin` to read.

    Raises StackError with the tail of its output when it fails.
    """
    child = spawn(name, argv, env=env, identity=identity, stdin=subprocess.PIPE)
    try:
        output, _ = child.popen.communicate(stdin.encode())
    finally:
        code = child.stop(grace=2)
    if code:
        raise StackError(f"{name} failed with exit code {code}:\n{_tail(output)}")


def wait_until_ready(child: Child, is_ready: Callable[[], bool], log: Path, *, seconds: float = 60) -> None:
    """Poll `is_ready` until it says yes.

    Raises StackError with the tail of `log` when the child dies first or time runs out.
    """
    deadline = time.monotonic() + seconds
    while not is_ready():
        if not child.is_alive():
            raise StackError(f"{child.name} stopped while starting; its log {log} ends:\n{_tail(log.read_bytes())}")
        if time.monotonic() > deadline:
            raise StackError(f"{child.name} was not ready after {seconds:.0f} s; see {log}.")
        time.sleep(0.02)


def end_leftovers(records: Path) -> None:
    """End what a crashed run left behind.

    Such children were told to stop when their parent died; this waits for them, then insists. A pid that meanwhile
    belongs to another program is recognised by its birth time and left alone.
    """
    for record in records.glob("*.pid"):
        pid, born = _read(record)
        for insist in (signal.SIGQUIT, signal.SIGKILL):
            _wait_until_gone(pid, born)
            if _is_still(pid, born):
                with suppress(ProcessLookupError):
                    os.killpg(pid, insist)
        _wait_until_gone(pid, born)
        record.unlink(missing_ok=True)


def _wait_until_gone(pid: int, born: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while _is_still(pid, born) and time.monotonic() < deadline:
        time.sleep(0.05)


def _read(record: Path) -> tuple[int, str]:
    pid, _, born = record.read_text().partition(" ")
    return (int(pid) if pid.isdigit() else 0), born


def _is_still(pid: int, born: str) -> bool:
    return bool(pid and born) and _born(pid) == born


def _born(pid: int) -> str:
    """When the process started, in clock ticks since boot (field 22 of /proc/PID/stat); empty when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    state, *fields = stat.rpartition(")")[2].split()
    return "" if state == "Z" else fields[18]


def _tail(output: bytes, lines: int = 15) -> str:
    return "\n".join(output.decode(errors="replace").splitlines()[-lines:])


@contextmanager
def fresh_log(path: Path) -> Iterator[IO[bytes]]:
    """A log file opened for append, the previous one set aside once it is over 5 MB."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > 5_000_000:
        path.replace(path.with_suffix(".old.log"))
    with path.open("ab") as log:
        yield log
