"""A database that is migrated once, while several test processes collect their tests, and that each of them copies."""

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

from dgx.stack.place import write_private
from dgx.stack.process import spawn

NAME = "migrated"
OUTCOME = "template"
"""A file in `var`: empty until it is known, then whether the database is there to be copied."""

MIGRATED, FAILED = "migrated", "failed"
READY_WITHIN_S = 120.0


@contextmanager
def in_the_making(var: Path, env: Mapping[str, str]) -> Iterator[None]:
    """A process of its own makes it, beside the block."""
    write_private(var / OUTCOME, "")
    with (var / "logs" / "template.log").open("wb") as log:
        command = [sys.executable, "-m", "dgx.stack.template", str(var / OUTCOME)]
        child = spawn(NAME, command, env=env, cwd=Path(__file__).resolve().parents[2], output=log)
    try:
        yield
    finally:
        child.stop()


def to_copy(var: Path) -> str | None:
    """The database's name, once it is there. None: nobody makes one, or it failed, and migrating tells why."""
    outcome, until = var / OUTCOME, time.monotonic() + READY_WITHIN_S
    while outcome.exists() and time.monotonic() < until:
        if found := outcome.read_text():
            return NAME if found == MIGRATED else None
        time.sleep(0.05)
    return None


def make(outcome: Path) -> None:
    """Create and migrate it, and say whether that was done."""
    result = FAILED
    try:
        address = os.environ["DATABASE_URL"]
        with psycopg.connect(address, autocommit=True) as server:
            server.execute(f"CREATE DATABASE {NAME}")
        os.environ.update(DATABASE_URL=f"{address.rpartition('/')[0]}/{NAME}", DJANGO_SETTINGS_MODULE="dgx.settings")
        _migrate()
        result = MIGRATED
    finally:
        write_private(outcome, result)


def _migrate() -> None:
    import django  # noqa: PLC0415 — it needs the settings, and the processes that wait need neither
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connections  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)
    connections.close_all()  # nobody may be connected with what is copied


if __name__ == "__main__":
    make(Path(sys.argv[1]))
