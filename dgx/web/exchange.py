"""One request and its answer, between granian's ASGI worker and the WSGI application."""

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

Environ = dict[str, Any]
Headers = Iterable[tuple[str, str]]
Take = Callable[["Exchange"], None]
Note = Callable[[str, int], None]
"""Is told of an answer: its address and its status."""

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
_encoded: dict[tuple[str, str], tuple[bytes, bytes]] = {}
_REMEMBERED = 500
"""Names of headers that come, and headers that go, are remembered, but not whatever a client makes up."""
_OF_ONE_ANSWER = {"X-Request-Id", "Content-Length", "ETag", "Location", "Content-Disposition", "Last-Modified"}


class Exchange:
    """What granian calls a watcher, and where it stands. It is answered once: whatever comes later is not sent."""

    __slots__ = ("_protocol", "_unanswered", "_watcher", "client", "environ", "since")

    crowded = False
    """There are nearly as many connections as there may be: each ends with its answer."""

    def __init__(self, watcher: Any) -> None:
        self._watcher, self._protocol = watcher, watcher.proto
        scope = watcher.scope
        self.client: tuple[str, str] = scope["client"]
        self.environ = environ_of(scope)
        self._unanswered = [True]
        self.since = 0.0

    @property
    def is_answered(self) -> bool:
        """Somebody answers it, or has."""
        return not self._unanswered

    def receive(self) -> Any:
        """granian's future of the next part of the body."""
        return self._protocol.receive()

    def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """Send the whole answer; nothing if there is one already."""
        if self.begin(status, headers):
            self._protocol.send({"type": "http.response.body", "body": body, "more_body": False})

    def begin(self, status: int, headers: Headers) -> bool:
        """Send status and headers; False where somebody else answers. The clock's thread may want to at the same time
        as the one that works on it."""
        try:
            self._unanswered.pop()  # one of them gets it
        except IndexError:
            return False
        pairs = [_encoded.get(pair) or _encode(pair) for pair in headers]
        if self.crowded:
            pairs = [pair for pair in pairs if pair[0].lower() != b"connection"] + [(b"Connection", b"close")]
        self._protocol.send({"type": "http.response.start", "status": status, "headers": pairs})
        return True

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


def _encode(pair: tuple[str, str]) -> tuple[bytes, bytes]:
    name, value = pair
    encoded = name.encode("latin-1"), value.encode("latin-1")
    if len(_encoded) < _REMEMBERED and name not in _OF_ONE_ANSWER:
        _encoded[pair] = encoded
    return encoded
