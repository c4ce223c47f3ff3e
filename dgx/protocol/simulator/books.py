"""What the simulated fleet did, counted by all its threads, and what it found wrong."""

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from typing import Any

KEPT_LATENCIES = 100_000
"""Of each kind of call the latest this many are kept: a fleet that runs for days stays small."""


class Books:
    """Counts, latencies and violations. A violation is an answer that the protocol does not allow, or a file whose
    bytes are not those of its hash."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._latencies: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=KEPT_LATENCIES))
        self._violations: list[str] = []

    def count(self, what: str, number: int = 1) -> None:
        """Add to a count."""
        with self._lock:
            self._counts[what] += number

    def took(self, kind: str, seconds: float) -> None:
        """Note how long a call took."""
        with self._lock:
            self._latencies[kind].append(seconds)

    def violation(self, message: str) -> None:
        """Note something that must never happen."""
        with self._lock:
            self._counts["violations"] += 1
            if len(self._violations) < 20:
                self._violations.append(message)

    def __getitem__(self, what: str) -> int:
        with self._lock:
            return self._counts[what]

    @property
    def faultless(self) -> bool:
        """No violation so far."""
        return self["violations"] == 0

    def as_json(self) -> dict[str, Any]:
        """Counts by name, latencies in milliseconds by kind of call, and the first violations in words."""
        with self._lock:
            return {
                "counts": dict(sorted(self._counts.items())),
                "latency_ms": {kind: _summary(sorted(values)) for kind, values in sorted(self._latencies.items())},
                "violations": list(self._violations),
            }


def _summary(ordered: Sequence[float]) -> dict[str, float]:
    summary: dict[str, float] = {"calls": len(ordered)}
    for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)):
        summary[name] = round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)
    return summary
