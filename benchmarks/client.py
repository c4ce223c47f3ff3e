"""One client of the servers under test, for what wrk does not measure: single calls and long downloads."""

import http.client
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

from benchmarks.errors import BenchmarkError
from benchmarks.rig import Server

CHUNK = 1 << 20


@dataclass(frozen=True)
class Downloaded:
    """A body that was read and thrown away."""

    seconds: float
    size: int
    lines: int


class Client:
    """Calls over one connection that stays open."""

    def __init__(self, server: Server, authorization: str = "") -> None:
        self._connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=600)
        self._headers = {"Authorization": authorization} if authorization else {}

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The JSON answer. Raises BenchmarkError for anything but a success."""
        data = b"" if body is None else orjson.dumps(body)
        self._connection.request(method, path, data, {**self._headers, "Content-Type": "application/json"})
        return orjson.loads(self._good(path).read())

    def download(self, path: str, each_chunk: Callable[[], None] = lambda: None) -> Downloaded:
        """Read the whole body, calling `each_chunk` from time to time."""
        started = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        response = self._good(path)
        size = lines = 0
        while chunk := response.read(CHUNK):
            size, lines = size + len(chunk), lines + chunk.count(b"\n")
            each_chunk()
        return Downloaded(time.perf_counter() - started, size, lines)

    def _good(self, path: str) -> http.client.HTTPResponse:
        response = self._connection.getresponse()
        if not 200 <= response.status < 300:
            raise BenchmarkError(f"{path} was answered {response.status}: {response.read()[:500]!r}")
        return response
