"""One request and its answer, between granian's ASGI worker and the WSGI application."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

Environ = dict[str, Any]
Headers = Iterable[tuple[str, str]]

_BASE: Environ = {
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "granian",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}
_UNPREFIXED = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
_names: dict[bytes, str] = {}
_encoded: dict[str, bytes] = {}
_REMEMBERED = 500
"""Header names are remembered, but not whatever a client makes up."""


class Exchange:
    """What granian calls a watcher, and where it stands. It is answered once: whatever comes later is not sent."""

    __slots__ = ("_protocol", "_watcher", "answered", "client", "environ", "since")

    def __init__(self, watcher: Any) -> None:
        self._watcher, self._protocol = watcher, watcher.proto
        scope = watcher.scope
        self.client: tuple[str, str] = scope["client"]
        self.environ = environ_of(scope)
        self.answered = False
        self.since = 0.0

    def receive(self) -> Any:
        """granian's future of the next part of the body."""
        return self._protocol.receive()

    def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """Send the whole answer; nothing if there is one already."""
        if self.answered:
            return
        self.begin(status, headers)
        self._protocol.send({"type": "http.response.body", "body": body, "more_body": False})

    def begin(self, status: int, headers: Headers) -> None:
        """Send status and headers."""
        self.answered = True
        pairs = [(_encoded.get(name) or _encode(name), value.encode("latin-1")) for name, value in headers]
        self._protocol.send({"type": "http.response.start", "status": status, "headers": pairs})

    def send(self, part: bytes, *, more: bool) -> Any:
        """Send a part of the body; returns granian's awaitable, which is done when there is room for another one."""
        return self._protocol.send({"type": "http.response.body", "body": part, "more_body": more})

    def fail(self) -> None:
        """500 without a word, where not even the application's own last resort answered."""
        self._watcher.done()


def environ_of(scope: Mapping[str, Any]) -> Environ:
    """The WSGI environment (PEP 3333) of an ASGI scope.

    A header whose name holds an underscore is dropped: it would pass for the one with a hyphen.
    """
    environ = _BASE.copy()
    path: bytes = scope["raw_path"]
    environ["REQUEST_METHOD"] = scope["method"]
    environ["PATH_INFO"] = (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1")
    environ["QUERY_STRING"] = scope["query_string"].decode("latin-1")
    environ["SERVER_PROTOCOL"] = "HTTP/" + scope["http_version"]
    environ["SERVER_NAME"], environ["SERVER_PORT"] = scope["server"]
    environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = scope["client"]
    environ["wsgi.url_scheme"] = scope["scheme"]
    for raw, value in scope["headers"]:
        name = _names.get(raw) or _name(raw)
        if name in environ:
            environ[name] += ("; " if name == "HTTP_COOKIE" else ",") + value.decode("latin-1")
        elif name:
            environ[name] = value.decode("latin-1")
    return environ


def _name(raw: bytes) -> str:
    """The variable of a header; empty for one that is dropped."""
    text = raw.decode("latin-1")
    if "_" in text:
        return ""
    name = _UNPREFIXED.get(text) or "HTTP_" + text.replace("-", "_").upper()
    if len(_names) < _REMEMBERED:
        _names[raw] = name
    return name


def _encode(name: str) -> bytes:
    encoded = name.encode("latin-1")
    if len(_encoded) < _REMEMBERED:
        _encoded[name] = encoded
    return encoded
