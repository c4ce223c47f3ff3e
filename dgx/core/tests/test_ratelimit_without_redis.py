"""Rate limits while Redis is stopped or hangs: open, quick, and not loud; and closed again when it is back."""

import logging
import time
from typing import Any

import pytest

from dgx.core import buckets
from dgx.core.errors import TooManyRequests
from dgx.core.ratelimit import take
from dgx.core.tests.own_redis import OwnRedis, own_redis


class Clock:
    """The time since boot, which the pause goes by."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(buckets, "monotonic", clock)
    return clock


@pytest.fixture
def server(tmp_path: Any, settings: Any) -> Any:
    with own_redis(tmp_path) as server:
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": server.url}}
        yield server


def is_refused() -> bool:
    try:
        take("test", "someone", limit=1, window_s=3600)
    except TooManyRequests:
        return True
    return False


def seconds_of(calls: int) -> float:
    started = time.monotonic()
    assert not any(is_refused() for _ in range(calls))
    return time.monotonic() - started


def test_a_stopped_redis_refuses_nobody(server: OwnRedis):
    assert [is_refused(), is_refused()] == [False, True]
    server.stop()
    assert seconds_of(100) < 1


def test_a_redis_that_hangs_is_waited_for_once(server: OwnRedis):
    assert [is_refused(), is_refused()] == [False, True]
    server.hang()
    assert 0.5 < seconds_of(100) < 2.5


def test_a_redis_that_never_answered_is_waited_for_once(server: OwnRedis):
    server.hang()
    assert 0.5 < seconds_of(100) < 2.5


def test_redis_is_asked_again_after_a_pause_and_the_limits_close(server: OwnRedis, clock: Clock):
    assert [is_refused(), is_refused()] == [False, True]
    server.stop()
    assert not is_refused()
    server.start()  # without what it had counted
    assert [is_refused(), is_refused()] == [False, False]
    clock.now += buckets.PAUSE_S
    assert [is_refused(), is_refused()] == [False, True]


def test_one_call_alone_waits_for_a_redis_that_still_hangs(server: OwnRedis, clock: Clock):
    server.hang()
    seconds_of(1)
    clock.now += buckets.PAUSE_S
    assert 0.5 < seconds_of(100) < 2.5


def test_it_is_logged_once_a_minute(server: OwnRedis, clock: Clock, caplog: Any):
    server.stop()
    with caplog.at_level(logging.WARNING):
        for _ in range(12):
            is_refused()
            clock.now += buckets.PAUSE_S
    words = [record.getMessage() for record in caplog.records]
    assert [text.partition(":")[0] for text in words] == ["rate limits stand open, Redis does not answer"] * 2
