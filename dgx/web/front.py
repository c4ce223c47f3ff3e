"""The way of a request: its body, its turn, the application, its answer."""

import logging
import threading
from collections.abc import Callable, Iterable
from functools import partial
from io import BytesIO
from time import monotonic
from typing import Any

from django.utils import timezone

from dgx.core.api.errors import as_refusal
from dgx.core.errors import Unavailable
from dgx.web.bodies import Abandoned, Bodies, Inflow
from dgx.web.exchange import Environ, Exchange
from dgx.web.limits import SENT_WHOLE_MOST, Limits
from dgx.web.line import Lines
from dgx.web.pulse import Pulse
from dgx.web.refusals import refuse
from dgx.web.sockets import number_open
from dgx.web.transfers import Outflow, Transfers
from media_library.uploadhandlers import delete_left_behind

logger = logging.getLogger(__name__)
Application = Callable[[Environ, Any], Iterable[bytes]]
TICK_S = 0.5
PROBE = "/health"
CROWDED = 0.75
"""Of the connections that there may be: from here on nobody keeps one."""


class Head:
    """WSGI's start_response."""

    __slots__ = ("headers", "status")

    def __call__(self, status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> None:
        self.status, self.headers = int(status[:3]), headers

    def fits(self, answer: Any) -> bool:
        """The answer is small enough to be handed over whole."""
        if not getattr(answer, "streaming", False):
            return True
        length = next((value for name, value in self.headers if name == "Content-Length"), None)
        return length is not None and int(length) <= SENT_WHOLE_MOST


class Front:
    """Serves an application to granian, which calls `arrive` for every request, from any of its threads."""

    def __init__(self, application: Application, limits: Limits) -> None:
        self._application, self._limits = application, limits
        self._pulse = Pulse(lambda: self._lines.is_stuck)
        self._lines = Lines(self._work, limits, self._pulse.note)
        self._transfers = Transfers(limits)
        self._bodies = Bodies(
            work=self._lines.enter,
            transfer=self._transfer,
            limits=limits,
            waiting=self._lines.held,
            note=self._pulse.note,
        )

    def start(self) -> None:
        """Begin to look after what takes too long, and to give signs of life."""
        self._pulse.start()
        threading.Thread(target=self._look_after, daemon=True, name="look-after").start()

    def arrive(self, watcher: Any) -> None:
        """A new request; what goes wrong here nobody else sees."""
        try:
            exchange = Exchange(watcher)
            if exchange.environ["PATH_INFO"] == PROBE:
                exchange.environ["wsgi.input"] = BytesIO()
                exchange.environ.pop("HTTP_COOKIE", None)  # whose session it is would be asked of the database
                self._work(exchange)  # it asks no store, and is answered however much there is to do
            else:
                self._bodies.take(exchange)
        except Exception:
            logger.exception("a request could not be taken in")
            watcher.done()

    def _look_after(self) -> None:
        try:
            delete_left_behind(now=timezone.now())
        except Exception:
            logger.exception("what uploads left behind could not be deleted")
        pause = threading.Event()
        while not pause.wait(TICK_S):
            try:
                self._tick(monotonic())
            except Exception:
                logger.exception("slow clients are not looked after")

    def _tick(self, now: float) -> None:
        self._bodies.tick(now)
        self._lines.tick(now)
        Exchange.crowded = number_open() > CROWDED * self._limits.connections

    def _transfer(self, exchange: Exchange) -> None:
        """A large body: all of its request is a transfer."""
        inflow: Inflow = exchange.environ["wsgi.input"]
        self._transfers.start(exchange, partial(self._work_large, exchange, inflow), inflow.close)

    def _work_large(self, exchange: Exchange, inflow: Inflow) -> None:
        try:
            self._work(exchange, transfers=True)
        finally:
            inflow.close()

    def _work(self, exchange: Exchange, *, transfers: bool = False) -> None:
        head = Head()
        try:
            answer = self._application(exchange.environ, head)
            self._pulse.note(exchange.environ["PATH_INFO"], head.status)
            if type(answer) is list:
                exchange.answer(head.status, head.headers, b"".join(answer))
            elif head.fits(answer) or exchange.environ["REQUEST_METHOD"] == "HEAD":
                self._hand_over(exchange, head, answer)
            elif transfers:
                self._stream(exchange, head, answer)
            else:
                stream = partial(self._stream, exchange, head, answer)
                self._transfers.start(exchange, stream, getattr(answer, "close", lambda: None))
        except Abandoned as reason:
            logger.info("a large body was given up: %s", reason)
            exchange.fail()
        except BaseException:  # a library's panic or exit, too: the thread is not the request's own
            exchange.fail()
            logger.exception("the application failed")

    def _hand_over(self, exchange: Exchange, head: Head, answer: Any) -> None:
        """Of an export that only its head is asked of, nothing is made."""
        try:
            body = b"".join(answer) if head.fits(answer) else b""
            exchange.answer(head.status, head.headers, body)
        finally:
            getattr(answer, "close", lambda: None)()

    def _stream(self, exchange: Exchange, head: Head, answer: Any) -> None:
        parts = iter(answer)
        try:
            first = next(parts, b"")
            Outflow(exchange, self._limits).send(head.status, head.headers, _with(first, parts))
        except Exception as error:
            logger.exception("a download ended early")
            refuse(exchange, as_refusal(error) or Unavailable("The download failed. Try again."))
        finally:
            getattr(answer, "close", lambda: None)()


def _with(first: bytes, rest: Iterable[bytes]) -> Iterable[bytes]:
    yield first
    yield from rest
