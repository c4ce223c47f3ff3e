"""The system under test: the embedded services and the Procfile's processes, kept running by a thread of their own.

Nothing here imports Django: it runs before the settings can be read.
"""

import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TextIO

from dgx.stack import procfile
from dgx.stack.console import Console
from dgx.stack.run import ROOT, StopRequested
from dgx.stack.services import Embedded, embedded
from dgx.stack.supervisor import Supervisor

SERVICES = ("postgres", "redis", "s3")
PROGRAMS = ("web", "worker", "beat")
NAMES_OF_SERVICES = ("DATABASE_URL", "PGHOST", "PGDATABASE", "REDIS_URL", "S3_ENDPOINT_URL", "S3_BUCKET")
STARTS_WITHIN_S = 180.0


class FileConsole(Console):
    """What the processes print, kept in a file."""

    def __init__(self, file: TextIO) -> None:
        super().__init__(colourful=False)
        self._file = file

    def line(self, name: str, text: str) -> None:
        """One line, with the time."""
        print(f"{time.strftime('%H:%M:%S')} {name:>9} | {text}", file=self._file, flush=True)


class Stack:
    """Services at once with the block, programs by `start`; both are brought back when they die, unless held down.

    A thread of its own starts and watches them all, since children end with the thread that started them.
    """

    def __init__(self, var: Path, port: int, log: Path | None = None) -> None:
        self.var, self.port = var, port
        self.url = f"http://127.0.0.1:{port}"
        self.log = log or var.with_name("processes.log")  # not in `var`, whose disk may be full
        self.env: dict[str, str] = {}
        self._held: set[str] = set()
        self._to_add: list[tuple[str, Sequence[str]]] = []
        self._ready, self._stopping = threading.Event(), threading.Event()
        self._failure: BaseException | None = None
        self._services: Embedded | None = None
        self._supervisor = Supervisor({}, ROOT, var, Console())
        self._keeper = threading.Thread(target=self._keep, name="keeper")

    def __enter__(self) -> "Stack":
        self._keeper.start()
        self._ready.wait(STARTS_WITHIN_S)
        if self._failure:
            raise self._failure
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopping.set()
        self._keeper.join()

    def start(self, **more: str) -> None:
        """Start the Procfile's processes, with `more` in their environment."""
        self.env.update(more)
        for name, command in procfile.read(ROOT / "Procfile").items():
            self._to_add.append((name, procfile.arguments(command, self.env)))

    def start_another(self, name: str) -> str:
        """Run a second one of the Procfile's processes; returns the name under which it runs."""
        second = f"second-{name}"
        self._to_add.append((second, procfile.arguments(procfile.read(ROOT / "Procfile")[name], self.env)))
        return second

    def retire(self, name: str) -> None:
        """Stop a program for good."""
        self._held.add(name)
        self.kill(name)

    def pid(self, name: str) -> int | None:
        """The process id of a service or program that runs now."""
        services = self._services.pids if self._services else {}
        programs = {each.name: each.child.pid for each in self._supervisor.programs if each.child}
        return (services | programs).get(name)

    def kill(self, *names: str) -> None:
        """kill -9, all at once."""
        for pid in [self.pid(name) for name in names]:
            if pid:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    @contextmanager
    def down(self, *names: str) -> Iterator[None]:
        """Killed, and not started again before the end of the block. Services wait for one another."""
        self._held |= set(names)
        try:
            self.kill(*names)
            yield
        finally:
            self._held -= set(names)

    def _keep(self) -> None:
        try:
            for name in (*NAMES_OF_SERVICES, *(name for name in os.environ if name.startswith("DGX_"))):
                os.environ.pop(name, None)  # the run has services and settings of its own
            with embedded(self.var) as self._services, self.log.open("a") as log:
                self.env = {**os.environ, **self._settings(), **self._services}
                self._supervisor = Supervisor(self.env, ROOT, self.var / "run", FileConsole(log))
                self._ready.set()
                self._watch(self._supervisor, self._services)
        except BaseException as error:  # noqa: BLE001 — handed over to the thread that waits
            self._failure = error
        finally:
            self._ready.set()

    def _watch(self, supervisor: Supervisor, services: Embedded) -> None:
        try:
            supervisor.run(every_turn=lambda: self._turn(supervisor, services))
        except StopRequested:
            supervisor.stop()

    def _turn(self, supervisor: Supervisor, services: Embedded) -> None:
        if self._stopping.is_set():
            raise StopRequested
        while self._to_add:
            supervisor.add(*self._to_add.pop(0))
        for program in supervisor.programs:
            if program.name in self._held and program.child is None:
                program.start_at = time.monotonic() + 0.5
        if not self._held & set(SERVICES):
            services.revive()

    def _settings(self) -> Mapping[str, str]:
        return {
            "DGX_SECRET_KEY": secrets.token_urlsafe(50),
            "DGX_VAR": str(self.var),
            "DGX_HTTPS": "false",
            "DGX_LOG_FORMAT": "text",
            "DGX_SWEEP_SECONDS": "2",
            "PORT": str(self.port),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PYTHONUNBUFFERED": "1",
        }


def children_of(pid: int | None) -> list[int]:
    """The processes that this one started and that still run."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
