"""PostgreSQL's own programs, pg_dump and pg_restore, against the database that the settings name."""

import os
import shutil
import subprocess
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection


def dump(into: Path, *, snapshot: str) -> None:
    """Write the whole database as it was at that exported snapshot, in pg_dump's custom format."""
    _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={into}")


def restore(dumped: Path) -> None:
    """Fill an empty database with a dump: all of it or nothing."""
    name = connection.settings_dict["NAME"]
    options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", f"--dbname={name}")
    _run("pg_restore", *options, str(dumped))


def program(name: str) -> str:
    """Where it is: in DGX_PG_BIN, or on PATH. Raises CommandError with what to install."""
    found = shutil.which(name, path=settings.DGX_PG_BIN or None)
    if found is None:
        raise CommandError(
            f"{name} was not found. Install PostgreSQL's client programs, of the server's version or newer "
            "(Debian: postgresql-client), or name their folder by DGX_PG_BIN."
        )
    return found


def _run(name: str, *arguments: str) -> None:
    """The password goes through the environment: a command line can be read by everybody on the machine."""
    done = subprocess.run(
        [program(name), *arguments], env=os.environ | _environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CommandError(f"{name} failed: {done.stderr.strip()}")


def _environment() -> dict[str, str]:
    """The connection's settings as PostgreSQL's programs read them."""
    values = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    return {variable: str(values[key]) for variable, key in names.items() if values.get(key)}
