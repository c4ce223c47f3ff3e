"""Fixed-window rate limits, counted in Redis. While Redis is gone they stand open: a limit is no reason to be down."""

import logging
import time

from django.core.cache import cache
from django.http import HttpRequest
from redis.exceptions import RedisError
from rest_framework.throttling import BaseThrottle

from dgx.core.errors import TooManyRequests

logger = logging.getLogger(__name__)


def take(name: str, subject: str, *, limit: int, window_s: int) -> None:
    """Count one call of `subject` (an address, a user) under `name`; raises TooManyRequests beyond `limit` calls in the
    current window, whose windows start at whole multiples of `window_s` seconds."""
    window, passed = divmod(int(time.time()), window_s)
    try:
        count = _count(f"limit:{name}:{subject}:{window}", window_s)
    except RedisError as error:
        logger.warning("rate limits stand open, Redis does not answer: %s", error)
        return
    if count > limit:
        raise TooManyRequests(
            f"More than {limit} calls in {window_s} s from {subject}. Try again later.",
            retry_after_s=window_s - passed,
        )


def address_of(request: HttpRequest) -> str:
    """The client's address, as DRF's throttles see it: the connection's, or behind DGX_PROXIES proxies of ours the one
    that the outermost of them saw. What a client itself writes into X-Forwarded-For is not believed."""
    return BaseThrottle().get_ident(request) or "unknown"  # type: ignore[arg-type]  # reads META alone


def _count(key: str, window_s: int) -> int:
    if cache.add(key, 1, timeout=window_s + 1):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # it ran out between the two calls
        return 1
