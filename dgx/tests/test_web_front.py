"""The web's parts by themselves: what a request becomes, whose turn it is, how a body flows in, what is refused."""

import threading
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import pytest

from dgx.tests.stack_helpers import wait_until
from dgx.web.bodies import Abandoned, Bodies, Inflow
from dgx.web.exchange import Exchange, environ_of
from dgx.web.front import Front
from dgx.web.limits import BODY_RATE, FEW_WAITING, GATHERED_MOST, Limits
from dgx.web.line import OVER_S, Line

SCOPE = {
    "client": ("10.0.0.1", "5000"),
    "server": ("10.0.0.2", "8005"),
    "method": "POST",
    "scheme": "http",
    "http_version": "1.1",
    "raw_path": b"/device/caf%C3%A9/a%2Fb",
    "query_string": b"a=%20b",
    "headers": [],
}
LIMITS = Limits(threads=2, body_s=0.2, wait_s=1.0)


class Soon:
    """granian's future."""

    def __init__(self, message: dict[str, Any] | None) -> None:
        self._message, self.was_cancelled = message, False

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        if self._message is not None:
            callback(self)

    def result(self) -> dict[str, Any]:
        assert self._message is not None
        return self._message

    def cancel(self) -> bool:
        self.was_cancelled = True
        return True


class Watcher:
    """granian's, whose body comes in these parts and then no more, without an end if there is none among them."""

    def __init__(self, *parts: bytes, path: bytes = b"/x", ends: bool = True, **headers: str) -> None:
        pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        self.scope = SCOPE | {"raw_path": path, "headers": pairs}
        self.proto, self.failed = self, False
        self.sent: list[dict[str, Any]] = []
        self._messages = self._of(parts, ends)

    @staticmethod
    def _of(parts: tuple[bytes, ...], ends: bool) -> Iterator[Soon]:
        for number, part in enumerate(parts):
            more = number + 1 < len(parts) or not ends
            yield Soon({"type": "http.request", "body": part, "more_body": more})
        while True:
            yield Soon(None)

    def receive(self) -> Soon:
        return next(self._messages)

    def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    def done(self) -> None:
        self.failed = True

    @property
    def status(self) -> int | None:
        return self.sent[0]["status"] if self.sent else None


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [environ["wsgi.input"].read()]


# --- what a request becomes ---
def test_the_environment_is_that_of_pep_3333():
    headers = [
        (b"host", b"h"),
        (b"content-type", b"a/b"),
        (b"x-two", b"1"),
        (b"x-two", b"2"),
        (b"cookie", b"a=1"),
        (b"cookie", b"b=2"),
    ]
    environ = environ_of(SCOPE | {"headers": headers})
    assert environ["PATH_INFO"] == "/device/caf\xc3\xa9/a/b"
    assert (environ["QUERY_STRING"], environ["REMOTE_ADDR"], environ["SERVER_PORT"]) == ("a=%20b", "10.0.0.1", "8005")
    assert (environ["CONTENT_TYPE"], environ["HTTP_X_TWO"], environ["HTTP_COOKIE"]) == ("a/b", "1,2", "a=1; b=2")


def test_a_header_that_would_pass_for_another_is_dropped():
    headers = [(b"x_forwarded_for", b"6.6.6.6"), (b"x-forwarded-for", b"1.1.1.1"), (b"x_forwarded_for", b"6.6.6.6")]
    assert environ_of(SCOPE | {"headers": headers})["HTTP_X_FORWARDED_FOR"] == "1.1.1.1"


def test_an_exchange_is_answered_once():
    watcher = Watcher()
    exchange = Exchange(watcher)
    exchange.answer(503, [], b"first")
    exchange.answer(200, [], b"second")
    assert exchange.is_answered
    assert [message.get("body") for message in watcher.sent] == [None, b"first"]


# --- bodies ---
def test_a_body_in_parts_is_whole_before_the_application_is_called():
    watcher = Watcher(b"a", b"bc", content_length="3")
    Front(echo, LIMITS).arrive(watcher)
    assert [message.get("body") for message in watcher.sent] == [None, b"abc"]


def test_chunks_are_gathered_to_their_end():
    watcher = Watcher(b"a", b"bc", b"", transfer_encoding="chunked")
    Front(echo, LIMITS).arrive(watcher)
    assert watcher.sent[1]["body"] == b"abc"


def test_a_body_that_stops_is_given_up_by_its_rate():
    bodies = Bodies(work=lambda _: None, transfer=lambda _: None, limits=LIMITS)
    watcher = Watcher(b"x" * BODY_RATE, content_length="5000", ends=False)
    bodies.take(Exchange(watcher))
    bodies.tick(monotonic() + 1.1)  # the second that its thousand bytes are worth, and half of the grace
    assert watcher.status is None
    bodies.tick(monotonic() + 1.3)
    assert watcher.status == 408
    assert not bodies.pending


def test_a_large_body_gets_a_thread_when_its_beginning_is_there():
    given: list[Exchange] = []
    bodies = Bodies(work=lambda _: None, transfer=given.append, limits=LIMITS)
    bodies.take(Exchange(Watcher(b"x" * 1000, content_length=str(GATHERED_MOST + 1), ends=False)))
    assert not given
    bodies.take(Exchange(Watcher(b"x" * 1000, b"y" * 65_000, b"z", content_length=str(GATHERED_MOST + 1), ends=False)))
    [exchange] = given
    assert len(exchange.environ["wsgi.input"].read(100_000)) == 66_000


def test_what_flows_in_is_read_by_lines_and_by_size_to_its_end():
    inflow = Inflow(Exchange(Watcher(b"two\nth", b"ree")), b"one\n", LIMITS, lambda _: None)
    assert [inflow.readline(), inflow.readline(2), inflow.readline(), inflow.read(2)] == [
        b"one\n",
        b"tw",
        b"o\n",
        b"th",
    ]
    assert (inflow.read(), inflow.read(), list(inflow)) == (b"ree", b"", [])


def test_what_does_not_flow_in_ends_the_work():
    given_up: list[Exchange] = []
    inflow = Inflow(Exchange(Watcher(b"a", ends=False)), b"", LIMITS, given_up.append)
    assert inflow.read(10) == b"a"
    with pytest.raises(Abandoned):
        inflow.read(10)
    assert len(given_up) == 1


def test_an_inflow_that_was_closed_is_read_no_more():
    inflow = Inflow(Exchange(Watcher(b"a")), b"", LIMITS, lambda _: None)
    inflow.close()
    with pytest.raises(Abandoned):
        inflow.read(1)


# --- turns ---
class Busy:
    """Work that goes on until it is let go."""

    def __init__(self) -> None:
        self.done: list[Exchange] = []
        self.go_on = threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        self.go_on.wait(10)
        exchange.answer(200, [], b"")
        self.done.append(exchange)


@pytest.fixture
def busy() -> Iterator[Busy]:
    work = Busy()
    yield work
    work.go_on.set()


def occupied(busy: Busy, path: bytes = b"/x") -> tuple[Line, list[Watcher], list[threading.Thread]]:
    """A line whose two threads are taken."""
    line, watchers = Line(busy, LIMITS), [Watcher(path=path), Watcher(path=path)]
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


# --- the application's answers ---
def test_a_fault_of_the_application_is_not_silence():
    def broken(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raise ValueError

    watcher = Watcher()
    Front(broken, LIMITS).arrive(watcher)
    assert watcher.failed


def test_the_probe_is_answered_while_all_threads_are_taken(busy):
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] != "/health":
            busy.go_on.wait(10)
        start_response("200 OK", [])
        return [b""]

    front = Front(application, LIMITS)
    threads = [threading.Thread(target=front.arrive, args=(Watcher(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    probe = Watcher(path=b"/health")
    front.arrive(probe)
    assert probe.status == 200
    busy.go_on.set()
    for thread in threads:
        thread.join()


def test_when_there_are_many_connections_none_is_kept(monkeypatch):
    monkeypatch.setattr(Exchange, "crowded", True)
    watcher = Watcher(b"", content_length="0")
    Front(echo, LIMITS).arrive(watcher)
    assert (b"Connection", b"close") in watcher.sent[0]["headers"]
