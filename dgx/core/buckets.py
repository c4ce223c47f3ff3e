"""Buckets of calls, counted in Redis. While Redis does not answer nothing is refused, and nobody waits for it."""

import logging
import threading
from dataclasses import dataclass, field
from math import ceil, floor
from time import monotonic
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

PAUSE_S = 10.0
"""After a failure Redis is not asked for so long; then one call asks again, and only that one may wait for it."""
TOLD_EVERY_S = 60.0

_TAKE = """
local now, window, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full_at = tonumber(redis.call('GET', KEYS[1]) or now)
if full_at < now or full_at > now + window + cost then full_at = now end
local is_allowed = full_at + cost <= now + window + cost / 2
if is_allowed then
  full_at = full_at + cost
  redis.call('SET', KEYS[1], string.format('%.6f', full_at), 'EX', math.ceil(full_at - now) + 10)
end
return {is_allowed and 1 or 0, string.format('%.6f', full_at - now)}
"""
"""`Rate.spend`, in Redis: one round trip, and calls at once are counted one after the other. A bucket is kept until it
is full, and ten seconds more, since the clocks of our machines differ."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`limit` calls at once, which come back evenly over `window_s` seconds.

    A bucket is kept as one number, the instant at which it is full again (the generic cell rate algorithm of ATM
    Forum's Traffic Management 4.0). Half a call's time is tolerated, so that sums of fractions do not cost a call.
    """

    limit: int
    window_s: int
    cost_s: float = field(init=False)
    """How long one call takes to come back."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "cost_s", self.window_s / self.limit)

    def spend(self, full_at: float, now: float) -> tuple[bool, float]:
        """Take one call: whether it was there, and when the bucket is full again. An instant further ahead than any
        call leads to comes from a clock that was put back, and counts as full."""
        cost_s = self.cost_s
        if full_at < now or full_at > now + self.window_s + cost_s:
            full_at = now
        if full_at + cost_s > now + self.window_s + cost_s / 2:
            return False, full_at
        return True, full_at + cost_s


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of taking a call: whether it was there, and in how many seconds the bucket is full again."""

    rate: Rate
    is_allowed: bool
    full_in_s: float

    @property
    def remaining(self) -> int:
        """Calls that are there now."""
        room_s = self.rate.window_s + self.rate.cost_s / 2 - self.full_in_s
        return max(0, floor(room_s / self.rate.cost_s))

    @property
    def next_in_s(self) -> int:
        """Seconds until one more call is there; at least one."""
        rate = self.rate
        missing_s = self.full_in_s + (self.remaining + 1) * rate.cost_s - rate.window_s - rate.cost_s / 2
        return max(1, ceil(missing_s))


class Buckets:
    """The buckets of the Redis at `location`; `options` are its client's, timeouts above all."""

    def __init__(self, location: str, options: dict[str, Any]) -> None:
        self._take = Redis.from_url(location, **options).register_script(_TAKE)
        self._lock = threading.Lock()
        self._asked_again_at: float | None = None
        """None while Redis answers."""
        self._told_at: float | None = None

    def take(self, key: str, rate: Rate, *, now: float) -> Taken | None:
        """Take one call of the bucket `key`; None while Redis does not answer."""
        if self._asked_again_at is not None and not self._is_turn():
            return None
        try:
            is_allowed, full_in_s = self._take(keys=[key], args=[now, rate.window_s, rate.cost_s])
        except RedisError as error:
            self._note(error)
            return None
        self._asked_again_at = None
        return Taken(rate, bool(is_allowed), float(full_in_s))

    def _is_turn(self) -> bool:
        """The pause is over, and nobody else has begun to ask."""
        with self._lock:
            now = monotonic()
            if self._asked_again_at is not None and now < self._asked_again_at:
                return False
            self._asked_again_at = now + PAUSE_S
            return True

    def _note(self, error: RedisError) -> None:
        with self._lock:
            now = monotonic()
            self._asked_again_at = now + PAUSE_S
            is_news = self._told_at is None or now - self._told_at >= TOLD_EVERY_S
            if is_news:
                self._told_at = now
        if is_news:
            logger.warning("rate limits stand open, Redis does not answer: %s", error)
