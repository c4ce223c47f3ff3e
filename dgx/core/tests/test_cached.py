"""Figures that may be a minute old: computed once for all, told with their age, and there while Redis is not."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from redis.exceptions import ConnectionError as RedisGone

from dgx.core import cached
from dgx.core.cached import FRESH_FOR, Aged, aged, refresh, scope_of
from locations.models import ShopLimit
from locations.tests.factories import ShopFactory

NOW = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)


class Counter:
    """A figure that counts how often it was computed."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        return self.calls


def one(compute: Any, now: datetime = NOW, scope: str = "all") -> Aged:
    return aged({"figure": compute}, scope=scope, now=now)["figure"]


def test_a_figure_is_computed_once_a_minute():
    count = Counter()
    assert one(count) == Aged(1, NOW)
    assert one(count, NOW + FRESH_FOR - timedelta(seconds=1)) == Aged(1, NOW)
    assert one(count, NOW + FRESH_FOR) == Aged(2, NOW + FRESH_FOR)


def test_each_scope_has_figures_of_its_own():
    count = Counter()
    assert (one(count, scope="all").value, one(count, scope="lyon").value, one(count).value) == (1, 2, 1)


def test_many_that_come_at_once_wait_for_the_first():
    begun, may_end, calls = Event(), Event(), []

    def slow() -> int:
        calls.append(1)
        begun.set()
        may_end.wait(5)
        return 7

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(one, slow)
        assert begun.wait(5)
        others = [pool.submit(one, slow) for _ in range(3)]
        may_end.set()
        assert [future.result(10).value for future in (first, *others)] == [7] * 4
    assert len(calls) == 1


def test_while_somebody_computes_the_next_one_the_others_show_the_old_one():
    count = Counter()
    one(count)
    cache.set("figure:1:figure:all:busy", 1, timeout=5)
    assert one(count, NOW + timedelta(minutes=2)) == Aged(1, NOW)


def test_whoever_died_over_a_figure_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(cached, "WAIT_S", 0.1)
    cache.set("figure:1:figure:all:busy", 1, timeout=5)
    assert one(Counter()) == Aged(1, NOW)


def test_a_figure_that_cannot_be_computed_leaves_no_lock_behind():
    def broken() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        one(broken)
    assert one(Counter()).value == 1


def test_without_redis_each_request_computes_its_own(monkeypatch: pytest.MonkeyPatch, caplog: Any):
    def gone(*args: Any, **kwargs: Any) -> Any:
        raise RedisGone("no answer")

    count = Counter()
    monkeypatch.setattr(cache, "get_many", gone)
    assert [one(count).value, one(count).value] == [1, 2]
    assert "Redis does not answer" in caplog.text


@pytest.mark.django_db
def test_persons_with_the_same_limit_share_their_figures(admin_user: User, user_with: Any):
    lyon, bern = ShopFactory.create(), ShopFactory.create()
    people = [user_with(username=name) for name in ("a", "b", "c", "d", "e")]
    for person, shops in zip(people[:4], ([lyon], [lyon], [bern], []), strict=True):
        ShopLimit.objects.create(user=person).shops.set(shops)
    a, b, c, d, free = (scope_of(person) for person in people)
    assert a == b
    assert len({a, c, d, free}) == 4
    assert free == scope_of(admin_user) == "all"


def test_a_figure_computed_ahead_spares_the_page_from_it():
    count = Counter()
    refresh({"figure": count}, scope="all", now=NOW)
    refresh({"figure": count}, scope="all", now=NOW + timedelta(seconds=45))
    assert one(count, NOW + timedelta(seconds=100)) == Aged(2, NOW + timedelta(seconds=45))
