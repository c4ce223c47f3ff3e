"""The embedded services together: which of them are needed, started at once, stopped in reverse."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dgx.stack.place import locked, socket_folder, write_private
from dgx.stack.postgres import Postgres, identity, program_folder
from dgx.stack.process import Child, end_leftovers
from dgx.stack.redis import Redis
from dgx.stack.s3 import BUCKET, S3

LULL = 2.0
"""Seconds between two starts of a service that keeps dying."""


class Service(Protocol):
    """A server that we can start as a child."""

    @property
    def env(self) -> dict[str, str]: ...

    def start(self, env: Mapping[str, str], records: Path) -> Child: ...

    def wait(self, child: Child) -> None: ...


@dataclass
class Kept:
    """A service that should be running, and its child."""

    service: Service
    child: Child
    started_at: float


class Embedded(dict[str, str]):
    """What the settings need to find the services, and the way to bring one back that died."""

    def __init__(self, kept: Sequence[Kept], environment: Mapping[str, str], records: Path) -> None:
        super().__init__({name: value for each in kept for name, value in each.service.env.items()})
        self._kept, self._environment, self._records = kept, environment, records

    @property
    def pids(self) -> dict[str, int]:
        """The process ids, by name."""
        return {each.child.name: each.child.pid for each in self._kept}

    def revive(self) -> list[str]:
        """Start those anew that have died, under the same address; returns their names.

        Call it from the main thread.
        """
        dead = [each for each in self._kept if not each.child.is_alive() and time.monotonic() - each.started_at > LULL]
        for each in dead:
            each.child.ensure_stopped(time.monotonic())
            each.child, each.started_at = each.service.start(self._environment, self._records), time.monotonic()
        return [each.child.name for each in dead]


@contextmanager
def embedded(
    var: Path,
    *,
    durable: bool = True,
    environment: Mapping[str, str] | None = None,
    buckets: tuple[str, ...] = (BUCKET,),
) -> Iterator[Embedded]:
    """Run the services that the environment does not name, with their data under `var`.

    Yields the variables that the settings read to find them, also written to `var/stack.env` for as long as they run.
    With `durable=False` they trade safety for speed, as tests want it. Call it from the main thread.

    Raises StackError, in words, when another run owns `var` or a server cannot start.
    """
    var = var.resolve()
    given = dict(os.environ if environment is None else environment)
    with ExitStack() as stack:
        stack.enter_context(locked(var))
        records = var / "run"
        records.mkdir(exist_ok=True)
        end_leftovers(records)
        services = list(_needed(var, stack, given, durable=durable, buckets=buckets))
        kept = [_start(service, stack, given, records) for service in services]
        for each in kept:
            each.service.wait(each.child)
        running = Embedded(kept, given, records)
        stack.callback((var / "stack.env").unlink, missing_ok=True)
        add_to_stack_env(var, running)
        yield running


def add_to_stack_env(var: Path, env: Mapping[str, str]) -> None:
    """Write `env` where `manage.py` in a second terminal finds it."""
    write_private(var / "stack.env", "".join(f"{name}={value}\n" for name, value in env.items()))


def _needed(
    var: Path, stack: ExitStack, given: Mapping[str, str], *, durable: bool, buckets: tuple[str, ...]
) -> Iterator[Service]:
    """The services that the environment leaves to us, the slowest to start first."""
    logs = var / "logs"
    needs_postgres = not _names_any(given, "DATABASE_URL", "PGHOST", "PGDATABASE")
    needs_redis = not _names_any(given, "REDIS_URL")
    if needs_postgres or needs_redis:
        who = identity(program_folder(), var / "postgres") if needs_postgres else None
        sockets = stack.enter_context(socket_folder((who.uid, who.gid) if who else None, var / "run" / "sockets"))
        if needs_postgres:
            yield Postgres(var / "postgres", sockets, logs, durable)
        if needs_redis:
            yield Redis(var / "redis", sockets, logs, durable)
    if not _names_any(given, "S3_ENDPOINT_URL", "S3_BUCKET"):
        yield S3(var / "s3", logs, buckets)


def _names_any(given: Mapping[str, str], *names: str) -> bool:
    return any(given.get(name) or given.get(f"{name}_FILE") for name in names)


def _start(service: Service, stack: ExitStack, given: Mapping[str, str], records: Path) -> Kept:
    kept = Kept(service, service.start(given, records), time.monotonic())
    stack.callback(lambda: kept.child.stop(grace=20))
    return kept
