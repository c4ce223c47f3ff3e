"""How calls are counted: so many at once, which come back evenly; whose calls they are; what an address is."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.settings import api_settings

from dgx.core import ratelimit
from dgx.core.buckets import Rate
from dgx.core.errors import TooManyRequests
from dgx.core.ratelimit import Table, address_of, ask, parse, take, take_as_device

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
STEPS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0.0, 0.0, 0.1, 1.0, 7.0, 61.0])), max_size=60)
"""Calls: which of four processes each comes to, and seconds since the one before."""


def refused(name: str = "test", subject: str = "someone", *, limit: int = 2, window_s: int = 60) -> int | None:
    """Seconds to wait, None where the call was let through."""
    try:
        take(name, subject, limit=limit, window_s=window_s)
    except TooManyRequests as refusal:
        return refusal.retry_after_s
    return None


def test_calls_beyond_the_limit_are_refused_until_one_comes_back():
    with time_machine.travel(NOON, tick=False) as clock:
        assert [refused() for _ in range(3)] == [None, None, 15]
        clock.shift(30)
        assert [refused(), refused()] == [None, 15]
        clock.shift(3600)
        assert [refused() for _ in range(3)] == [None, None, 15]


def test_everybody_is_counted_alone_and_under_each_name_anew():
    assert [refused(limit=1) is None for _ in range(2)] == [True, False]
    assert (refused(subject="another", limit=1), refused("another", limit=1)) == (None, None)


def test_a_refusal_says_who_how_many_and_how_long_in_words_and_in_header_fields():
    with time_machine.travel(NOON, tick=False):
        refused(limit=1)
        with pytest.raises(TooManyRequests) as caught:
            take("test", "someone", limit=1, window_s=60)
    assert caught.value.message == "More than 1 calls in 60 s from someone. Try again later."
    assert (caught.value.retry_after_s, caught.value.headers) == (
        30,
        {"RateLimit-Policy": '"test";q=1;w=60', "RateLimit": '"test";r=0;t=30'},
    )


@pytest.mark.parametrize("limit", [1, 3, 7, 60, 1200])
def test_what_remains_is_what_is_let_through(limit):
    rate = Rate(limit, 60)
    with time_machine.travel(NOON, tick=False):
        told = [ask("test", "a", rate) for _ in range(limit + 1)]
    assert [taken.remaining for taken in told if taken] == [*range(limit - 1, -1, -1), 0]
    assert [taken.is_allowed for taken in told if taken] == [True] * limit + [False]


def test_whoever_waits_as_long_as_he_is_told_is_let_through():
    for limit in (1, 2, 7, 1200):
        with time_machine.travel(NOON, tick=False) as clock:
            while (wait_s := refused(subject=str(limit), limit=limit)) is None:
                pass
            clock.shift(wait_s)
            assert refused(subject=str(limit), limit=limit) is None


def test_a_clock_that_is_put_back_locks_nobody_out():
    with time_machine.travel(NOON, tick=False):
        assert [refused(limit=1) is None for _ in range(2)] == [True, False]
    with time_machine.travel(NOON - timedelta(days=1), tick=False):
        assert [refused(limit=1) is None for _ in range(2)] == [True, False]
    table, noon = Table(10), NOON.timestamp()
    assert [table.spend(1, Rate(1, 60), at) for at in (noon, noon, noon - 86_400)] == [True, False, True]


def test_of_calls_at_the_same_time_none_is_lost():
    with time_machine.travel(NOON, tick=False), ThreadPoolExecutor(8) as threads:
        waits = list(threads.map(lambda _: refused(limit=10), range(50)))
        table, rate = Table(10), Rate(10, 60)
        spent = list(threads.map(lambda _: table.spend(1, rate, NOON.timestamp()), range(50)))
    assert (waits.count(None), spent.count(True)) == (10, 10)


@given(st.integers(1, 20), STEPS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_redis_counts_as_a_process_does_and_neither_lets_too_many_through(limit, steps):
    rate, subject, now, full_at, passed = Rate(limit, 60), uuid4().hex, NOON.timestamp(), 0.0, 0
    for _, seconds in steps:
        now += seconds
        is_allowed, full_at = rate.spend(full_at, now)
        taken = ask("test", subject, rate, now=now)
        assert taken is not None
        assert (taken.is_allowed, round(taken.full_in_s, 3)) == (is_allowed, round(full_at - now, 3))
        passed += is_allowed
    assert passed <= limit * (1 + (now - NOON.timestamp()) / 60) + 0.5


@pytest.mark.parametrize(
    ("text", "rate"), [("off", None), ("20/s", Rate(20, 1)), ("120/min", Rate(120, 60)), ("9/day", Rate(9, 86_400))]
)
def test_a_rate_is_read_as_it_is_written(text, rate):
    assert parse(text) == rate


# --- devices, over several processes ----
def calls_through(steps: list[tuple[int, float]], name: str) -> list[bool]:
    """Which of a device's calls are let through by four processes that share one Redis."""
    tables, now, found = [Table(100) for _ in range(4)], NOON.timestamp(), []
    with pytest.MonkeyPatch.context() as patch:
        for process, seconds in steps:
            now += seconds
            patch.setattr(ratelimit, "_own_table", tables[process])
            found.append(False)
            with suppress(TooManyRequests):
                take_as_device("device", name, now=now)
                found[-1] = True
    return found


@given(st.integers(1, 40), STEPS)
@settings(max_examples=60, deadline=None)
def test_a_device_never_gets_more_than_the_bound_for_its_processes(limit, steps):
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "device", f"{limit}/min")
        passed = sum(calls_through(steps, uuid4().hex))
    processes, minutes = len({process for process, _ in steps}), sum(seconds for _, seconds in steps) / 60
    assert passed <= (3 + processes) / 4 * limit * (1 + minutes) + 0.5 * (processes + 1)


@given(st.integers(3, 40), STEPS)
@settings(max_examples=60, deadline=None)
def test_a_device_that_keeps_to_its_rate_is_not_refused(limit, steps):
    kept, full_at, now, since = [], 0.0, NOON.timestamp(), 0.0
    for process, seconds in steps:
        now, since = now + seconds, since + seconds
        is_within, full_at = Rate(limit - 1, 60).spend(full_at, now)  # to within a call
        if is_within:
            kept.append((process, since))
            since = 0.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "device", f"{limit}/min")
        assert all(calls_through(kept, uuid4().hex))


def test_a_process_keeps_so_many_buckets_and_forgets_the_full_ones_first():
    table, rate, now = Table(100), Rate(2, 60), NOON.timestamp()
    assert [table.spend(-1, rate, now) for _ in range(3)] == [True, True, False]
    for step in range(1, 101):  # 10,000 others, whose calls come back at once
        for other in range(100):
            table.spend(step * 100 + other, Rate(1000, 60), now + step * 0.1)
    assert (len(table), table.spend(-1, rate, now + 10)) == (100, False)


def test_a_table_full_of_busy_buckets_grows_no_further():
    table = Table(100)
    for other in range(1000):
        assert table.spend(other, Rate(1, 60), NOON.timestamp())
    assert len(table) == 100


# --- addresses ----
@pytest.mark.parametrize(
    ("proxies", "meta", "address"),
    [
        (0, {"REMOTE_ADDR": "192.0.2.7"}, "192.0.2.7"),
        (0, {"REMOTE_ADDR": "192.0.2.7", "HTTP_X_FORWARDED_FOR": "198.51.100.1"}, "192.0.2.7"),
        (1, {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "1.1.1.1, 198.51.100.1"}, "198.51.100.1"),
        (2, {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "1.1.1.1, 198.51.100.1"}, "1.1.1.1"),
        (1, {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "198.51.100.1:4711"}, "198.51.100.1"),
        (1, {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "[2001:db8::1]:4711"}, "2001:db8::"),
        (1, {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "nonsense"}, "10.0.0.1"),
        (0, {"REMOTE_ADDR": "2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::"),
        (0, {"REMOTE_ADDR": "2001:db8:1:2:ffff::9"}, "2001:db8:1:2::"),
        (0, {"REMOTE_ADDR": "fe80::1%eth0"}, "fe80::"),
        (0, {"REMOTE_ADDR": "::ffff:192.0.2.7"}, "192.0.2.7"),
        (0, {"REMOTE_ADDR": ""}, "unknown"),
    ],
)
def test_an_address_is_the_clients_and_of_ipv6_a_whole_network(monkeypatch, proxies, meta, address):
    monkeypatch.setattr(api_settings, "NUM_PROXIES", proxies)
    request = RequestFactory().get("/")
    request.META.update(meta)
    assert address_of(request) == address
