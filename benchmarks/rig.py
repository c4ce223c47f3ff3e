"""What benchmarks stand on: PostgreSQL, Redis and S3 of their own, a database each, and the servers under test.

The data are committed to disk as in production. Whatever a benchmark starts is ended with `scope`.
"""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.db import connection

from benchmarks.errors import BenchmarkError
from dgx.stack import procfile
from dgx.stack.postgres import program_folder
from dgx.stack.process import Child, spawn
from dgx.stack.run import ROOT

MIGRATED = "dgx"
"""The database that holds the schema and nothing else; the benchmarks' own are copies of it."""
WORKERS = 2
UNBOUNDED = {f"DGX_{who}_RATE": "1000000/min" for who in ("KEY", "DEVICE", "OLD_DEVICE")}
"""A load generator calls as often as it can. Its calls are counted as ever, and none is too many."""


@dataclass(frozen=True)
class Server:
    """A running server under test."""

    url: str
    child: Child

    @property
    def pid(self) -> int:
        return self.child.pid


@dataclass
class Rig:
    """`env` is what every server gets; its DATABASE_URL names the MIGRATED database. `var` is a folder to write to."""

    var: Path
    env: Mapping[str, str]
    quick: bool = False
    scope: ExitStack = field(default_factory=ExitStack)
    _made: set[str] = field(default_factory=set)
    _counter: int = 0

    @property
    def seconds(self) -> float:
        """How long one measurement under load takes."""
        return 2 if self.quick else 10

    def size(self, full: int, quick: int) -> int:
        """An amount of data: that of a full run, or that of a quick one."""
        return quick if self.quick else full

    # --- databases ---
    def url_of(self, name: str) -> str:
        """The address of a database of the cluster."""
        return urlsplit(self.env["DATABASE_URL"])._replace(path=f"/{name}").geturl()

    def database(self, template: str = MIGRATED) -> str:
        """A new database, copied from `template`, which this process uses from now on; returns its name."""
        self._counter += 1
        name = f"bench_{self._counter}"
        self.use(MIGRATED if template != MIGRATED else "postgres")
        self.administer(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        self.scope.callback(self.administer, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.scope.callback(self.use, MIGRATED)
        self.use(name)
        return name

    def template(self, name: str, fill: Callable[[], None]) -> str:
        """The database `name`, made and filled on first use and kept for later benchmarks to copy."""
        if name not in self._made:
            self.use("postgres")
            self.administer(f"CREATE DATABASE {name} TEMPLATE {MIGRATED}")
            self.use(name)
            fill()
            self.settle()
            self._made.add(name)
        return name

    def use(self, name: str) -> None:
        """Make Django's connection of this process one to that database."""
        connection.close()
        connection.settings_dict["NAME"] = name

    def administer(self, statement: str) -> None:
        """Run a statement that concerns whole databases."""
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as admin:
            admin.execute(statement)

    def settle(self) -> None:
        """Vacuum, statistics and a checkpoint, so that no measurement pays for the data's making."""
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")
            cursor.execute("CHECKPOINT")

    def psql(self, database: str, command: str, *, seconds: float = 900) -> float:
        """Run one command of psql; returns how long it took, in seconds."""
        argv = [str(program_folder() / "psql"), "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"]
        started = time.perf_counter()
        done = subprocess.run(
            [*argv, "--dbname", self.url_of(database), "--command", command],
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode:
            raise BenchmarkError(f"psql failed: {done.stderr}")
        return time.perf_counter() - started

    @property
    def postgres_pid(self) -> int:
        """The server's first process, the parent of all its others."""
        return int((self.var / "postgres" / "postmaster.pid").read_text().split("\n")[0])

    # --- servers ---
    def web(self, database: str, **settings: str) -> Server:
        """DGX's web server, as the Procfile starts it."""
        return self._procfile("web", database, settings, "/health")

    def process(self, name: str, database: str) -> Child:
        """DGX's worker or beat, as the Procfile starts it."""
        env = self._env(database, {})
        return self._spawn(name, procfile.arguments(procfile.read(ROOT / "Procfile")[name], env), env)

    def peer(self, database: str) -> Server:
        """The peer, with as many workers and with a pool that its threads cannot exhaust."""
        port = free_port()
        env = {**self.env, "PEER_DSN": self.url_of(database), "PG_MAX_CONN": "40"}
        argv = ["python", "-m", "uvicorn", "benchmarks.peer.app:app", "--host", "127.0.0.1", "--port", str(port)]
        argv += ["--workers", str(WORKERS), "--no-access-log", "--log-level", "warning"]
        return self._serve("peer", argv, env, port, "/health")

    def bare(self, database: str) -> Server:
        """Django with nothing in it, under DGX's web server."""
        port = free_port()
        env = {**self.env, "BARE_DSN": self.url_of(database)}
        argv = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws"]
        argv += ["--workers", str(WORKERS), "--blocking-threads", "8", "benchmarks.bare.app:application"]
        return self._serve("bare", argv, env, port, "/nothing")

    def log_of(self, name: str) -> Path:
        """What a server printed."""
        return self.var / "logs" / f"bench-{name}.log"

    def _procfile(self, name: str, database: str, settings: Mapping[str, str], path: str) -> Server:
        port = free_port()
        env = self._env(database, {"PORT": str(port), "DGX_HOST": "127.0.0.1", **settings})
        argv = procfile.arguments(procfile.read(ROOT / "Procfile")[name], env)
        return self._serve(name, argv, env, port, path)

    def _env(self, database: str, settings: Mapping[str, str]) -> dict[str, str]:
        ours = {"DATABASE_URL": self.url_of(database), "WEB_CONCURRENCY": str(WORKERS)}
        return {**self.env, **UNBOUNDED, **ours, **settings}

    def _serve(self, name: str, argv: Sequence[str], env: Mapping[str, str], port: int, path: str) -> Server:
        server = Server(f"http://127.0.0.1:{port}", self._spawn(name, argv, env))
        self._wait(server, name, path)
        return server

    def _spawn(self, name: str, argv: Sequence[str], env: Mapping[str, str]) -> Child:
        with self.log_of(name).open("ab") as log:
            child = spawn(name, argv, env=env, cwd=ROOT, output=log)
        self.scope.callback(child.stop)
        return child

    def _wait(self, server: Server, name: str, path: str) -> None:
        deadline = time.monotonic() + 60
        while not answers(server.url + path):
            if not server.child.is_alive() or time.monotonic() > deadline:
                raise BenchmarkError(f"{name} did not start:\n{self.log_of(name).read_text()[-3000:]}")
            time.sleep(0.05)


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """A GET gives 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 — our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def clean_environment() -> dict[str, str]:
    """The caller's environment without what would lead to services or settings of the caller's."""
    ours = ("DGX_", "PG", "S3_", "AWS_", "DATABASE_URL", "REDIS_URL", "WEB_", "WORKER_", "PYTHONWARNINGS")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
