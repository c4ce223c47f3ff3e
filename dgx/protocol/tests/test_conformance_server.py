"""The examination over real sockets: the simulated player passes, and the command tells how it went."""

import json
import random
import socket
import threading
import time

import pytest
import urllib3
from django.core.management import CommandError, call_command

from dgx.protocol.conformance.scenario import Scenario
from dgx.protocol.conformance.server import Server
from dgx.protocol.conformance.verdicts import Outcome
from dgx.protocol.management.commands.conformance import listening_address
from dgx.protocol.management.commands.simulatefleet import make_players
from dgx.protocol.simulator.books import Books
from dgx.protocol.simulator.files import Files
from dgx.protocol.simulator.fleet import Fleet
from dgx.protocol.simulator.player import Conduct
from dgx.protocol.simulator.wire import Wire

EVERYWHERE = "0.0.0.0"  # noqa: S104 — what is expected, not bound


@pytest.fixture
def url():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def served(url):
    """A scenario that is served."""
    scenario = Scenario(base_url=url, interval_s=0.3, patience_s=6)
    with Server(listening_address(url, None), scenario):
        yield scenario


@pytest.fixture
def pool():
    with urllib3.PoolManager(retries=False, timeout=5) as made:
        yield made


def test_a_simulated_player_conforms(served, url, tmp_path):
    books, stop = Books(), threading.Event()
    wire = Wire(url, books, connections=2)
    conduct = Conduct(key="any", plays_every_s=0)
    files = Files(tmp_path, wire, books)
    players = make_players({"s-1": None}, wire=wire, files=files, books=books, conduct=conduct, rng=random.Random(1))
    fleet = Fleet(players, books, threads=1)
    runner = threading.Thread(target=fleet.run, args=(None,), kwargs={"stop": stop, "boot_within_s": 0})
    started = time.monotonic()
    runner.start()
    served.run(28)
    stop.set()
    runner.join()
    wire.close()
    told = {check["check"]: (check["outcome"], check["evidence"]) for check in served.verdicts.as_json()}
    assert {name: told[name] for name in told if told[name][0] != Outcome.PASSED} == {}
    assert served.verdicts.conforming
    assert time.monotonic() - started < 30


def test_the_server_speaks_the_protocols_errors(served, url, pool):
    for path, body, code in [
        ("enrol", b"{", "invalid"),
        ("enrol", b"", "invalid"),
        ("enrol", b"[]", "invalid"),
        ("enrol", b'{"mobile_id": "a\\u0000"}', "invalid"),
        ("poll", b"{}", "not_authenticated"),
        ("nowhere", b"{}", "not_found"),
        ("claim", b'{"claim_token": "' + b"x" * 300_000 + b'"}', "invalid"),
    ]:
        answer = pool.request("POST", f"{url}/api/v1/device/{path}", body=body)
        assert answer.json()["detail"]["code"] == code, path
    assert pool.request("GET", f"{url}/api/v1/device/manifest").status == 401
    assert pool.request("GET", f"{url}/files/other.png").status == 404
    assert pool.request("GET", f"{url}/anything").status == 404


def test_a_page_of_another_origin_may_call_it(served, url, pool):
    for method in ("OPTIONS", "HEAD", "GET"):
        answer = pool.request(method, f"{url}/files/plain.png")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Range" in answer.headers["Access-Control-Expose-Headers"]
    assert answer.data == served.stage.plain.data


def test_the_browser_player_is_served_beside_it(served, url, pool):
    page = pool.request("GET", f"{url}/player/")
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert pool.request("GET", f"{url}/static/player/protocol.js").status == 200
    assert pool.request("GET", f"{url}/static/nothing.js").status == 404
    assert pool.request("GET", f"{url}/player/nothing").status == 404


def test_the_command_prints_a_table_and_exits_with_1_when_nobody_came(url, capsys):
    with pytest.raises(SystemExit) as exit_:
        call_command("conformance", url=url, seconds=1)
    printed = capsys.readouterr()
    assert exit_.value.code == 1
    assert printed.out.splitlines()[1].split() == ["enrolment", "not", "seen", "-"]
    assert f"Point the player at {url}" in printed.err


def test_the_command_prints_json_and_exits_with_0_when_all_is_well(url, capsys, monkeypatch):
    def run(scenario, seconds):
        for check in scenario.verdicts.as_json():
            scenario.verdicts.passed(check["check"], "seen")

    monkeypatch.setattr(Scenario, "run", run)
    call_command("conformance", url=url, json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["conforming"], len(told["checks"])) == (True, 16)
    assert told["checks"][0] == {
        "check": "enrolment",
        "title": "comes in with a key, or shows a code and claims its token",
        "required": True,
        "outcome": "passed",
        "evidence": "seen",
    }


@pytest.mark.parametrize(
    "options",
    [
        {"seconds": 0.5},
        {"interval": 0},
        {"interval": float("nan")},
        {"port": 70_000},
        {"url": "server:80"},
        {"url": "ftp://server"},
        {"url": "http://server:99999"},
        {"url": "http://[bad"},
    ],
)
def test_the_command_refuses_options_that_cannot_be(options):
    with pytest.raises(CommandError):
        call_command("conformance", **{"url": "http://127.0.0.1:1", **options})


def test_the_command_says_that_the_port_is_taken(served, url):
    with pytest.raises(CommandError, match="cannot listen"):
        call_command("conformance", url=url)


@pytest.mark.parametrize(
    ("url", "port", "address"),
    [
        ("http://192.168.1.20:8765", None, ("192.168.1.20", 8765)),
        ("http://localhost:9000/", None, ("127.0.0.1", 9000)),
        ("http://127.0.0.1", None, ("127.0.0.1", 80)),
        ("https://player-test.example", None, (EVERYWHERE, 443)),
        ("https://player-test.example", 8765, (EVERYWHERE, 8765)),
    ],
)
def test_it_listens_where_the_player_will_call(url, port, address):
    assert listening_address(url, port) == address
