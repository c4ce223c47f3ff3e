"""The fleet's side of HTTP: JSON calls of the protocol, over a connection kept by each thread, and plain downloads."""

import http.client
import select
import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
import urllib3
from urllib3.exceptions import HTTPError

from dgx.protocol.simulator.books import Books

ROOT = "/api/v1/device/"
TIMEOUT = urllib3.Timeout(connect=5, read=15)
ANSWER_WITHIN_S = 15


class Interrupted(Exception):  # noqa: N818 — the ordinary life of a device
    """The call did not come through; try again, not before `wait_s` seconds where the server said so."""

    def __init__(self, why: str, wait_s: float | None = None) -> None:
        super().__init__(why)
        self.wait_s = wait_s


@dataclass(frozen=True)
class Answer:
    """A JSON answer of the server."""

    status: int
    body: dict[str, Any]

    @property
    def code(self) -> str:
        """The code of a refusal, empty otherwise."""
        detail = self.body.get("detail")
        return str(detail.get("code", "")) if isinstance(detail, dict) else ""


class Wire:
    """Calls the server at `url`, such as http://127.0.0.1:8005."""

    def __init__(self, url: str, books: Books, *, connections: int) -> None:
        parts = urlsplit(url.rstrip("/"))
        self._host, self._root = parts.netloc, parts.path + ROOT
        self._kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._books = books
        self._kept = threading.local()
        self._lines: list[http.client.HTTPConnection] = []
        self._pool = urllib3.PoolManager(maxsize=connections, num_pools=10, retries=False, timeout=TIMEOUT)

    def call(
        self, kind: str, *, method: str = "POST", body: dict[str, Any] | None = None, token: str | None = None
    ) -> Answer:
        """One call. Raises Interrupted for a dead connection, an overloaded or failing server, or no JSON."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Device {token}"} if token else {})
        data = None if body is None else orjson.dumps(body)
        started = time.monotonic()
        try:
            response, raw = self._ask(method, self._root + kind, data, headers)
        except (OSError, http.client.HTTPException) as error:
            raise Interrupted(f"{kind}: {type(error).__name__}") from error
        self._books.took(kind, time.monotonic() - started)
        if response.status == 429 or response.status >= 500:
            wait = _retry_after(response)
            raise Interrupted(f"{kind}: {response.status}{'' if wait else ' without Retry-After'}", wait)
        try:
            return Answer(response.status, orjson.loads(raw))
        except orjson.JSONDecodeError as error:
            raise Interrupted(f"{kind}: {response.status} without JSON") from error

    def _ask(
        self, method: str, path: str, data: bytes | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        line = self._own_line()
        try:
            line.request(method, path, data, headers)
            response = line.getresponse()
            return response, response.read()
        except (OSError, http.client.HTTPException):
            line.close()
            raise

    def _own_line(self) -> http.client.HTTPConnection:
        """The thread's connection; `http.client` opens it anew once it is closed, here because the server did so."""
        line: http.client.HTTPConnection | None = getattr(self._kept, "line", None)
        if line is None:
            line = self._kept.line = self._kind(self._host, timeout=ANSWER_WITHIN_S)
            self._lines.append(line)
        elif line.sock is not None and select.select([line.sock], [], [], 0)[0]:
            line.close()
        return line

    def open(self, url: str, *, offset: int) -> urllib3.BaseHTTPResponse:
        """The response of a download from `offset`, not yet read. Raises Interrupted for a dead connection."""
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        try:
            return self._pool.request("GET", url, headers=headers, preload_content=False)
        except HTTPError as error:
            raise Interrupted(f"download: {type(error).__name__}") from error

    def close(self) -> None:
        """Let go of all connections."""
        self._pool.clear()
        for line in self._lines:
            line.close()


def _retry_after(response: http.client.HTTPResponse) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else None
