"""What the tests of the web server share: a real one over the tests' own stores, and clients that behave badly."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.db import connection

from dgx.chaos.stack import children_of
from dgx.stack import procfile
from dgx.tests.stack_helpers import ROOT, wait_until

WORKERS, THREADS = 2, 4
MANY = 3 * WORKERS * THREADS
BODY_WAIT_S, WAIT_S, DOWNLOAD_WAIT_S = 3, 3, 4
SETTINGS = {
    "DGX_HTTPS": "false",
    "DGX_DEBUG": "false",
    "DGX_LEGACY_ANONYMOUS": "true",
    "DGX_LOCK_WAIT_S": "1",
    "WEB_CONCURRENCY": str(WORKERS),
    "WEB_THREADS": str(THREADS),
    "WEB_BODY_WAIT_S": str(BODY_WAIT_S),
    "WEB_WAIT_S": str(WAIT_S),
    "WEB_DOWNLOAD_WAIT_S": str(DOWNLOAD_WAIT_S),
    "WEB_IDLE_S": "4",
}


@dataclass(frozen=True)
class Answer:
    """Status, headers in lower case, body, and how long it took."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Web:
    """A running server."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """kill -9 of the server and its workers."""
        for pid in (self.pid, *children_of(self.pid)):
            with suppress(ProcessLookupError):  # workers do not outlive it for long
                os.kill(pid, signal.SIGKILL)

    def ask(self, path: str, body: Any = None, *, method: str = "", timeout: float = 15, **headers: str) -> Answer:
        """One ordinary request."""
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data, headers, method=method or None)  # noqa: S310 — ours
        if data is not None:
            request.add_header("Content-Type", "application/json")
        started = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310 — our own address
                return Answer(answer.status, _lower(answer.headers), answer.read(), time.monotonic() - started)
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _lower(error.headers), error.read(), time.monotonic() - started)

    def line(self, sent: bytes = b"", *, window: int = 0) -> socket.socket:
        """A connection on which so much was sent; with a `window` it can take little unread."""
        line = socket.socket()
        if window:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        line.settimeout(15)
        line.connect(("127.0.0.1", self.port))
        line.sendall(sent)
        return line


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@contextmanager
def web_server(log: Path, port: int = 0, /, **settings: str) -> Iterator[Web]:
    """The Procfile's web server over the test database, on that port or on a free one."""
    port = port or free_port()
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, **SETTINGS, "DATABASE_URL": url, "PORT": str(port), "DGX_HOST": "127.0.0.1", "PATH": path}
    env |= settings
    argv = procfile.arguments(procfile.read(ROOT / "Procfile")["web"], env)
    with log.open("ab") as output, subprocess.Popen(argv, cwd=ROOT, env=env, stdout=output, stderr=output) as server:
        web = Web(port, server.pid)
        try:
            wait_until(lambda: server.poll() is not None or is_healthy(web), seconds=60)
            assert server.poll() is None, log.read_text()
            yield web
        finally:
            server.terminate()


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_healthy(web: Web) -> bool:
    try:
        return web.ask("/health", timeout=2).status == 200
    except OSError:
        return False


@contextmanager
def lines(web: Web, sent: bytes, *, count: int = MANY, window: int = 0) -> Iterator[list[socket.socket]]:
    """So many connections on which this was sent, closed at the end."""
    with ExitStack() as stack:
        yield [stack.enter_context(web.line(sent, window=window)) for _ in range(count)]


def all_that_comes(line: socket.socket) -> bytes:
    """What is left until the server ends the connection; what the client had sent beyond makes that a reset."""
    parts = []
    with suppress(ConnectionResetError):
        while part := line.recv(65_536):
            parts.append(part)
    return b"".join(parts)
