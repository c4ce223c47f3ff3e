"""Clients that send a byte a second, stop in the middle, or never read: each on a real server, beside ordinary ones."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connection

from devices.tests.factories import enrolled_device
from dgx.core.models import ApiKey
from dgx.tests.stack_helpers import wait_until
from dgx.tests.web_server import BODY_WAIT_S, DOWNLOAD_WAIT_S, Web, all_that_comes, lines, web_server

pytestmark = pytest.mark.django_db(transaction=True)
POLL = "/api/v1/device/poll"
ROWS = 200_000
DOWNLOAD = b"GET /device/screen-1/logs/download HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
END = b"\r\n0\r\n\r\n"
FORM = "multipart/form-data; boundary=x"
START_OF_FILE = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
TRICKLES = {
    "poll": (POLL, "application/json", 500, b"{"),
    "old route": ("/device/screen-1/temperature", "application/json", 500, b"{"),
    "login": ("/admin/login/", "application/x-www-form-urlencoded", 500, b"username="),
    "small form": ("/upload_video", FORM, 500_000, START_OF_FILE),
    "large form": ("/upload_video", FORM, 500_000_000, START_OF_FILE),
    "large form that stops": ("/upload_video", FORM, 500_000_000, START_OF_FILE + b"x" * 100_000),
    "length beyond what is read": (POLL, "application/json", 100_000_000, b"{"),
}


@pytest.fixture(scope="module")
def spool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the web's uploads wait."""
    return tmp_path_factory.mktemp("spool")


@pytest.fixture(scope="module")
def web(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory, spool: Path) -> Iterator[Web]:
    log: Path = tmp_path_factory.mktemp("web") / "web.log"
    with web_server(log, DGX_UPLOAD_TEMP_DIR=str(spool), DGX_STATEMENT_WAIT_S="2") as server:
        yield server
        assert "Traceback" not in log.read_text()


@pytest.fixture
def token(web: Web) -> str:
    return enrolled_device(mobile_id="screen-1")[1]


def expect_service(web: Web, token: str) -> None:
    """A poll, an old route and the probe are answered within two seconds."""
    for path, body in ((POLL, {}), ("/device/screen-1/online", {"is_online": True}), ("/health", None)):
        answer = web.ask(path, body, Authorization=f"Device {token}" if path == POLL else "")
        assert (answer.status, answer.seconds < 2) == (200, True), (path, answer)


def head(path: str, kind: str, length: int | None) -> bytes:
    size = f"Content-Length: {length}" if length is not None else "Transfer-Encoding: chunked"
    return f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\n{size}\r\n\r\n".encode()


@pytest.mark.parametrize("kind", TRICKLES)
def test_bodies_that_stop_keep_nobody_waiting_and_are_told_so(web, token, kind):
    path, content_type, length, start = TRICKLES[kind]
    with lines(web, head(path, content_type, length) + start) as stopped:
        expect_service(web, token)
        started = time.monotonic()
        answers = [all_that_comes(line) for line in stopped]
        assert time.monotonic() - started < 3 * BODY_WAIT_S + 4
    statuses = {answer[:12] for answer in answers}
    assert statuses <= {b"HTTP/1.1 408", b"HTTP/1.1 503", b"HTTP/1.1 413"}
    assert b"HTTP/1.1 408" in statuses
    expect_service(web, token)


def test_a_byte_a_second_is_not_enough(web, token):
    with lines(web, head(POLL, "application/json", 500)) as slow:
        for _ in range(BODY_WAIT_S + 1):
            for line in slow:
                line.sendall(b"{")
            time.sleep(1)
            expect_service(web, token)
        assert {all_that_comes(line)[:12] for line in slow} == {b"HTTP/1.1 408"}


def test_chunks_that_stop_are_told_so(web, token):
    with lines(web, head(POLL, "application/json", None) + b"1\r\n{\r\n") as slow:
        expect_service(web, token)
        answers = [all_that_comes(line) for line in slow]
    assert {answer[:12] for answer in answers} == {b"HTTP/1.1 408"}
    assert b'"code": "too_slow"' in answers[0]
    assert b"connection: close" in answers[0]


def test_headers_that_stop_and_silence_end(web, token):
    with lines(web, b"POST / HTTP/1.1\r\nHost: x\r\nX-Sl") as slow, lines(web, b"") as silent:
        expect_service(web, token)
        assert {all_that_comes(line)[:12] for line in [*slow, *silent]} <= {b"", b"HTTP/1.1 408"}


def test_two_thousand_idle_connections_disturb_nobody(web, token):
    asked = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with lines(web, asked, count=2000) as idle:
        expect_service(web, token)
        assert idle[-1].recv(15) == b"HTTP/1.1 200 OK"


def test_downloads_that_nobody_reads_keep_nobody_waiting_and_are_cut_off(web, token):
    write_logs()
    with lines(web, DOWNLOAD, window=4096) as unread:
        expect_service(web, token)
        time.sleep(DOWNLOAD_WAIT_S + 3)
        expect_service(web, token)
        answers = [all_that_comes(line) for line in unread]
    parts = [answer for answer in answers if answer.count(b"temperature") < ROWS]
    assert not [part for part in parts if part.endswith(END)], "a part passed for the whole"
    assert parts
    assert {answer[:12] for answer in answers} <= {b"", b"HTTP/1.1 200", b"HTTP/1.1 503"}


def test_a_download_that_is_read_slowly_is_whole(web, token):
    write_logs()
    with web.line(DOWNLOAD, window=4096) as line:
        received = bytearray()
        while not received.endswith(END):
            part = line.recv(200_000)
            assert part, "it was cut off"
            received += part
            if len(received) == len(part):
                time.sleep(2.5)  # longer than any other statement may take here
            if len(received) < 400_000:
                time.sleep(0.01)
    assert received.count(b"temperature") == ROWS


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_an_export_that_breaks_passes_for_whole_in_no_version_of_http(tmp_path, version):
    """Over 1.0 the end of the connection is that of the answer: only a reset says that something is missing."""
    enrolled_device(mobile_id="screen-1")
    write_logs()
    asked = DOWNLOAD.replace(b"HTTP/1.1", b"HTTP/" + version)
    with web_server(tmp_path / "web.log") as web, web.line(asked, window=4096) as line:
        assert line.recv(65_536).startswith(b"HTTP/" + version + b" 200")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE query LIKE 'COPY%' AND state = 'active' AND datname = current_database()"
            )
            assert cursor.fetchone() == (1,)
        with pytest.raises(ConnectionResetError):
            list(iter(partial(line.recv, 65_536), b""))


def test_the_head_of_an_export_ends_at_once(web, token):
    write_logs()
    key = ApiKey.issue(user=User.objects.create_superuser("boss", password="x"), name="t", scope="read")[1]
    answer = web.ask("/api/v1/logs/export", method="HEAD", Authorization=f"Bearer {key}")
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "text/csv; charset=utf-8", b"")
    assert "content-length" not in answer.headers
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE query LIKE 'COPY%' AND state = 'active' AND datname = current_database()"
        )
        assert cursor.fetchone() == (0,)


def test_an_upload_that_stops_leaves_no_file(web, token, spool):
    with web.line(head("/upload_video", FORM, 500_000_000) + START_OF_FILE + b"x" * 5_000_000):
        wait_until(lambda: any(spool.iterdir()))
    wait_until(lambda: not any(spool.iterdir()))


def test_a_large_upload_over_a_slow_line_goes_through(web, token):
    file = b"not a video" * 300_000
    end = b'\r\n--x\r\nContent-Disposition: form-data; name="video_name"\r\n\r\nslow\r\n--x--\r\n'
    body = START_OF_FILE + file + end
    with web.line(head("/upload_video", FORM, len(body))) as line:
        for start in range(0, len(body), 200_000):
            line.sendall(body[start : start + 200_000])
            time.sleep(BODY_WAIT_S / 10)
        answer = line.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 4"), answer  # read to its end, and it is no video
    assert not answer.startswith(b"HTTP/1.1 408"), answer


def write_logs() -> None:
    """Nine megabytes of CSV."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO telemetry_devicelog (device_id, log_type, value, logged_at)"
            " SELECT id, 'temperature', 20.5, now() FROM devices_device, generate_series(1, %s)",
            [ROWS],
        )
