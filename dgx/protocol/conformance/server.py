"""The HTTP server of the examination: the protocol's four calls, the files, and the browser player at /player/."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_WR
from typing import Any
from urllib.parse import urlsplit

import orjson

from dgx.protocol.conformance.pages import page
from dgx.protocol.conformance.scenario import Scenario
from dgx.protocol.conformance.stage import Reply
from dgx.protocol.schemas import BODY_MAX_BYTES

ROOT = "/api/v1/device/"
BEFORE_THE_BREAK_S = 1.0
"""A browser gives up what it has not handed on when a line breaks: a player gets time to keep what has come."""
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Range",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Expose-Headers": "Content-Range, ETag, Retry-After",
}
"""A player that is a page of another origin can be examined as well."""


class Server(ThreadingHTTPServer):
    """Serves the scenario; `with Server(…)` runs it in a thread and stops it at the end."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], scenario: Scenario) -> None:
        super().__init__(address, Handler)
        self.scenario = scenario

    def __enter__(self) -> "Server":
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True, name="conformance").start()
        return self

    def __exit__(self, *args: object) -> None:
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """One connection of the player."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    server: Server

    def do_POST(self) -> None:
        scenario, values = self.server.scenario, self._values()
        calls = {"enrol": scenario.enrol, "claim": scenario.claim}
        name = urlsplit(self.path).path.removeprefix(ROOT).rstrip("/")
        if name == "poll":
            self._json(scenario.poll(values, self.headers.get("Authorization", "")))
        elif name in calls:
            self._json(calls[name](values))
        else:
            self._nothing()

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path.startswith("/files/"):
            self._file(parts.path.removeprefix("/files/"), parts.query)
        elif parts.path.rstrip("/") == f"{ROOT}manifest":
            self._json(self.server.scenario.manifest(self.headers.get("Authorization", "")))
        elif (found := page(self.path, self.headers.get("Host", ""))) is not None:
            self._send(*found)
        else:
            self._nothing()

    def do_HEAD(self) -> None:
        self._send(200, {}, b"")

    def do_OPTIONS(self) -> None:
        self._send(204, {}, b"")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 — the library's name
        """The table tells; a line for each call would bury it."""

    def _values(self) -> Any:
        """The body as JSON; None, which no call takes, where it is none."""
        announced = self.headers.get("Content-Length", "0")
        if not announced.isdigit() or int(announced) > BODY_MAX_BYTES:
            self.close_connection = True
            return None
        try:
            return orjson.loads(self.rfile.read(int(announced)))
        except orjson.JSONDecodeError:
            return None

    def _file(self, name: str, query: str) -> None:
        reply = self.server.scenario.file(name, self.headers.get("Range"), query)
        if reply is None:
            self._nothing()
            return
        headers = {"Content-Type": "image/png", "Accept-Ranges": "bytes", **reply.headers}
        self._send(reply.status, headers, reply.body, length=reply.length)

    def _json(self, reply: Reply) -> None:
        body = orjson.dumps(reply.body)
        sent = body[: len(body) // 2] if reply.cut else body
        self._send(reply.status, {"Content-Type": "application/json", **reply.headers}, sent, length=len(body))

    def _nothing(self) -> None:
        detail = {"code": "not_found", "message": f"There is no address {self.path[:200]}.", "type": "NotFound"}
        self._json(Reply(404, {"detail": detail}))

    def _send(self, status: int, headers: dict[str, str], body: bytes, *, length: int | None = None) -> None:
        """Send an answer; where more is announced than there is, the line breaks after it."""
        announced = len(body) if length is None else length
        self.send_response(status)
        for name, value in {**CORS, "Cache-Control": "no-store", **headers, "Content-Length": str(announced)}.items():
            self.send_header(name, value)
        try:
            self.end_headers()
            self.wfile.write(body)
            if announced > len(body):
                self.wfile.flush()
                time.sleep(BEFORE_THE_BREAK_S)
                self.connection.shutdown(SHUT_WR)
        except OSError:  # the player hung up: its affair
            self.close_connection = True
        if announced > len(body):
            self.close_connection = True
