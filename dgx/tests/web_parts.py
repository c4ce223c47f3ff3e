"""What stands for granian in the tests of the web's parts, and work that takes as long as a test likes."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

from dgx.web.exchange import Exchange
from dgx.web.limits import Limits

SCOPE = {
    "client": ("10.0.0.1", "5000"),
    "server": ("10.0.0.2", "8005"),
    "method": "POST",
    "scheme": "http",
    "http_version": "1.1",
    "raw_path": b"/device/caf%C3%A9/a%2Fb",
    "query_string": b"a=%20b",
    "headers": [],
}
LIMITS = Limits(threads=2, body_s=0.2, wait_s=1.0, download_s=0.2)
DISCONNECTED = {"type": "http.disconnect"}


class Soon:
    """granian's future."""

    def __init__(self, message: dict[str, Any] | None) -> None:
        self._message, self.was_cancelled = message, False

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        if self._message is not None:
            callback(self)

    def result(self) -> dict[str, Any]:
        assert self._message is not None
        return self._message

    def cancel(self) -> bool:
        self.was_cancelled = True
        return True


class Watcher:
    """granian's, whose body comes in these parts and then no more, without an end if there is none among them."""

    def __init__(self, *parts: bytes, path: bytes = b"/x", ends: bool = True, **headers: str) -> None:
        pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        self.scope = SCOPE | {"raw_path": path, "headers": pairs}
        self.proto, self.failed = self, False
        self.sent: list[dict[str, Any]] = []
        self._messages = self._of(parts, ends)

    @staticmethod
    def _of(parts: tuple[bytes, ...], ends: bool) -> Iterator[Soon]:
        for number, part in enumerate(parts):
            more = number + 1 < len(parts) or not ends
            yield Soon({"type": "http.request", "body": part, "more_body": more})
        while True:
            yield Soon(None)

    def receive(self) -> Soon:
        return next(self._messages)

    def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    def done(self) -> None:
        self.failed = True

    @property
    def status(self) -> int | None:
        return self.sent[0]["status"] if self.sent else None


class Reader(Watcher):
    """Takes each part of an answer after so many seconds, and leaves when it is told to."""

    def __init__(self, after_s: float, **more: Any) -> None:
        super().__init__(**more)
        self._after_s = after_s

    def send(self, message: dict[str, Any]) -> Any:
        super().send(message)
        return Later(self._after_s)


class Later:
    """A future that somebody fulfils."""

    def __init__(self, after_s: float) -> None:
        self._after_s = after_s

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        threading.Timer(self._after_s, callback, [self]).start()

    def cancel(self) -> bool:
        return True


class Busy:
    """Work that goes on until it is let go."""

    def __init__(self) -> None:
        self.begun: list[Exchange] = []
        self.done: list[Exchange] = []
        self.go_on = threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        self.begun.append(exchange)
        self.go_on.wait(10)
        exchange.answer(200, [], b"")
        self.done.append(exchange)


class Told:
    """Keeps what a line or the bodies note."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, int]] = []

    def __call__(self, path: str, status: int) -> None:
        self.answers.append((path, status))
