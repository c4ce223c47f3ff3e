"""The embedded services together: which of them are needed, started at once, stopped in reverse."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from dgx.stack.place import locked, socket_folder, write_private
from dgx.stack.postgres import Postgres, identity, program_folder
from dgx.stack.process import Child, end_leftovers
from dgx.stack.redis import Redis
from dgx.stack.s3 import BUCKET, S3


class Service(Protocol):
    """A server that we can start as a child."""

    @property
    def env(self) -> dict[str, str]: ...

    def start(self, env: Mapping[str, str], records: Path) -> Child: ...

    def wait(self, child: Child) -> None: ...


@contextmanager
def embedded(
    var: Path,
    *,
    durable: bool = True,
    environment: Mapping[str, str] | None = None,
    buckets: tuple[str, ...] = (BUCKET,),
) -> Iterator[dict[str, str]]:
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
        started = [(service, _start(service, stack, given, records)) for service in services]
        for service, child in started:
            service.wait(child)
        env = {name: value for service in services for name, value in service.env.items()}
        stack.callback((var / "stack.env").unlink, missing_ok=True)
        add_to_stack_env(var, env)
        yield env


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


def _start(service: Service, stack: ExitStack, given: Mapping[str, str], records: Path) -> Child:
    child = service.start(given, records)
    stack.callback(child.stop, grace=20)
    return child
