"""A device's reports that are not yet acknowledged: a ring of logs, put into numbered batches that never change."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

RING = 1000
"""Logs that a device keeps while nobody answers; then the oldest give way."""
BATCHES = 3
"""Batches under way at most: far fewer than the server remembers of a boot."""
BATCH_LOGS = 400


@dataclass(eq=False)
class Batch:
    """One report. `sent`: it may have arrived; `stored`: it has, though its answer was lost on the way."""

    boot_id: str
    seq: int
    body: dict[str, Any]
    sent: bool = False
    stored: bool = False

    @property
    def logs(self) -> list[dict[str, Any]]:
        """Its log entries."""
        return list(self.body.get("logs", []))


@dataclass(eq=False)
class Outbox:
    """The logs that wait, the batches under way, and how many logs were ever made, acknowledged or given up."""

    boot_id: str
    seq: int = 0
    batches: list[Batch] = field(default_factory=list)
    waiting: deque[dict[str, Any]] = field(default_factory=deque)
    made: int = 0
    acknowledged: list[str] = field(default_factory=list)
    dropped: int = 0

    def add(self, log: dict[str, Any]) -> None:
        """Keep a log until it is acknowledged; its `tags.sim` is its name in our books."""
        self.made += 1
        log["tags"] = {"sim": f"{self.boot_id}-{self.made}"}
        self.waiting.append(log)
        if len(self.waiting) > RING:
            self.waiting.popleft()
            self.dropped += 1

    def batch(self, state: dict[str, Any]) -> None:
        """Put what waits into a new batch with the device's state, unless too many are under way."""
        if len(self.batches) >= BATCHES:
            return
        self.seq += 1
        logs = [self.waiting.popleft() for _ in range(min(BATCH_LOGS, len(self.waiting)))]
        body = {**state, "boot_id": self.boot_id, "seq": self.seq, "logs": logs}
        self.batches.append(Batch(self.boot_id, self.seq, body))

    def settle(self, batch: Batch, *, acknowledged: bool) -> None:
        """The batch is done with: acknowledged by the server, or given up."""
        self.batches.remove(batch)
        if acknowledged:
            self.acknowledged += [log["tags"]["sim"] for log in batch.logs]
        else:
            self.dropped += len(batch.logs)

    def reboot(self, boot_id: str) -> bool:
        """A power cut: numbering starts anew, unsent batches keep theirs. Not while some of the boot before are under
        way, since the server remembers two boots."""
        if any(batch.boot_id != self.boot_id for batch in self.batches):
            return False
        self.boot_id, self.seq = boot_id, 0
        return True

    def balance(self) -> int:
        """Logs that are accounted for; equals `made` where the books are right."""
        under_way = sum(len(batch.logs) for batch in self.batches)
        return len(self.acknowledged) + self.dropped + len(self.waiting) + under_way
