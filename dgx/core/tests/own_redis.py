"""A Redis of a test's own, which it may stop, hang and start again."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis as Client

from dgx.stack.place import socket_folder
from dgx.stack.redis import Redis


class OwnRedis:
    """Runs until it is stopped; `url` stays the same."""

    def __init__(self, service: Redis, records: Path) -> None:
        self._service, self._records = service, records
        self.url = service.env["REDIS_URL"]
        self.start()

    def start(self) -> None:
        self._child = self._service.start(os.environ, self._records)
        self._service.wait(self._child)

    def stop(self) -> None:
        self._child.stop()

    def hang(self) -> None:
        """It keeps its connections and answers nothing more."""
        self._child.popen.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._child.popen.send_signal(signal.SIGCONT)

    def scripts_run(self) -> int:
        """How often it was asked to count a call."""
        with Client.from_url(self.url) as client:
            found: Any = client.info("commandstats")
        counts = found.get("cmdstat_evalsha", {"calls": 0, "failed_calls": 0})
        return int(counts["calls"] - counts["failed_calls"])  # it has to be told a script that it does not know yet


@contextmanager
def own_redis(folder: Path) -> Iterator[OwnRedis]:
    """A fresh server with its files in `folder`."""
    records = folder / "run"
    records.mkdir()
    with socket_folder(None, folder / "sockets") as sockets:
        server = OwnRedis(Redis(folder / "redis", sockets, folder / "logs", durable=False), records)
        try:
            yield server
        finally:
            server.go_on()
            server.stop()
