"""What takes as long as a client's line is slow: large uploads and downloads, each in a thread of its own."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from django.db import connections

from dgx.web.exchange import Exchange, Headers
from dgx.web.limits import Limits
from dgx.web.refusals import overloaded
from dgx.web.sockets import cut

QUEUED_FOR_EACH = 4
"""Threads of transfers that wait for their turn, for each that is under way."""


class Transfers:
    """At most `limits.transfers` at a time; some more wait as long as a request may wait, then they are refused."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._turns = threading.Semaphore(limits.transfers)
        self._threads = threading.Semaphore(limits.transfers * (1 + QUEUED_FOR_EACH))

    def start(self, exchange: Exchange, transfer: Callable[[], None], refused: Callable[[], None]) -> None:
        """Run `transfer` in its own thread when its turn comes; `refused` lets go of what it would have used."""
        if self._threads.acquire(blocking=False):
            threading.Thread(target=self._run, args=(exchange, transfer, refused), daemon=True).start()
        else:
            refused()
            overloaded(exchange)

    def _run(self, exchange: Exchange, transfer: Callable[[], None], refused: Callable[[], None]) -> None:
        try:
            if not self._turns.acquire(timeout=self._limits.wait_s):
                refused()
                overloaded(exchange)
                return
            try:
                transfer()
            finally:
                self._turns.release()
        finally:
            self._threads.release()
            connections.close_all()  # this thread's own


class Outflow:
    """A large answer on its way to a client that may read it slowly, or leave."""

    def __init__(self, exchange: Exchange, limits: Limits) -> None:
        self._exchange, self._limits = exchange, limits
        self._gone = False
        exchange.receive().add_done_callback(self._body_is_over)

    def _body_is_over(self, _: Any) -> None:
        """What follows the body is the client's leaving."""
        self._exchange.receive().add_done_callback(self._client_left)

    def _client_left(self, _: Any) -> None:
        self._gone = True

    def send(self, status: int, headers: Headers, parts: Iterable[bytes]) -> None:
        """Send all parts, or cut the client off, so that it does not take a part for the whole."""
        if not self._exchange.begin(status, headers):
            return
        try:
            for part in parts:
                if self._gone or not self._taken(part):
                    cut(self._exchange.client)
                    return
        except BaseException:
            cut(self._exchange.client)
            raise
        self._exchange.send(b"", more=False)

    def _taken(self, part: bytes) -> bool:
        """Whether there was room for it in time."""
        room = self._exchange.send(part, more=True)
        if not hasattr(room, "add_done_callback"):
            return True
        made = threading.Event()
        room.add_done_callback(lambda _: made.set())
        return made.wait(self._limits.download_s) or not room.cancel()
