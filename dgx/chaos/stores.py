"""Stores that are there and of no use: without connections, gone for long, slow, refusing, answering errors."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psycopg

from dgx.chaos.faults import fault
from dgx.chaos.threads import together

if TYPE_CHECKING:
    from dgx.chaos.stage import Stage

BUSY = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
AT_ONCE = 8
PIECE_S = 0.05
"""A slow store passes 16 KB in so many seconds: 320 KB/s."""


@fault("PostgreSQL has no connection to give, and takes back those it gave", seconds=(5, 20, 120))
def no_connections(stage: "Stage", seconds: float) -> int:
    """Whoever loses a connection finds all places taken."""
    taken: list[psycopg.Connection] = []
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            _take_all(stage.stack.env["DATABASE_URL"], taken)
            time.sleep(0.2)
    finally:
        for connection in taken:
            connection.close()
    return len(taken)


@fault("Redis is gone", seconds=(20, 120, 120))
def redis_gone(stage: "Stage", seconds: float) -> int:
    with stage.stack.down("redis"):
        time.sleep(seconds)
    return 1


@fault("S3 is gone", seconds=(6, 40, 120))
def s3_gone(stage: "Stage", seconds: float) -> int:
    with stage.stack.down("s3"):
        time.sleep(seconds)
    return 1


@fault("S3 is slow, 320 KB a second, under eight uploads at once", seconds=(6, 40, 120))
def slow_s3(stage: "Stage", seconds: float) -> int:
    stage.store_line.pause_s = stage.store_line.pause_up_s = PIECE_S
    try:
        return sum(together(AT_ONCE, lambda _: _uploads(stage, seconds)))
    finally:
        stage.store_line.pause_s = stage.store_line.pause_up_s = 0.0


@fault("S3 refuses connections", seconds=(6, 30, 120))
def refusing_s3(stage: "Stage", seconds: float) -> int:
    stage.store_line.cut()
    try:
        return _uploads(stage, seconds)
    finally:
        stage.store_line.mend()


@fault("S3 breaks off or answers 503 in the middle of uploads and downloads", seconds=(8, 40, 120))
def failing_s3(stage: "Stage", seconds: float) -> int:
    """Every other while; devices fetch a new file meanwhile."""
    tries, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        with _answering_errors(stage):
            tries += _uploads(stage, seconds / 8)
        stage.store_line.cut_after = 20_000  # of a download, since answers to uploads are short
        tries += _uploads(stage, seconds / 8)
    stage.store_line.cut_after = None
    return tries


@contextmanager
def _answering_errors(stage: "Stage") -> Iterator[None]:
    stage.store_line.answer_instead = BUSY
    try:
        yield
    finally:
        stage.store_line.answer_instead = b""


def _uploads(stage: "Stage", seconds: float) -> int:
    """Upload films of some megabytes for so long; returns how many were tried."""
    from dgx.chaos.operator import film  # noqa: PLC0415 — see stage

    tries, until = 0, time.monotonic() + seconds
    while not tries or time.monotonic() < until:
        stage.operator.upload(film(padding=2_000_000), ".mp4")
        tries += 1
    return tries


def _take_all(address: str, taken: list[psycopg.Connection]) -> None:
    """Take connections until there are no more, and end those of others."""
    with suppress(psycopg.OperationalError):
        while True:
            taken.append(psycopg.connect(address, autocommit=True, application_name="chaos"))
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name <> 'chaos'"
    with suppress(psycopg.Error, IndexError):
        taken[0].execute(f"{ended} AND backend_type = 'client backend'")
