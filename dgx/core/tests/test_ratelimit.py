"""Rate limits never wait for Redis."""

import socket
import time

import pytest

from dgx.core.errors import TooManyRequests
from dgx.core.ratelimit import take


def test_the_call_beyond_the_limit_is_refused_until_the_window_ends():
    for _ in range(2):
        take("test", "someone", limit=2, window_s=3600)
    take("test", "another", limit=2, window_s=3600)
    with pytest.raises(TooManyRequests) as caught:
        take("test", "someone", limit=2, window_s=3600)
    assert 0 < caught.value.retry_after_s <= 3600


def test_a_redis_that_hangs_costs_a_second_and_lets_everybody_in(settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": address}}
        started = time.monotonic()
        take("test", "someone", limit=0, window_s=3600)
        assert time.monotonic() - started < 5
