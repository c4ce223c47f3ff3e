"""Keeps processes running: their output line by line, a restart with patience for one that dies, an orderly end."""

import os
import selectors
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from dgx.stack.console import Console
from dgx.stack.process import Child, spawn

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds before a process that died is started again; doubled each time."""
STEADY = 30.0
"""A process that ran for so many seconds starts over with the first pause."""
GRACE = 10.0
"""Seconds that the processes together get to stop by themselves."""


@dataclass
class Program:
    """A process that should be running."""

    name: str
    argv: Sequence[str]
    child: Child | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    pause: float = FIRST_PAUSE / 2
    rest: bytes = b""


@dataclass
class Supervisor:
    """Starts programs in `cwd` with `env`, and watches them until an exception ends `run`."""

    env: Mapping[str, str]
    cwd: Path
    records: Path
    console: Console
    programs: list[Program] = field(default_factory=list)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def add(self, name: str, argv: Sequence[str]) -> None:
        self.programs.append(Program(name, argv))

    def run(self, every_turn: Callable[[], None]) -> None:
        """Watch for ever, calling `every_turn` a few times a second; only an exception (a signal's) ends it."""
        while True:
            self._start_due()
            for key, _ in self._selector.select(timeout=0.25):
                self._read(key.data)
            for program in self.programs:
                self._notice_death(program)
            every_turn()

    def stop(self) -> None:
        """Ask every process to stop, the last started first, and end those that have not within the grace."""
        running = [(program, program.child) for program in reversed(self.programs) if program.child]
        for _, child in running:
            child.ask_to_stop()
        deadline = time.monotonic() + GRACE
        for program, child in running:
            self._drain_until_stopped(child, deadline)
            self._forget(program)
            child.ensure_stopped(deadline)
        self._selector.close()

    def _drain_until_stopped(self, child: Child, deadline: float) -> None:
        """Go on printing, because a process whose output nobody reads cannot end."""
        while child.is_alive() and time.monotonic() < deadline:
            for key, _ in self._selector.select(timeout=0.05):
                self._read(key.data)

    def _start_due(self) -> None:
        now = time.monotonic()
        for program in self.programs:
            if program.child is None and program.start_at <= now:
                program.child = spawn(program.name, program.argv, env=self.env, cwd=self.cwd, records=self.records)
                program.started_at = now
                assert program.child.popen.stdout is not None  # noqa: S101 — spawn made the pipe
                os.set_blocking(program.child.popen.stdout.fileno(), False)
                self._selector.register(program.child.popen.stdout, selectors.EVENT_READ, program)

    def _read(self, program: Program) -> None:
        """Print the complete lines that have come; a closed pipe is no longer listened to."""
        stdout = program.child.popen.stdout if program.child else None
        if stdout is None:
            return
        try:
            data = os.read(stdout.fileno(), 65536)
        except BlockingIOError:
            return
        if not data:
            self._stop_listening(stdout)
        *lines, program.rest = (program.rest + data).split(b"\n")
        for line in lines:
            self.console.line(program.name, line.decode(errors="replace"))

    def _stop_listening(self, stdout: IO[bytes]) -> None:
        with suppress(KeyError):  # it was closed, and noticed, before
            self._selector.unregister(stdout)

    def _forget(self, program: Program) -> None:
        if program.child and program.child.popen.stdout:
            self._read(program)
            self._stop_listening(program.child.popen.stdout)
        if program.rest:
            self.console.line(program.name, program.rest.decode(errors="replace"))
        program.child, program.rest = None, b""

    def _notice_death(self, program: Program) -> None:
        child = program.child
        if child is None or child.is_alive():
            return
        self._forget(program)
        code = child.ensure_stopped(time.monotonic())
        now = time.monotonic()
        program.pause = FIRST_PAUSE if now - program.started_at > STEADY else min(program.pause * 2, LONGEST_PAUSE)
        program.start_at = now + program.pause
        self.console.line(
            program.name, f"stopped by itself ({_reason(code)}); it is started again in {program.pause:.0f} s"
        )


def _reason(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
