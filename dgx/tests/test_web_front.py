"""The web's parts by themselves: what a request becomes, how a body flows in, what becomes of an answer."""

import threading
from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest

from dgx.tests.web_parts import LIMITS, SCOPE, Busy, Watcher
from dgx.web.bodies import AWAKE_S, SMALL, Abandoned, Bodies, Inflow
from dgx.web.exchange import Exchange, environ_of
from dgx.web.front import Front
from dgx.web.limits import BODY_RATE, GATHERED_MOST


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


def test_chunks_beyond_what_is_gathered_flow_in_to_their_end():
    parts = [b"x" * SMALL] * (GATHERED_MOST // SMALL) + [b"yz", b"and more", b""]
    given: list[Exchange] = []
    Bodies(work=given.append, transfer=given.append, limits=LIMITS).take(
        Exchange(Watcher(*parts, transfer_encoding="chunked"))
    )
    [exchange] = given
    assert len(exchange.environ["wsgi.input"].read()) == GATHERED_MOST + len(b"yzand more")


def test_a_body_that_stops_is_given_up_by_its_rate():
    gathered = Bodies(work=lambda _: None, transfer=lambda _: None, limits=LIMITS)
    watcher = Watcher(b"x" * BODY_RATE, content_length="5000", ends=False)
    gathered.take(Exchange(watcher))
    gathered.tick(monotonic() + 1.1)  # the second that its thousand bytes are worth, and half of the grace
    assert watcher.status is None
    gathered.tick(monotonic() + 1.3)
    assert watcher.status == 408
    assert not gathered.pending


def test_a_process_that_slept_reads_what_came_before_it_gives_anybody_up():
    gathered = Bodies(work=lambda _: None, transfer=lambda _: None, limits=LIMITS)
    watcher = Watcher(b"x", content_length="5000", ends=False)
    gathered.take(Exchange(watcher))
    woken = monotonic() + 60
    gathered.tick(woken)
    assert watcher.status is None
    gathered.tick(woken + AWAKE_S + 1)  # a busy process, which comes late to every tick
    assert watcher.status == 408


def test_a_large_body_gets_a_thread_when_its_beginning_is_there():
    given: list[Exchange] = []
    gathered = Bodies(work=lambda _: None, transfer=given.append, limits=LIMITS)
    gathered.take(Exchange(Watcher(b"x" * 1000, content_length=str(GATHERED_MOST + 1), ends=False)))
    assert not given
    gathered.take(
        Exchange(Watcher(b"x" * 1000, b"y" * 65_000, b"z", content_length=str(GATHERED_MOST + 1), ends=False))
    )
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


# --- the application's answers ---
@pytest.mark.parametrize("fault", [ValueError, SystemExit, BaseException])
def test_a_fault_of_the_application_is_not_silence(fault):
    def broken(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raise fault

    watcher = Watcher()
    Front(broken, LIMITS).arrive(watcher)
    assert watcher.failed


@pytest.fixture
def busy() -> Iterator[Busy]:
    work = Busy()
    yield work
    work.go_on.set()


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


def test_the_probe_comes_from_nobody():
    """Whose session a cookie is would be asked of the database."""
    seen: list[dict[str, Any]] = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append(environ)
        return echo(environ, start_response)

    for path in (b"/health", b"/other"):
        Front(application, LIMITS).arrive(Watcher(path=path, cookie="sessionid=x"))
    assert [environ.get("HTTP_COOKIE") for environ in seen] == [None, "sessionid=x"]


def test_only_the_head_of_a_large_answer_is_made_where_that_is_all_that_was_asked():
    class Export:
        streaming, was_closed = True, False

        def __iter__(self) -> Iterator[bytes]:
            raise AssertionError("it was made")

        def close(self) -> None:
            self.was_closed = True

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        start_response("200 OK", [("Content-Type", "text/csv")])
        return export

    export, watcher = Export(), Watcher()
    watcher.scope |= {"method": "HEAD"}
    Front(application, LIMITS).arrive(watcher)
    assert [message.get("body") for message in watcher.sent] == [None, b""]
    assert (watcher.status, export.was_closed) == (200, True)


def test_when_there_are_many_connections_none_is_kept(monkeypatch):
    monkeypatch.setattr(Exchange, "crowded", True)
    watcher = Watcher(b"", content_length="0")
    Front(echo, LIMITS).arrive(watcher)
    assert (b"Connection", b"close") in watcher.sent[0]["headers"]
