"""What takes as long as a client's line is slow: large uploads and downloads, each in a thread of its own."""

import logging
import threading
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

from django.db import connections

from dgx.web.exchange import Exchange, Headers
from dgx.web.limits import DOWNLOAD_RATE, Limits
from dgx.web.refusals import overloaded
from dgx.web.sockets import cut

logger = logging.getLogger(__name__)
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
        if not self._threads.acquire(blocking=False):
            _refuse(exchange, refused)
            return
        try:
            threading.Thread(target=self._run, args=(exchange, transfer, refused), daemon=True).start()
        except RuntimeError:  # the system gives us no more threads
            logger.exception("a transfer has no thread")
            self._threads.release()
            _refuse(exchange, refused)

    def _run(self, exchange: Exchange, transfer: Callable[[], None], refused: Callable[[], None]) -> None:
        try:
            if not self._turns.acquire(timeout=self._limits.wait_s):
                _refuse(exchange, refused)
                return
            try:
                transfer()
            finally:
                self._turns.release()
        finally:
            self._threads.release()
            connections.close_all()  # this thread's own


def _refuse(exchange: Exchange, refused: Callable[[], None]) -> None:
    refused()
    overloaded(exchange)


class Outflow:
    """A large answer on its way to a client that may read it slowly, or leave."""

    def __init__(self, exchange: Exchange, limits: Limits) -> None:
        self._exchange, self._limits = exchange, limits
        self._gone = False
        self._sent, self._waited = 0, 0.0
        self._listen()

    def _listen(self) -> None:
        """What follows the body is the client's leaving; where it has left already, granian promises no news."""
        news = self._exchange.receive()
        if hasattr(news, "add_done_callback"):
            news.add_done_callback(self._heard)
        else:
            self._gone = True

    def _heard(self, news: Any) -> None:
        if news.result()["type"] == "http.disconnect":
            self._gone = True
        else:
            self._listen()

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
        """Whether there was room for it in time. What counts against the client is the time that we wait for it."""
        room = self._exchange.send(part, more=True)
        self._sent += len(part)
        if not hasattr(room, "add_done_callback"):
            return True
        started, made = monotonic(), threading.Event()
        room.add_done_callback(lambda _: made.set())
        in_time = made.wait(self._limits.download_s) or not room.cancel()
        self._waited += monotonic() - started
        return in_time and self._waited <= self._limits.download_s + self._sent / DOWNLOAD_RATE
