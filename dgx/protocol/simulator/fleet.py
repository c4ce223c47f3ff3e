"""Runs many players on a few threads: whoever is due next is stepped by the thread that is free."""

import heapq
import itertools
import threading
import time
from collections.abc import Sequence
from typing import Any

from dgx.protocol.simulator.books import Books
from dgx.protocol.simulator.player import Player

STOP_WITHIN_S = 1.5


class Fleet:
    """A number of players. `run()` returns when the time is over or `stop` is set, within STOP_WITHIN_S seconds."""

    def __init__(self, players: Sequence[Player], books: Books, *, threads: int) -> None:
        self.players = players
        self._books = books
        self._threads = [threading.Thread(target=self._work, daemon=True, name=f"fleet-{n}") for n in range(threads)]
        self._due: list[tuple[float, int, Player]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._stopped = False

    def run(self, seconds: float | None, *, stop: threading.Event, boot_within_s: float) -> dict[str, Any]:
        """Boot every player at a moment of its own in the first `boot_within_s` seconds and run; returns the books."""
        started = time.monotonic()
        for player in self.players:
            heapq.heappush(self._due, (started + player.rng.uniform(0, boot_within_s), next(self._order), player))
        for thread in self._threads:
            thread.start()
        stop.wait(seconds)
        ran = time.monotonic() - started
        return self._report(ran, at_rest=self._stop())

    def _work(self) -> None:
        while (player := self._next()) is not None:
            try:
                wait = player.step()
            except Exception as error:  # noqa: BLE001 — one player's fault is told and ends that player alone
                self._books.violation(f"{player.mobile_id}: {type(error).__name__}: {error}")
                continue
            with self._changed:
                heapq.heappush(self._due, (time.monotonic() + wait, next(self._order), player))
                self._changed.notify()

    def _next(self) -> Player | None:
        """The next player that is due, waited for; None once the fleet stops."""
        with self._changed:
            while not self._stopped:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)
        return None

    def _stop(self) -> bool:
        """Stop all threads; True when each came to rest, so that no player is in the middle of a step."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        deadline = time.monotonic() + STOP_WITHIN_S
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _report(self, seconds: float, *, at_rest: bool) -> dict[str, Any]:
        outboxes = [player.outbox for player in self.players]
        logs = {
            "made": sum(outbox.made for outbox in outboxes),
            "acknowledged": sum(len(outbox.acknowledged) for outbox in outboxes),
            "given_up": sum(outbox.dropped for outbox in outboxes),
        }
        if at_rest and sum(outbox.balance() for outbox in outboxes) != logs["made"]:
            self._books.violation("the fleet's own logs do not add up")
        return {
            "devices": len(self.players),
            "seconds": round(seconds, 1),
            "holding_all": sum(player.holds_all() for player in self.players),
            "polls_per_s": round(self._books["polls"] / seconds, 1),
            "logs": logs,
            **self._books.as_json(),
        }
