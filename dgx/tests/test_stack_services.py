"""The embedded PostgreSQL, Redis and S3: found, started, kept, stopped."""

import os
import signal
import socket
import stat
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from dgx.stack import process
from dgx.stack.place import kept_port, kept_secret, port_is_free
from dgx.stack.process import StackError, spawn
from dgx.stack.services import embedded
from dgx.tests.stack_helpers import bare_environment, is_running, pids_of, services_in_another_process, wait_until


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the tests that only need some data folder: making a cluster takes most of their time."""
    return tmp_path_factory.mktemp("stack") / "var"


def start(var: Path, **environment: str):
    return embedded(var, durable=False, environment=bare_environment(**environment))


def sql(env: dict[str, str], statement: str) -> list[tuple]:
    with psycopg.connect(env["DATABASE_URL"].replace("postgres://", "postgresql://")) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_all_three_answer_and_keep_their_data_over_a_restart(var):
    with start(var) as env:
        sql(env, "CREATE TABLE kept (what text)")
        sql(env, "INSERT INTO kept VALUES ('ÄÖ 日本')")
        assert redis.Redis.from_url(env["REDIS_URL"]).ping()
        (var / "s3" / "buckets" / env["S3_BUCKET"] / "kept").write_text("kept")
        port = env["S3_ENDPOINT_URL"]

    with start(var) as env:
        assert sql(env, "SELECT upper(what) FROM kept") == [("ÄÖ 日本",)]
        assert env["S3_ENDPOINT_URL"] == port
        assert (var / "s3" / "buckets" / env["S3_BUCKET"] / "kept").read_text() == "kept"


def test_they_listen_on_sockets_that_only_we_may_enter_and_s3_on_loopback(var):
    with start(var) as env:
        folder = Path(env["REDIS_URL"].removeprefix("unix://").partition("?")[0]).parent
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert sql(env, "SHOW listen_addresses") == [("",)]
        assert env["S3_ENDPOINT_URL"].startswith("http://127.0.0.1:")
        assert len(env["S3_ACCESS_KEY_ID"]) >= 16
    assert not folder.exists()


def test_a_second_terminal_finds_them_while_they_run(var):
    with start(var) as env:
        file = var / "stack.env"
        assert dict(line.split("=", 1) for line in file.read_text().splitlines()) == env
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not file.exists()


def test_nothing_is_left_running_at_the_end(var):
    with start(var):
        pids = pids_of(var)
        assert set(pids) == {"postgres", "redis", "s3"}
    assert not any(map(is_running, pids.values()))
    assert not list((var / "run").iterdir())


def test_a_second_run_in_the_same_folder_refuses_in_words(var):
    with start(var), pytest.raises(StackError, match=rf"Another run \(process {os.getpid()}\) is using .*DGX_VAR="):
        start(var).__enter__()


def test_two_runs_in_two_folders_do_not_meet(var, tmp_path):
    with start(var) as one, start(tmp_path / "other", DATABASE_URL="postgres://elsewhere/x") as two:
        assert one["S3_ENDPOINT_URL"] != two["S3_ENDPOINT_URL"]
        assert one["REDIS_URL"] != two["REDIS_URL"]


@pytest.mark.parametrize(
    ("named", "still_ours"),
    [
        ("DATABASE_URL", {"REDIS_URL", "S3_ENDPOINT_URL"}),
        ("PGHOST", {"REDIS_URL", "S3_ENDPOINT_URL"}),
        ("PGDATABASE", {"REDIS_URL", "S3_ENDPOINT_URL"}),
        ("REDIS_URL", {"DATABASE_URL", "S3_ENDPOINT_URL"}),
        ("REDIS_URL_FILE", {"DATABASE_URL", "S3_ENDPOINT_URL"}),
        ("S3_ENDPOINT_URL", {"DATABASE_URL", "REDIS_URL"}),
        ("S3_BUCKET", {"DATABASE_URL", "REDIS_URL"}),
    ],
)
def test_a_service_that_the_environment_names_is_not_started(var, named, still_ours):
    with start(var, **{named: "elsewhere"}) as env:
        assert still_ours == env.keys() & {"DATABASE_URL", "REDIS_URL", "S3_ENDPOINT_URL"}
        assert len(pids_of(var)) == 2


def test_an_environment_that_names_all_of_them_starts_nothing(var):
    with start(var, DATABASE_URL="x", REDIS_URL="x", S3_BUCKET="x") as env:
        assert env == {}
        assert pids_of(var) == {}


def test_killing_the_run_ends_its_services_and_the_next_run_needs_no_hand(var):
    with services_in_another_process(var) as holder:
        pids = pids_of(var)
        sockets = Path((var / "run" / "sockets").read_text())
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    wait_until(lambda: not any(map(is_running, pids.values())))
    assert (var / "lock").exists()
    assert sockets.exists()

    with start(var) as env:
        assert sql(env, "SELECT 1") == [(1,)]
    assert not sockets.exists()


def test_a_service_that_outlived_a_crash_is_ended_by_the_next_run(var, monkeypatch):
    """Told to stop by nobody, as when its parent's death signal was lost."""
    with start(var, REDIS_URL="x", S3_BUCKET="x"):
        pass
    monkeypatch.setattr(process, "PATIENCE", 0.5)
    orphan = spawn("redis", ["sleep", "600"], env=bare_environment(), records=var / "run")
    with start(var, DATABASE_URL="x", S3_BUCKET="x"):
        assert not orphan.is_alive()
        assert pids_of(var).keys() == {"redis"}
    orphan.stop()


def test_a_pid_that_now_belongs_to_another_program_is_left_alone(var):
    bystander = spawn("bystander", ["sleep", "600"], env=bare_environment())
    (var / "run" / "postgres.pid").write_text(f"{bystander.pid} 1")
    try:
        with start(var, DATABASE_URL="x", S3_BUCKET="x"):
            assert bystander.is_alive()
    finally:
        bystander.stop()


def test_a_server_that_cannot_start_says_why(var):
    with start(var, DATABASE_URL="x", REDIS_URL="x"):
        pass
    wrong = var / "postgres" / "PG_VERSION"
    right = wrong.read_text()
    wrong.write_text("9\n")
    try:
        with pytest.raises(StackError, match="made by PostgreSQL 9, and this checkout brings PostgreSQL 1"):
            start(var).__enter__()
    finally:
        wrong.write_text(right)


def test_a_taken_port_is_given_up_for_a_new_one(tmp_path):
    note = tmp_path / "port"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        note.write_text(str(taken.getsockname()[1]))
        assert kept_port(note) != taken.getsockname()[1]
        assert not port_is_free("127.0.0.1", taken.getsockname()[1])


def test_a_secret_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    secret = kept_secret(tmp_path / "secret")
    assert kept_secret(tmp_path / "secret") == secret
    assert len(secret) == 50
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_a_service_that_is_killed_comes_back_under_the_same_address_with_its_data(var):
    with start(var) as env:
        sql(env, "CREATE TABLE IF NOT EXISTS survived (what text)")
        sql(env, "CHECKPOINT")  # tests run without durable commits
        for pid in pids_of(var).values():
            os.kill(pid, signal.SIGKILL)
        revived: set[str] = set()
        deadline = time.monotonic() + 60
        while not all_answer(env) and time.monotonic() < deadline:
            revived |= set(env.revive())
            time.sleep(0.1)
        assert revived == {"postgres", "redis", "s3"}
        assert sql(env, "SELECT count(*) FROM survived") == [(0,)]


def all_answer(env: dict[str, str]) -> bool:
    s3 = urlsplit(env["S3_ENDPOINT_URL"])
    try:
        socket.create_connection((s3.hostname, s3.port), timeout=1).close()
        redis.Redis.from_url(env["REDIS_URL"]).ping()
        sql(env, "SELECT 1")
    except (OSError, redis.RedisError, psycopg.Error):
        return False
    return True
