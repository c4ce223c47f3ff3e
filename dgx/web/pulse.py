"""The web's sign of life, for the sweep: whether the silence of devices is theirs or ours."""

import logging
import threading
from collections.abc import Callable
from time import monotonic

from django.utils import timezone

from devices.services.outages import note_web_serves
from dgx.web.line import OF_DEVICES

logger = logging.getLogger(__name__)
EVERY_S = 2.0
UNWELL_FOR_S = 15.0
"""Where a device was told that its report cannot be stored, there is no sign of life for so long."""
NOT_STORED = {503, 507}


class Pulse:
    """Says every few seconds that this process serves, unless it lately could not, or nothing at all moves."""

    def __init__(self, is_stuck: Callable[[], bool] = lambda: False) -> None:
        self._is_stuck = is_stuck
        self._failed_at = float("-inf")

    def start(self) -> None:
        """Beat from a thread of its own: Redis may keep it waiting."""
        threading.Thread(target=self._run, daemon=True, name="pulse").start()

    def note(self, path: str, status: int) -> None:
        """An answer that was given."""
        if status in NOT_STORED and path.startswith(OF_DEVICES):
            self._failed_at = monotonic()

    def beat(self) -> None:
        """One sign of life, if there is reason for it."""
        if monotonic() - self._failed_at > UNWELL_FOR_S and not self._is_stuck():
            note_web_serves(now=timezone.now())

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(EVERY_S):
            try:
                self.beat()
            except Exception:
                logger.exception("no sign of life could be given")
