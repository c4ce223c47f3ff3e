"""Stores that hang, refuse or are locked, and more requests than can be answered: 503 with Retry-After, in time."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from devices.models import Presence
from devices.tests.factories import enrolled_device
from dgx.core.models import ApiKey
from dgx.tests.stack_helpers import wait_until
from dgx.tests.web_server import THREADS, WAIT_S, WORKERS, Answer, Web, web_server

pytestmark = pytest.mark.django_db(transaction=True)
POLL, MANIFEST, OLD = "/api/v1/device/poll", "/api/v1/device/manifest", "/device/screen-1/temperature"


@pytest.fixture
def token(transactional_db: None) -> str:
    return enrolled_device(mobile_id="screen-1")[1]


@contextmanager
def another_connection(database: str = "") -> Iterator[psycopg.Connection[tuple[int, ...]]]:
    settings = connection.settings_dict
    with psycopg.connect(
        host=settings["HOST"], user=settings["USER"], dbname=database or settings["NAME"], autocommit=True
    ) as other:
        yield other


@contextmanager
def locked(table: str) -> Iterator[None]:
    with another_connection() as other, other.transaction():
        other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield


def poll(web: Web, token: str, **more: int) -> Answer:
    return web.ask(POLL, {"temperature": 20.5, **more}, Authorization=f"Device {token}")


def expect_refusal(answer: Answer, *, within: float) -> None:
    assert (answer.status, int(answer.headers["retry-after"]) > 0) == (503, True), answer
    assert answer.seconds < within, answer


def test_a_locked_table_is_told_of_and_nothing_hangs(tmp_path, token):
    User.objects.create_superuser("boss", password="x")
    with web_server(tmp_path / "web.log") as web:
        assert poll(web, token).status == 200
        with locked(Presence._meta.db_table), ThreadPoolExecutor(40) as pool:
            started = time.monotonic()
            polls = [pool.submit(poll, web, token) for _ in range(3 * WORKERS * THREADS)]
            olds = [pool.submit(web.ask, OLD, {"temperature": 20.5}) for _ in range(4)]
            assert web.ask("/health").seconds < 2
            for answer in polls + olds:
                expect_refusal(answer.result(), within=WAIT_S + 3)
            assert time.monotonic() - started < WAIT_S + 5
        assert poll(web, token).status == 200


def test_a_statement_that_does_not_end_is_told_of(tmp_path, token):
    key = ApiKey.issue(user=User.objects.create_superuser("boss", password="x"), name="t", scope="read")[1]
    with web_server(tmp_path / "web.log", DGX_LOCK_WAIT_S="0", DGX_STATEMENT_WAIT_S="1") as web:
        with locked("devices_device"):
            expect_refusal(poll(web, token), within=4)
            expect_refusal(web.ask(OLD, {"temperature": 20.5}), within=4)
            answer = web.ask("/api/v1/devices", Authorization=f"Bearer {key}")
            expect_refusal(answer, within=4)
            assert answer.json["detail"]["message"].startswith("It took the database too long.")
        assert poll(web, token).status == 200


def test_people_and_programs_are_told_of_a_lock_too(tmp_path, token):
    boss = User.objects.create_superuser("boss", password="x")
    key = ApiKey.issue(user=boss, name="t", scope="read")[1]
    visitor = Client()
    visitor.force_login(boss)
    cookie = f"sessionid={visitor.cookies['sessionid'].value}"
    with web_server(tmp_path / "web.log", DGX_DEBUG="true") as web:
        for table in ("devices_device", "auth_user"):
            with locked(table):
                answer = web.ask("/api/v1/devices", Authorization=f"Bearer {key}")
                expect_refusal(answer, within=4)
                assert answer.json["detail"]["message"].startswith("Another change of the same things was under way.")
                expect_refusal(web.ask("/admin/devices/device/", Cookie=cookie), within=4)


def test_a_database_that_takes_no_connections_is_told_of(tmp_path, token):
    name = connection.settings_dict["NAME"]
    with web_server(tmp_path / "web.log") as web:
        assert poll(web, token).status == 200
        connection.close()
        with another_connection("postgres") as admin:
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            try:
                admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
                for _ in range(2 * THREADS):
                    expect_refusal(poll(web, token), within=3)
                    expect_refusal(poll(web, token, door_openings=1), within=3)
                    expect_refusal(web.ask(MANIFEST, Authorization=f"Device {token}"), within=3)
                    expect_refusal(web.ask("/device/screen-1/presigned_urls"), within=3)
                expect_refusal(web.ask(OLD, {"temperature": 20.5}), within=3)
                expect_refusal(web.ask("/admin/", Cookie="sessionid=" + "x" * 32), within=3)
                expect_refusal(web.ask("/api/v1/devices", Authorization="Bearer dgxk_x"), within=3)
                expect_refusal(web.ask("/device/screen-1/logs/download"), within=3)
                assert web.ask("/health").status == 200
            finally:
                admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        assert poll(web, token).status == 200


def test_a_database_that_hangs_holds_no_device_and_the_web_recovers_by_itself(tmp_path, token):
    hanging = {"DGX_LOCK_WAIT_S": "0", "WEB_DEVICE_WAIT_S": "2"}
    with web_server(tmp_path / "web.log", **hanging) as web, ThreadPoolExecutor(40) as pool:
        with locked(Presence._meta.db_table):
            polls = [pool.submit(poll, web, token) for _ in range(3 * WORKERS * THREADS)]
            for answer in polls:
                expect_refusal(answer.result(), within=WAIT_S + 3)
            wait_until(lambda: poll(web, token).seconds < 1, seconds=12)  # refused at once: nothing moves
            assert web.ask("/health").seconds < 2
        wait_until(lambda: poll(web, token).status == 200, seconds=10)


def test_a_redis_and_a_store_that_hang_delay_a_poll_by_little(tmp_path, token):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        hanging = {"REDIS_URL": f"redis://{address}/0", "S3_ENDPOINT_URL": f"http://{address}"}
        with web_server(tmp_path / "web.log", **hanging) as web:
            for _ in range(3):
                answer = poll(web, token)
                assert (answer.status, answer.seconds < 3) == (200, True), answer
