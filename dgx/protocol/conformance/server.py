"""The HTTP server of the examination: the protocol's four calls, the files, and the browser player at /player/."""

import errno
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import urlsplit

import orjson

from dgx.core.api.errors import error_body
from dgx.core.errors import NotFound, Refusal, TooLarge, Unsupported
from dgx.protocol.conformance.pages import page
from dgx.protocol.conformance.scenario import Scenario
from dgx.protocol.conformance.stage import Reply
from dgx.protocol.http import MethodNotAllowed
from dgx.protocol.schemas import BODY_MAX_BYTES

ROOT = "/api/v1/device/"
METHODS = {"enrol": "POST", "claim": "POST", "poll": "POST", "manifest": "GET"}
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
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.scenario = scenario
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        """On every interface where the address is another's: a proxy's, or that of a container's host. Nobody's name is
        looked up, as HTTPServer would: that takes long without a network."""
        try:
            TCPServer.server_bind(self)
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
            self.server_address = ("", self.server_address[1])
            TCPServer.server_bind(self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A player that hangs up is no fault of ours, and no matter for the screen."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

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
        scenario, name = self.server.scenario, self._path().removeprefix(ROOT).rstrip("/")
        authorization = self.headers.get("Authorization", "")
        if METHODS.get(name) != "POST":
            self.close_connection = True  # its body is not read
            self._nothing()
            return
        try:
            values = self._values()
        except Refusal as refusal:
            self.close_connection = True
            self._json(scenario.unreadable(name, refusal, authorization))
        else:
            calls = {"enrol": scenario.enrol, "claim": scenario.claim}
            self._json(scenario.poll(values, authorization) if name == "poll" else calls[name](values))

    def do_GET(self) -> None:
        path = self._path()
        if path.startswith("/files/"):
            self._file(path.removeprefix("/files/"))
        elif path.rstrip("/") == f"{ROOT}manifest":
            asked = (self.headers.get(name, "") for name in ("Authorization", "If-None-Match"))
            self._json(self.server.scenario.manifest(*asked))
        elif (found := page(self.path, self.headers.get("Host", ""))) is not None:
            self._send(*found)
        else:
            self._nothing()

    def do_HEAD(self) -> None:
        """As a store, whose addresses are signed for GET alone."""
        if self._path().startswith("/files/"):
            self._send(403, {}, b"")
        else:
            self.do_GET()

    def do_OPTIONS(self) -> None:
        self._send(204, {}, b"")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 — the library's name
        """The table tells; a line for each call would bury it."""

    def _path(self) -> str:
        try:
            return urlsplit(self.path).path
        except ValueError:
            return ""

    def _values(self) -> Any:
        """The body as JSON. Raises Refusal as the real server does."""
        if self.headers.get_content_type() != "application/json":
            raise Unsupported("Send JSON, with the header “Content-Type: application/json”.")
        raw = self._body()
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise Refusal(f"The body is not JSON: {error}.", code="parse_error") from error

    def _body(self) -> bytes:
        """Raises TooLarge, and Refusal where nobody can tell where it ends."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        announced = self.headers.get("Content-Length", "0")
        if not announced.isdigit():
            raise Refusal("Content-Length must be a number of bytes.", code="invalid")
        return self._some(int(announced), of=int(announced))

    def _chunks(self) -> bytes:
        """https://www.rfc-editor.org/rfc/rfc9112#section-7.1"""
        body = b""
        try:
            while size := int(self.rfile.readline(1000).partition(b";")[0], 16):
                body += self._some(size, of=len(body) + size)
                self.rfile.readline(1000)
        except ValueError as error:
            raise Refusal("The chunks of the body cannot be told apart.", code="invalid") from error
        while self.rfile.readline(1000).strip():
            pass  # trailers
        return body

    def _some(self, size: int, *, of: int) -> bytes:
        raw = self.rfile.read(max(0, min(size, 4 * BODY_MAX_BYTES)))  # so that who sends it all gets to read the answer
        if not 0 <= of <= BODY_MAX_BYTES:
            raise TooLarge(f"The body is larger than {BODY_MAX_BYTES} bytes ({BODY_MAX_BYTES // 1024} KB), the limit.")
        if len(raw) < size:
            raise ConnectionError("The player hung up in the middle of a body.")
        return raw

    def _file(self, name: str) -> None:
        wanted, if_range = (self.headers.get(header) for header in ("Range", "If-Range"))
        reply = self.server.scenario.file(name, wanted, urlsplit(self.path).query, if_range)
        if reply is None:
            self._nothing()
            return
        headers = {"Content-Type": "image/png", "Accept-Ranges": "bytes", **reply.headers}
        self._send(reply.status, headers, reply.body, length=reply.length)

    def _json(self, reply: Reply) -> None:
        body = b"" if reply.body is None else orjson.dumps(reply.body)
        sent = body[: len(body) // 2] if reply.cut else body
        self._send(reply.status, {"Content-Type": "application/json", **reply.headers}, sent, length=len(body))

    def _nothing(self) -> None:
        method = METHODS.get(self._path().removeprefix(ROOT).rstrip("/"))
        refusal: Refusal = NotFound(f"There is no address {self.path[:200]}.")
        if method:
            refusal = MethodNotAllowed(f"Use {method}.")
        self._json(Reply(refusal.status, error_body(refusal), {"Allow": method} if method else {}))

    def _send(self, status: int, headers: dict[str, str], body: bytes, *, length: int | None = None) -> None:
        """Send an answer; where more is announced than there is, the line breaks after it."""
        announced = len(body) if length is None else length
        self.send_response(status)
        if self.close_connection:
            self.send_header("Connection", "close")
        for name, value in {**CORS, "Cache-Control": "no-store", **headers, "Content-Length": str(announced)}.items():
            self.send_header(name, value)
        try:
            self.end_headers()
            if self.command == "HEAD":
                return
            self.wfile.write(body)
            if announced > len(body):
                self.wfile.flush()
                time.sleep(BEFORE_THE_BREAK_S)
                self.connection.shutdown(socket.SHUT_WR)
        except OSError:  # the player hung up: its affair
            self.close_connection = True
        if announced > len(body):
            self.close_connection = True
