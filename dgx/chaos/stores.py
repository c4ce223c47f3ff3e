"""Stores that are there and of no use: without connections, gone for long, slow, hanging, refusing, failing."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

import psycopg

from dgx.chaos.calls import NoAnswer
from dgx.chaos.faults import fault
from dgx.chaos.threads import together

if TYPE_CHECKING:
    from dgx.chaos.calls import Call
    from dgx.chaos.stage import Stage

BUSY = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
AT_ONCE = 8
PIECE_S = 0.05
"""A slow store passes 16 KB in so many seconds: 320 KB/s."""
REFUSED_WITHIN_S = 25.0
"""Nobody is kept waiting for a store that hangs for longer."""
ANSWERS_WITHIN_S = 5.0
"""Nobody who needs no store waits for longer, though others wait for it."""
TAKEN_WITHIN_S = 15.0
"""So soon after a store hung it takes uploads again."""
PAUSE_S = 0.5
"""Between two tries, and two looks."""
RESUMES_WITHIN_S = 60.0
"""After its time is over the fault waits so long for a device that goes on with what was broken off."""


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


@fault("S3 hangs, under large and small uploads by the new routes, the old ones and in parts", seconds=(6, 40, 120))
def hanging_s3(stage: "Stage", seconds: float) -> int:
    """It takes calls and answers none. Meanwhile whoever needs it is refused in time, all others are answered as ever,
    and devices have their manifests; what was sent before is completed afterwards."""
    from dgx.chaos.parts import PartedUpload  # noqa: PLC0415 — see stage

    sent = PartedUpload(stage.operator)
    sent.announce()
    sent.send()
    manifests = stage.crowd.books["manifests"]
    stage.store_line.freeze()
    try:
        until = time.monotonic() + seconds
        work = [partial(_refused, stage, door) for door in (*_doors(stage), sent.complete)]
        tries = sum(together(1 + len(work), lambda number: [partial(_answered, stage), *work][number](until)))
    finally:
        stage.store_line.mend()
    if stage.crowd.books["manifests"] == manifests:
        stage.complain("no device had its manifest while the store hung")
    _completed(stage, sent.complete)
    return tries


@fault("S3 refuses connections", seconds=(6, 30, 120))
def refusing_s3(stage: "Stage", seconds: float) -> int:
    stage.store_line.cut()
    try:
        return _uploads(stage, seconds)
    finally:
        stage.store_line.mend()


@fault("S3 breaks off or answers 503 in the middle of uploads and downloads", seconds=(8, 40, 120))
def failing_s3(stage: "Stage", seconds: float) -> int:
    """Every other while; devices fetch the newest film meanwhile, and go on where they were broken off."""
    before, tries, until = stage.crowd.downloads(), 0, time.monotonic() + seconds

    def seen() -> bool:
        return all(now > then for now, then in zip(stage.crowd.downloads(), before, strict=True))

    while time.monotonic() < until or not (seen() or time.monotonic() > until + RESUMES_WITHIN_S):
        if time.monotonic() < until:
            with _answering_errors(stage):
                tries += _uploads(stage, seconds / 8)
        calm = time.monotonic() + seconds / 8
        while time.monotonic() < calm:
            stage.store_line.cut_after = 70_000  # of a download, since answers to uploads are short
            tries += _uploads(stage, 0)
    stage.store_line.cut_after = None
    if not seen():
        stage.complain("no device's download was broken off and gone on with")
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


def _doors(stage: "Stage") -> "list[Callable[[], Call]]":
    """Calls that begin uploads."""
    from dgx.chaos.operator import MODERN, OLD, film, picture  # noqa: PLC0415 — see stage
    from dgx.chaos.parts import PartedUpload  # noqa: PLC0415

    post = stage.operator.post
    large = [partial(post, film(padding=2_500_000), ".mp4", door) for door in (MODERN, OLD)]
    small = [partial(post, picture(number), ".png", door) for number, door in enumerate((MODERN, OLD))]
    return [*large, *small, PartedUpload(stage.operator).announce]


def _refused(stage: "Stage", call: "Callable[[], Call]", until: float) -> int:
    """Try it again and again; each is told in time to try again. Returns how often."""
    tries = 0
    while time.monotonic() < until:
        tries += 1
        with suppress(NoAnswer):  # which the caller complains of itself
            answer = call()
            if answer.status != 503:
                stage.complain(f"{answer.kind} was answered {answer.status} while the store hung")
            if answer.seconds > REFUSED_WITHIN_S:
                stage.complain(f"{answer.kind} was refused after {answer.seconds:.0f} s")
        time.sleep(PAUSE_S)
    return tries


def _answered(stage: "Stage", until: float) -> int:
    """Who needs no store is answered as ever: devices that fetch files wait for the store themselves, others do not."""
    worst = 0.0
    while time.monotonic() < until:
        asked = time.monotonic()
        try:
            if not stage.operator.caller.call("read", "GET", "/api/v1/videos?limit=1").done:
                stage.complain("somebody who needs no store was refused")
        except NoAnswer:
            stage.complain("somebody who needs no store was not answered")
        worst = max(worst, time.monotonic() - asked)
        time.sleep(PAUSE_S)
    if worst > ANSWERS_WITHIN_S:
        stage.complain(f"somebody who needs no store waited {worst:.0f} s for an answer")
    return 0


def _completed(stage: "Stage", complete: "Callable[[], Call]") -> None:
    """An upload whose bytes are there can be completed soon after."""
    until = time.monotonic() + TAKEN_WITHIN_S
    while time.monotonic() < until:
        with suppress(NoAnswer):
            if complete().done:
                return
        time.sleep(PAUSE_S)
    stage.complain(f"an upload was not completed within {TAKEN_WITHIN_S:.0f} s of the store's return")


def _take_all(address: str, taken: list[psycopg.Connection]) -> None:
    """Take connections until there are no more, and end those of others."""
    with suppress(psycopg.OperationalError):
        while True:
            taken.append(psycopg.connect(address, autocommit=True, application_name="chaos"))
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name <> 'chaos'"
    with suppress(psycopg.Error, IndexError):
        taken[0].execute(f"{ended} AND backend_type = 'client backend'")
