"""The examination over real sockets: the simulated player passes, and the command tells how it went."""

import json
import random
import socket
import struct
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
JSON = {"Content-Type": "application/json"}


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
        ("enrol", b"{", "parse_error"),
        ("enrol", b"", "parse_error"),
        ("enrol", b"[]", "invalid"),
        ("enrol", b'{"mobile_id": "a\\u0000"}', "invalid"),
        ("poll", b"{}", "not_authenticated"),
        ("nowhere", b"{}", "not_found"),
        ("claim", b'{"claim_token": "' + b"x" * 300_000 + b'"}', "too_large"),
        ("manifest", b"{}", "method_not_allowed"),
    ]:
        answer = pool.request("POST", f"{url}/api/v1/device/{path}", body=body, headers=JSON)
        assert answer.json()["detail"]["code"] == code, path
    assert pool.request("POST", f"{url}/api/v1/device/enrol", body=b"{}").status == 415
    assert pool.request("GET", f"{url}/api/v1/device/poll").headers["Allow"] == "POST"
    assert pool.request("GET", f"{url}/api/v1/device/manifest").status == 401
    assert pool.request("GET", f"{url}/files/other.png").status == 404
    assert pool.request("GET", f"{url}/anything").status == 404


def raw(url, sent):
    """What comes back on a connection of its own until it ends."""
    host, port = url.removeprefix("http://").rsplit(":", 1)
    with socket.create_connection((host.strip("[]"), int(port)), timeout=5) as line:
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65536), b""))


def test_a_body_may_come_in_chunks(served, url):
    head = b"POST /api/v1/device/enrol HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    body = b'{"mobile_id": "chunky", "enrolment_key": "any"}'
    chunks = b"".join(b"%x;e=1\r\n%s\r\n" % (len(part), part) for part in (body[:9], body[9:])) + b"0\r\nX: y\r\n\r\n"
    answer = raw(url, head + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    assert answer.startswith(b"HTTP/1.1 201 ")
    assert b" 400 " in raw(url, head + b"Transfer-Encoding: chunked\r\n\r\nno number\r\n")
    assert b" 413 " in raw(url, head + b"Transfer-Encoding: chunked\r\n\r\nfffff\r\n" + b"x" * 0xFFFFF)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /favicon.ico HTTP/1.1\r\n\r\n", b"404"),
        (b"GET //[ HTTP/1.1\r\n\r\n", b"404"),
        (b"POST //[ HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /player/ HTTP/1.1\r\nHost: a b!\r\n\r\n", b"200"),
        (b"GET /static/../../etc/passwd HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /player/%00 HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /player/qr.svg?code=%ff HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"PUT /api/v1/device/poll HTTP/1.1\r\n\r\n", b"501"),
        (b"GET /files/plain.png HTTP/1.0\r\n\r\n", b"200"),
        (b"POST /api/v1/device/enrol HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\n", b"400"),
    ],
)
def test_odd_requests_are_answered_calmly(served, url, sent, status, capfd):
    answer = raw(url, sent)
    assert answer.split(b" ")[1] == status
    assert capfd.readouterr().err == ""
    assert {check["outcome"] for check in served.verdicts.as_json() if check["check"] != "well_formed"} == {"not seen"}


def test_a_player_that_speaks_tls_is_told_nothing_and_nobody_is_bothered(served, url, capfd):
    raw(url, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(128, 256)) + b"\r\n\r\n")
    assert capfd.readouterr().err == ""


def test_a_player_that_hangs_up_is_no_fault_of_anybody(served, url, capfd):
    head = b"POST /api/v1/device/enrol HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    assert raw(url, head + b'{"mobile_id"') == b""
    host, port = url.removeprefix("http://").split(":")
    for _ in range(3):
        with socket.create_connection((host, int(port))) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.sendall(b"GET /files/cut.png HTTP/1.1\r\n\r\n")
            line.recv(10)
    assert b" 200 " in raw(url, b"GET /files/plain.png HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert capfd.readouterr().err == ""
    assert served.verdicts.outcome("well_formed") == "not seen"


def test_a_head_is_refused_for_files_as_by_a_store_and_asks_for_nothing(served, url, pool):
    assert pool.request("HEAD", f"{url}/files/cut.png").status == 403
    assert not served.stage.cut.was_cut
    assert pool.request("HEAD", f"{url}/player/").status == 200


def test_it_can_be_called_by_ipv6():
    with socket.socket(socket.AF_INET6) as free:
        free.bind(("::1", 0))
        url = f"http://[::1]:{free.getsockname()[1]}"
    with Server(listening_address(url, None), Scenario(base_url=url, interval_s=1, patience_s=1)):
        assert b" 200 " in raw(url, b"GET /player/ HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close\r\n\r\n")


def test_it_listens_everywhere_where_the_address_is_that_of_a_proxy(url):
    port = int(url.rpartition(":")[2])
    with Server(("192.0.2.1", port), Scenario(base_url=url, interval_s=1, patience_s=1)):
        assert b" 200 " in raw(url, b"GET /files/plain.png HTTP/1.1\r\nConnection: close\r\n\r\n")


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
        call_command("conformance", url=url, seconds=3, interval=0.1)
    printed = capsys.readouterr()
    assert exit_.value.code == 1
    assert printed.out.splitlines()[1].split() == ["enrolment", "not", "seen", "-"]
    assert printed.out.splitlines()[-1] == (
        f"No player came. Does it reach {url} from where it runs? Ended early: its time was up. "
        "The player does not conform: of 16 checks 0 passed, 0 failed, 16 not seen (2 of them optional)."
    )
    assert f"Point the player at {url}" in printed.err


def test_the_command_prints_json_and_exits_with_0_when_all_is_well(url, capsys, monkeypatch):
    def run(scenario, seconds):
        for check in scenario.verdicts.as_json():
            scenario.verdicts.passed(check["check"], "seen")

    monkeypatch.setattr(Scenario, "run", run)
    call_command("conformance", url=url, json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["conforming"], len(told["checks"])) == (True, 16)
    assert told["summary"].endswith("The player conforms: of 16 checks 16 passed, 0 failed, 0 not seen.")
    assert told["checks"][0] == {
        "check": "enrolment",
        "title": "comes in with a key, or shows a code and claims its token; keeps the token",
        "required": True,
        "outcome": "passed",
        "evidence": "seen",
    }


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"seconds": 0.5}, "--seconds must be from 1 to 86400"),
        ({"seconds": 59}, "--seconds must be at least 30 times --interval: 60 for --interval 2"),
        ({"interval": 0}, "--interval must be from 0.1 to 60"),
        ({"interval": float("nan")}, "--interval must be from 0.1 to 60"),
        ({"port": 70_000}, "--port must be from 1 to 65535"),
        ({"url": "server:80"}, "--url must be an address such as"),
        ({"url": "ftp://server"}, "--url must be an address such as"),
        ({"url": "http://server:99999"}, "--url http://server:99999 cannot be read"),
        ({"url": "http://[bad"}, "--url http://\\[bad cannot be read"),
        ({"url": "http://server/dgx"}, "--url must be an address without a path"),
        ({"url": "http://server?a=b"}, "--url must be an address without a path"),
        ({"url": "https://server"}, "--url with https needs --port"),
    ],
)
def test_the_command_refuses_options_that_cannot_be(options, named):
    with pytest.raises(CommandError, match=named) as refused:
        call_command("conformance", **{"url": "http://127.0.0.1:1", **options})
    assert refused.value.returncode == 2


def test_the_command_says_that_the_port_is_taken(served, url):
    port = url.rpartition(":")[2]
    with pytest.raises(CommandError, match=f"cannot listen on port {port} of 127.0.0.1: .*Choose another port"):
        call_command("conformance", url=url)


@pytest.mark.parametrize(
    ("url", "port", "address"),
    [
        ("http://192.168.1.20:8765", None, ("192.168.1.20", 8765)),
        ("http://localhost:9000/", None, ("127.0.0.1", 9000)),
        ("http://127.0.0.1", None, ("127.0.0.1", 80)),
        ("http://[::1]:9000", None, ("::1", 9000)),
        ("http://player-test.example:8000", None, (EVERYWHERE, 8000)),
        ("https://player-test.example", 8765, (EVERYWHERE, 8765)),
    ],
)
def test_it_listens_where_the_player_will_call(url, port, address):
    assert listening_address(url, port) == address
