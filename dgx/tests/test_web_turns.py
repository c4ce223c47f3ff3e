"""Whose turn it is: who is worked on, who waits, who is refused, and who is too slow a reader or has left."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from time import monotonic
from typing import Any

import pytest

from dgx.tests.stack_helpers import wait_until
from dgx.tests.web_parts import DISCONNECTED, LIMITS, Busy, Reader, Soon, Told, Watcher
from dgx.web import bodies
from dgx.web.bodies import SMALL, Bodies
from dgx.web.exchange import Exchange
from dgx.web.limits import FEW_WAITING, Limits
from dgx.web.line import OVER_S, Line, Lines
from dgx.web.transfers import Outflow, Transfers


@pytest.fixture
def busy() -> Iterator[Busy]:
    work = Busy()
    yield work
    work.go_on.set()


def occupied(
    busy: Busy, path: bytes = b"/x", told: Told | None = None
) -> tuple[Line, list[Watcher], list[threading.Thread]]:
    """A line whose two threads are taken."""
    line, watchers = Line(busy, LIMITS, told or Told()), [Watcher(path=path), Watcher(path=path)]
    threads = [threading.Thread(target=line.enter, args=(Exchange(watcher),)) for watcher in watchers]
    for thread in threads:
        thread.start()
    wait_until(lambda: not line._free)
    return line, watchers, threads


def test_those_who_wait_are_served(busy):
    line, _, threads = occupied(busy)
    waiting = [Exchange(Watcher()) for _ in range(3)]
    for exchange in waiting:
        line.enter(exchange)
    busy.go_on.set()
    for thread in threads:
        thread.join()
    assert set(waiting) <= set(busy.done)
    assert line._free == LIMITS.threads


def test_those_who_waited_too_long_are_refused(busy):
    line, _, _ = occupied(busy)
    late = Watcher(path=b"/api/v1/x")
    line.enter(Exchange(late))
    line.tick(monotonic() + LIMITS.wait_s / 2)
    assert late.status is None
    line.tick(monotonic() + LIMITS.wait_s + 0.1)
    assert late.status == 503
    assert (b"Retry-After", b"5") in late.sent[0]["headers"]
    assert b'"code": "overloaded"' in late.sent[1]["body"]


def test_more_than_can_be_answered_are_refused_at_once(busy):
    line, _, _ = occupied(busy)
    watchers = [Watcher() for _ in range(FEW_WAITING + 1)]
    for watcher in watchers:
        line.enter(Exchange(watcher))
    assert [watcher.status for watcher in watchers] == [None] * FEW_WAITING + [503]


def test_while_nothing_moves_nobody_waits(busy):
    line, _, threads = occupied(busy)
    line.tick(monotonic() + OVER_S)
    watcher = Watcher()
    line.enter(Exchange(watcher))
    assert (watcher.status, line.is_stuck) == (503, True)
    busy.go_on.set()
    for thread in threads:
        thread.join()
    line.tick(monotonic() + 2 * OVER_S)
    assert not line.is_stuck


@pytest.mark.parametrize(
    ("path", "status"), [(b"/api/v1/device/poll", 503), (b"/device/a/online", 503), (b"/admin/", None)]
)
def test_a_devices_call_that_is_stuck_is_given_up_and_a_persons_is_not(busy, path, status):
    line, watchers, threads = occupied(busy, path)
    line.tick(monotonic() + LIMITS.device_s + 1)
    assert [watcher.status for watcher in watchers] == [status, status]
    busy.go_on.set()
    for thread in threads:
        thread.join()
    assert [len(watcher.sent) for watcher in watchers] == [2, 2]


def test_what_the_line_refuses_is_noted_once_each(busy):
    told = Told()
    line, _, _ = occupied(busy, b"/device/a/online", told)
    for _ in range(FEW_WAITING):
        line.enter(Exchange(Watcher(path=b"/waits")))
    line.enter(Exchange(Watcher(path=b"/too/many")))
    assert told.answers == [("/too/many", 503)]
    for ticks in (1, 2):
        line.tick(monotonic() + LIMITS.device_s + ticks)
    assert told.answers[1:] == [("/waits", 503)] * FEW_WAITING + [("/device/a/online", 503)] * 2


@pytest.mark.parametrize("fault", [ValueError, SystemExit, BaseException])
def test_whatever_ends_the_work_its_turn_is_given_back(fault):
    def work(exchange: Exchange) -> None:
        raise fault

    line = Line(work, LIMITS)
    for _ in range(3):
        with pytest.raises(fault):
            line.enter(Exchange(Watcher()))
    assert (line._free, line._running) == (LIMITS.threads, set())


def test_bodies_that_wait_take_room_until_they_are_worked_on(busy, monkeypatch):
    monkeypatch.setattr(bodies, "GATHERED_TOTAL", 3 * SMALL)
    told = Told()
    line, _, threads = occupied(busy)
    gathered = Bodies(work=line.enter, transfer=lambda _: None, limits=LIMITS, waiting=line.held, note=told)

    def sent(*parts: bytes) -> Watcher:
        watcher = Watcher(*parts, path=b"/device/a/x", content_length=str(sum(map(len, parts))))
        gathered.take(Exchange(watcher))
        gathered.tick(monotonic())
        return watcher

    large = b"x" * (SMALL + 1), b"y"
    watchers = [sent(*large), sent(*large), sent(*large), sent(b"a report")]
    assert [watcher.status for watcher in watchers] == [None, None, 503, None]
    assert (told.answers, line.held()) == ([("/device/a/x", 503)], 2 * SMALL + 4 + len(b"a report"))
    busy.go_on.set()
    for thread in threads:
        thread.join()
    gathered.tick(monotonic())
    assert (sent(*large).status, line.held()) == (200, 0)


@pytest.mark.parametrize(
    ("first", "then"), [(b"/admin/", b"/api/v1/device/poll"), (b"/device/a/online", b"/api/v1/videos")]
)
def test_devices_and_people_do_not_keep_one_another_waiting(busy, first, then):
    lines = Lines(busy, replace(LIMITS, threads=4))
    threads = [threading.Thread(target=lines.enter, args=(Exchange(Watcher(path=path)),)) for path in [first] * 2]
    threads += [threading.Thread(target=lines.enter, args=(Exchange(Watcher(path=then)),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(busy.begun) == 4)
    waiting = [Watcher(path=first), Watcher(path=then)]
    for watcher in waiting:
        lines.enter(Exchange(watcher))
    assert len(busy.begun) == 4
    busy.go_on.set()
    for thread in threads:
        thread.join()
    assert len(busy.done) == 6


def test_the_lines_are_stuck_when_no_device_is_heard(busy):
    lines = Lines(busy, LIMITS)
    paths = (b"/admin/", b"/device/a/online")
    threads = [threading.Thread(target=lines.enter, args=(Exchange(Watcher(path=path)),)) for path in paths]
    threads[0].start()
    wait_until(lambda: len(busy.begun) == 1)
    lines.tick(monotonic() + OVER_S)
    assert not lines.is_stuck
    threads[1].start()
    wait_until(lambda: len(busy.begun) == 2)
    lines.tick(monotonic() + 2 * OVER_S)
    assert lines.is_stuck
    busy.go_on.set()
    for thread in threads:
        thread.join()


def test_each_line_has_a_thread_however_few_there_are():
    assert [(of.device_threads, of.other_threads) for of in map(Limits, (1, 2, 3, 4, 8))] == [
        (1, 1),
        (1, 1),
        (1, 2),
        (2, 2),
        (4, 4),
    ]


# --- large answers ---
def parts_sent(watcher: Watcher) -> int:
    """Parts of a hundred bytes, of a hundred that there are, and the end."""
    Outflow(Exchange(watcher), LIMITS).send(200, [], [b"x" * 100] * 100)
    return len(watcher.sent) - 1


def test_a_reader_that_keeps_the_pace_gets_all():
    assert parts_sent(Watcher()) == 101


def test_a_reader_that_is_slow_on_average_is_cut_off_though_it_never_stops():
    assert 2 < parts_sent(Reader(LIMITS.download_s / 4)) < 10


@pytest.mark.parametrize("messages", [[DISCONNECTED], [{"type": "http.request", "body": b""}, DISCONNECTED], [None]])
def test_who_has_left_gets_no_more(messages):
    class Gone(Watcher):
        def receive(self) -> Any:
            message = messages.pop(0)
            return Soon(message) if message else object()  # where it is known before, granian's has no callbacks

    messages = list(messages)
    assert parts_sent(Gone()) == 0


def test_a_transfer_that_gets_no_thread_is_refused_and_keeps_no_place(monkeypatch):
    def none_left(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    let_go: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", none_left)
        transfers = Transfers(Limits(transfers=1))
        watchers = [Watcher() for _ in range(20)]
        for watcher in watchers:
            transfers.start(Exchange(watcher), lambda: None, lambda: let_go.append("refused"))
    assert ([watcher.status for watcher in watchers], len(let_go)) == ([503] * 20, 20)
    ran = threading.Event()
    transfers.start(Exchange(Watcher()), ran.set, lambda: None)
    assert ran.wait(5)
