"""A device of an older fleet: it reports by the old routes, which have no numbers to tell a repeat by."""

import itertools
import threading
from contextlib import suppress

from dgx.chaos.calls import Caller, NoAnswer

EVERY_S = 0.25
HEARTBEAT_EVERY = 8
"""So many readings come with each sign of life."""


class OldDevice:
    """A thread that reports until `stop()`. Each temperature is another one and is sent once, answered or not: over
    this wire whoever sends again after silence may be stored twice."""

    def __init__(self, caller: Caller, name: str) -> None:
        self.name = name
        self.confirmed: list[float] = []
        """The temperatures that were answered 200."""
        self._caller = caller
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="old device", daemon=True)

    def start(self) -> None:
        """Begin to report."""
        self._thread.start()

    def stop(self) -> None:
        """Come to an end."""
        self._stopped.set()
        self._thread.join()

    def _work(self) -> None:
        for number in itertools.count():
            with suppress(NoAnswer):
                self._report(number)
            if self._stopped.wait(EVERY_S):
                return

    def _report(self, number: int) -> None:
        if number % HEARTBEAT_EVERY == 0:
            self._caller.call("old heartbeat", "POST", f"/device/{self.name}/online", json_body={"is_online": True})
        reading = float(number)
        path = f"/device/{self.name}/temperature"
        if self._caller.call("old report", "POST", path, json_body={"temperature": reading}).done:
            self.confirmed.append(reading)
