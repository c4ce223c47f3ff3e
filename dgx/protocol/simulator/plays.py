"""Proof of play of a simulated device: its playlist goes round; each file's time is booked to the hour it ran in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

REPORTED_MAX = 200
"""Entries that a poll may carry."""
HOUR_S = 3600
VIDEO_S = 10.0
"""A manifest does not say how long a video runs; the simulated ones run for so many seconds."""


@dataclass
class Total:
    """How often a file came on the screen in an hour, and for how many seconds."""

    count: int = 0
    seconds: float = 0.0


@dataclass(eq=False)
class Plays:
    """Totals by file and hour. Only what has grown since it was acknowledged is told again."""

    totals: dict[tuple[str, int], Total] = field(default_factory=dict)
    told: dict[tuple[str, int], Total] = field(default_factory=dict)
    over: dict[tuple[str, int], Total] = field(default_factory=dict)
    """What a real device would forget: totals of hours that are over, for whoever judges."""
    position: int = -1
    remaining_s: float = 0.0

    def run(self, items: Sequence[dict[str, Any]], *, start: float, end: float) -> str | None:
        """Play the items round and round from `start` to `end` (seconds since the epoch); returns the hash of what is
        on the screen then, None for an empty playlist."""
        if not items:
            return None
        at = max(start, end - HOUR_S)  # a device that slept for longer showed nothing meanwhile
        while at < end:
            if self.remaining_s <= 0:
                self._next(items, at)
            until = min(end, at + self.remaining_s, (at // HOUR_S + 1) * HOUR_S)
            self._total(items, at).seconds += until - at
            self.remaining_s -= until - at
            at = until
        return str(items[self.position % len(items)]["sha256"])

    def due(self) -> list[dict[str, Any]]:
        """Entries for a poll: the totals that have grown since they were acknowledged, oldest first."""
        grown = [key for key in sorted(self.totals, key=lambda key: key[1]) if self.totals[key] != self.told.get(key)]
        return [self._entry(key) for key in grown[:REPORTED_MAX]]

    def acknowledge(self, entries: Sequence[dict[str, Any]], *, now: float) -> None:
        """The server has stored these; hours that are over and told are forgotten."""
        for entry in entries:
            key = (entry["sha256"], int(datetime.fromisoformat(entry["hour"]).timestamp()))
            self.told[key] = Total(entry["count"], entry["seconds"])
        over = [key for key, told in self.told.items() if key[1] + HOUR_S < now and self.totals.get(key) == told]
        for key in over:
            self.over[key] = max(self.over.get(key, Total()), self.totals[key], key=lambda total: total.seconds)
            del self.totals[key], self.told[key]

    def acknowledged(self) -> dict[tuple[str, int], Total]:
        """All that the server ever said it stored."""
        return self.told | self.over

    def counted(self) -> dict[tuple[str, int], Total]:
        """All that was ever played."""
        return self.totals | self.over

    def _next(self, items: Sequence[dict[str, Any]], at: float) -> None:
        self.position = (self.position + 1) % len(items)
        item = items[self.position]
        self.remaining_s = VIDEO_S if item["type"] == "video" else max(1.0, item["display_duration"])
        self._total(items, at).count += 1

    def _total(self, items: Sequence[dict[str, Any]], at: float) -> Total:
        sha256 = items[self.position % len(items)]["sha256"]
        return self.totals.setdefault((sha256, int(at // HOUR_S) * HOUR_S), Total())

    def _entry(self, key: tuple[str, int]) -> dict[str, Any]:
        total = self.totals[key]
        hour = datetime.fromtimestamp(key[1], UTC).isoformat()
        return {"sha256": key[0], "hour": hour, "count": total.count, "seconds": total.seconds}
