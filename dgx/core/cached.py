"""Figures that are dear to compute and may be a minute old: kept in Redis with the time of their computation.

One request computes a figure that went stale; the others meanwhile show the old one, or wait for the first. While Redis
is gone each request computes its own: a cache is no reason to be down.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

from dgx.core.scope import limit_of

logger = logging.getLogger(__name__)

FRESH_FOR = timedelta(seconds=60)
KEPT_FOR = timedelta(minutes=10)
"""A stale figure stays for so long, to be shown while somebody computes the next one."""
COMPUTED_WITHIN_S = 15
"""Whoever began to compute a figure and is not through by then has died; the next one begins."""
WAIT_S, LOOK_EVERY_S = 5.0, 0.05
SHAPE = 1
"""Counted up when what is kept changes its shape, so that a new release does not read an old one's."""


@dataclass(frozen=True)
class Aged:
    """A figure and when it was computed."""

    value: Any
    at: datetime


def scope_of(user: Any) -> str:
    """A word for what the person may see: persons with the same limit share their figures."""
    limit = limit_of(user)
    if limit is None:
        return "all"
    return hashlib.sha256(",".join(map(str, sorted(limit))).encode()).hexdigest()[:32]


def aged(figures: Mapping[str, Callable[[], Any]], *, scope: str, now: datetime) -> dict[str, Aged]:
    """The figures by name, each at most a minute old or computed now. `scope` says whose they are: see `scope_of`.
    What a function returns must pickle, and hold no more than a page shows."""
    keys = {_key(name, scope): name for name in figures}
    try:
        kept = cache.get_many(list(keys))
        return {name: _one(key, kept.get(key), figures[name], now) for key, name in keys.items()}
    except RedisError as error:
        logger.warning("figures are computed anew for each request, Redis does not answer: %s", error)
        return {name: Aged(compute(), now) for name, compute in figures.items()}


def refresh(figures: Mapping[str, Callable[[], Any]], *, scope: str, now: datetime) -> None:
    """Compute the figures anew, however old they are, so that no page has to. Raises RedisError while Redis is gone."""
    for name, compute in figures.items():
        _computed(_key(name, scope), compute, now)


def _key(name: str, scope: str) -> str:
    return f"figure:{SHAPE}:{name}:{scope}"


def _one(key: str, kept: tuple[datetime, Any] | None, compute: Callable[[], Any], now: datetime) -> Aged:
    if kept and now - kept[0] < FRESH_FOR:
        return Aged(kept[1], kept[0])
    if cache.add(f"{key}:busy", 1, timeout=COMPUTED_WITHIN_S):
        return _computed(key, compute, now)
    kept = kept or _waited_for(key)
    return Aged(kept[1], kept[0]) if kept else Aged(compute(), now)


def _computed(key: str, compute: Callable[[], Any], now: datetime) -> Aged:
    try:
        value = compute()
        cache.set(key, (now, value), timeout=KEPT_FOR.total_seconds())
    finally:
        cache.delete(f"{key}:busy")
    return Aged(value, now)


def _waited_for(key: str) -> tuple[datetime, Any] | None:
    """What another request is computing for the first time; None when it takes too long."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_S)
        kept: tuple[datetime, Any] | None = cache.get(key)
        if kept:
            return kept
        if cache.get(f"{key}:busy") is None:
            return None
    return None
