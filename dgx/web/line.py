"""Who is worked on now, who waits, and who is refused because no answer would come in time."""

import threading
from collections import deque
from dataclasses import replace
from time import monotonic

from dgx.core.errors import Unavailable
from dgx.web.exchange import Exchange, Note, Take
from dgx.web.limits import FEW_WAITING, Limits
from dgx.web.refusals import given_up, overloaded

OVER_S = 5.0
"""The rate of the last so many seconds says how many may wait."""
OF_DEVICES = ("/api/v1/device/", "/device/")


class Lines:
    """Devices stand in a line of their own, with half of the threads: neither do slow pages keep polls waiting, nor a
    fleet that comes back the people. And two polls at a time are answered sooner than four, which take Python's lock
    and the processor's caches from one another."""

    def __init__(self, work: Take, limits: Limits, note: Note = lambda *_: None) -> None:
        """`note` is told of the refusals."""
        self._devices = Line(work, replace(limits, threads=limits.device_threads), note)
        self._others = Line(work, replace(limits, threads=limits.other_threads), note)

    @property
    def is_stuck(self) -> bool:
        """No device is heard any more."""
        return self._devices.is_stuck

    def enter(self, exchange: Exchange) -> None:
        """Work on it in this thread, or let it wait, or refuse it."""
        of_device = exchange.environ["PATH_INFO"].startswith(OF_DEVICES)
        (self._devices if of_device else self._others).enter(exchange)

    def held(self) -> int:
        """Bytes of the bodies that wait."""
        return self._devices.held() + self._others.held()

    def tick(self, now: float) -> None:
        """Refuse those that waited too long, and give up devices' requests that are stuck."""
        self._devices.tick(now)
        self._others.tick(now)


class Line:
    """At most `limits.threads` exchanges are in `work` at a time; it is called by granian's threads, of which there are
    more, so that one is always free to take what comes, to refuse it or to let it wait."""

    def __init__(self, work: Take, limits: Limits, note: Note = lambda *_: None) -> None:
        """`note` is told of the refusals."""
        self._work, self._limits, self._note = work, limits, note
        self._lock = threading.Lock()
        self._free = limits.threads
        self._waiting: deque[Exchange] = deque()
        self._running: set[Exchange] = set()
        self._most = FEW_WAITING
        self._served = self._served_before = 0
        self._estimated_at = monotonic()
        self.is_stuck = False
        """All threads are held, and none has come to an end lately: as when the database hangs."""

    def enter(self, exchange: Exchange) -> None:
        """Work on it in this thread, or let it wait, or refuse it."""
        exchange.since = monotonic()
        with self._lock:
            if self._free:
                self._free -= 1
                mine: Exchange | None = exchange
            else:
                mine = None
                if room := len(self._waiting) < self._most:
                    self._waiting.append(exchange)
        if mine:
            self._work_on(mine)
        elif not room:
            self._refuse(exchange, overloaded)

    def _work_on(self, exchange: Exchange | None) -> None:
        """This exchange, and then those that wait."""
        try:
            while exchange is not None:
                self._running.add(exchange)
                try:
                    self._work(exchange)
                finally:
                    self._running.discard(exchange)
                exchange = self._next()
        except BaseException:  # whatever it is, the turn is given back
            with self._lock:
                self._free += 1
            raise

    def _next(self) -> Exchange | None:
        """One that waits takes the turn that has come to an end; where none does, it is free."""
        with self._lock:
            self._served += 1
            exchange = self._waiting.popleft() if self._waiting else None
            if exchange is None:
                self._free += 1
            else:
                exchange.since = monotonic()
        return exchange

    def held(self) -> int:
        """Bytes of the bodies that wait."""
        with self._lock:
            return sum(exchange.environ["wsgi.input"].getbuffer().nbytes for exchange in self._waiting)

    def _refuse(self, exchange: Exchange, how: Take) -> None:
        how(exchange)
        self._note(exchange.environ["PATH_INFO"], Unavailable.status)

    def tick(self, now: float) -> None:
        """Refuse those that waited too long, and give up devices' requests that are stuck."""
        for exchange in self._overdue(now):
            self._refuse(exchange, overloaded)
        for exchange in list(self._running):
            late = not exchange.is_answered and now - exchange.since > self._limits.device_s
            if late and exchange.environ["PATH_INFO"].startswith(OF_DEVICES):
                self._refuse(exchange, given_up)
        if now - self._estimated_at >= OVER_S:
            self._estimate(now)

    def _overdue(self, now: float) -> list[Exchange]:
        found = []
        with self._lock:
            while self._waiting and now - self._waiting[0].since > self._limits.wait_s:
                found.append(self._waiting.popleft())
        return found

    def _estimate(self, now: float) -> None:
        """As many may wait as were served in OVER_S; while nothing at all moves, nobody may."""
        served = self._served - self._served_before
        self.is_stuck = served == 0 and self._free == 0
        self._most = 0 if self.is_stuck else max(FEW_WAITING, served)
        self._served_before, self._estimated_at = self._served, now
