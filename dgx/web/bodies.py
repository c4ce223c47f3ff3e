"""Bodies of requests: small ones are gathered before a thread is spent on them, large ones flow in as they are read."""

import logging
import threading
from collections.abc import Callable, Iterator
from io import BytesIO
from time import monotonic
from typing import Any

from dgx.core.errors import Unavailable
from dgx.web.exchange import Exchange, Note, Take
from dgx.web.limits import BODY_RATE, GATHERED_MOST, GATHERED_TOTAL, Limits
from dgx.web.refusals import overloaded, too_slow
from dgx.web.sockets import stop_listening_to

logger = logging.getLogger(__name__)
FIRST = 64 * 1024
"""So much of a large body has to be there before it gets a thread."""
SMALL = 16 * 1024
"""What comes at once and is no larger, as a report is, always finds room."""


AWAKE_S = 2.0
"""A process that has not come to its tick for longer did not run."""


class Abandoned(BaseException):
    """Ends the application's work on a request past all its handlers: there is nobody left to be told anything."""


class Gathering:
    """A body on its way. It is in `bodies.pending` until somebody takes it out, and with that the right to go on."""

    __slots__ = ("_bodies", "_parts", "enough", "exchange", "future", "received", "since", "streams")

    def __init__(self, bodies: "Bodies", exchange: Exchange, enough: int, *, streams: bool) -> None:
        self._bodies, self.exchange, self.enough, self.streams = bodies, exchange, enough, streams
        self._parts: list[bytes] = []
        self.received, self.since = 0, monotonic()
        self.future: Any = None

    def go_on(self) -> None:
        """Ask for the next part."""
        self.future = self.exchange.receive()
        self.future.add_done_callback(self._arrived)

    def _arrived(self, future: Any) -> None:
        """Called by granian, whose threads swallow exceptions."""
        try:
            self.future = None  # each holds the other
            if self in self._bodies.pending:
                self._take(future.result())
        except Exception:
            logger.exception("a body could not be taken in")
            self.exchange.fail()

    def _take(self, message: dict[str, Any]) -> None:
        part: bytes = message.get("body", b"")
        self._parts.append(part)
        self.received += len(part)
        ended = not message.get("more_body", False)
        complete = ended or self.received >= self.enough
        if message["type"] == "http.disconnect":
            if self._bodies.pending.pop(self, False):
                self.exchange.fail()  # nobody reads that
        elif not (complete and self.received <= SMALL) and not self._bodies.has_room_for(part):
            if self._bodies.pending.pop(self, False):
                self._bodies.refuse(self.exchange)
        elif not complete:
            self.go_on()
        elif self._bodies.pending.pop(self, False):
            self._bodies.complete(self, b"".join(self._parts), ended=ended)

    def is_late(self, now: float, limits: Limits) -> bool:
        return now - self.since > limits.body_s + self.received / BODY_RATE


class Bodies:
    """Decides how each body is read, and calls `work` when it is all there, or `transfer` when it is large.

    `waiting` says how many bytes wait to be worked on, and `note` is told of those that there is no room for.
    """

    def __init__(
        self,
        *,
        work: Take,
        transfer: Take,
        limits: Limits,
        waiting: Callable[[], int] = lambda: 0,
        note: Note = lambda *_: None,
    ) -> None:
        self._work, self._transfer, self._limits = work, transfer, limits
        self._waiting, self._note = waiting, note
        self.pending: dict[Gathering, bool] = {}
        self._lock = threading.Lock()
        self._held = 0
        self._told: list[Exchange] = []
        self._ticked, self._woken = monotonic(), False

    def take(self, exchange: Exchange) -> None:
        """Start reading the body of a new exchange."""
        gathering = self._gathering(exchange)
        if gathering is None:
            exchange.environ["wsgi.input"] = BytesIO()
            self._work(exchange)
            return
        self.pending[gathering] = True
        gathering.go_on()

    def _gathering(self, exchange: Exchange) -> Gathering | None:
        """What there is to gather; None where there is no body."""
        environ = exchange.environ
        if length := int(environ.get("CONTENT_LENGTH") or 0):
            large = length > GATHERED_MOST
            return Gathering(self, exchange, FIRST if large else length, streams=large)
        if "HTTP_TRANSFER_ENCODING" in environ and "CONTENT_LENGTH" not in environ:
            form = environ.get("CONTENT_TYPE", "").lower().startswith("multipart/")
            return Gathering(self, exchange, FIRST if form else GATHERED_MOST + 1, streams=True)
        return None

    def has_room_for(self, part: bytes) -> bool:
        """Counts what bodies hold that are on their way, or wait."""
        with self._lock:
            self._held += len(part)
            return self._held <= GATHERED_TOTAL

    def refuse(self, exchange: Exchange) -> None:
        """Tell a client that there is no room for its body."""
        overloaded(exchange)
        self._note(exchange.environ["PATH_INFO"], Unavailable.status)

    def complete(self, gathering: Gathering, body: bytes, *, ended: bool) -> None:
        exchange = gathering.exchange
        if gathering.streams and not ended:
            exchange.environ["wsgi.input"] = Inflow(exchange, body, self._limits, self.give_up)
            self._transfer(exchange)
        else:
            exchange.environ["wsgi.input"] = BytesIO(body)
            self._work(exchange)

    def tick(self, now: float) -> None:
        """Give up what does not come in, and hang up on those that were told so before."""
        told, self._told = self._told, []
        if told:
            stop_listening_to({exchange.client for exchange in told})
        for gathering in [] if self._has_just_woken(now) else list(self.pending):
            if gathering.is_late(now, self._limits) and self.pending.pop(gathering, False):
                self.give_up(gathering.exchange)
                if future := gathering.future:
                    future.cancel()
        waiting = self._waiting()
        with self._lock:
            self._held = waiting + sum(gathering.received for gathering in list(self.pending))

    def _has_just_woken(self, now: float) -> bool:
        """This process did not run for a while: what came meanwhile is read until the next tick. Not twice in a row,
        since a busy process still has to give up those that are slow."""
        self._woken, self._ticked = now - self._ticked > AWAKE_S and not self._woken, now
        return self._woken

    def give_up(self, exchange: Exchange) -> None:
        """Tell a client that it is too slow; it is heard no more from the next tick on."""
        too_slow(exchange)
        self._told.append(exchange)


class Inflow:
    """The rest of a large body as WSGI's input; a read brings what is there, or waits for the next part."""

    def __init__(self, exchange: Exchange, first: bytes, limits: Limits, give_up: Take) -> None:
        self._exchange: Exchange | None = exchange
        self._limits, self._give_up = limits, give_up
        self._buffer = bytearray(first)
        self._ended = False
        self._received = len(first)
        self._waited = 0.0

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, all that are left without it; none at the end.

        Raises Abandoned when the client is too slow, which it has been told, or has gone.
        """
        while not self._ended and (size < 0 or not self._buffer):
            self._fill()
        return self._cut(len(self._buffer) if size < 0 else size)

    def readline(self, size: int = -1) -> bytes:
        """One line with its end, or `size` bytes of it."""
        while not self._ended and b"\n" not in self._buffer and not 0 <= size <= len(self._buffer):
            self._fill()
        line = self._buffer.find(b"\n") + 1 or len(self._buffer)
        return self._cut(line if size < 0 else min(line, size))

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def close(self) -> None:
        """Let go of the connection: what has not been read never will be."""
        self._exchange = None
        self._buffer.clear()

    def _cut(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _fill(self) -> None:
        message = self._next()
        part: bytes = message.get("body", b"")
        self._buffer += part
        self._received += len(part)
        self._ended = not message.get("more_body", False)
        if message["type"] == "http.disconnect":
            raise Abandoned("the client went away")

    def _next(self) -> Any:
        """The next part. What counts against the client is the time that we wait for it, not the time that we take."""
        if (exchange := self._exchange) is None:
            raise Abandoned("it was answered")
        started, arrived = monotonic(), threading.Event()
        future = exchange.receive()
        future.add_done_callback(lambda _: arrived.set())
        # looked at once more, since we may not have run while it came
        in_time = arrived.wait(self._limits.body_s) or arrived.wait(AWAKE_S)
        self._waited += min(monotonic() - started, self._limits.body_s)
        if not in_time or self._waited > self._limits.body_s + self._received / BODY_RATE:
            future.cancel()
            self._give_up(exchange)
            raise Abandoned("the body did not come in time")
        return future.result()
