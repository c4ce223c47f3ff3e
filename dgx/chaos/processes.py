"""Processes that die without a word, in turn and in the middle of their work."""

import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from dgx.chaos.faults import fault
from dgx.chaos.stack import PROGRAMS, SERVICES, children_of

if TYPE_CHECKING:
    from dgx.chaos.stage import Stage

PAUSE_S = 4.0
"""Between two kills, so that what was killed first is there again, or nearly so."""


@fault("kill -9 of each web worker, in turn", seconds=(3, 20, 60))
def kill_web_workers(stage: "Stage", seconds: float) -> int:
    return _in_turn(stage, "web", seconds)


@fault("kill -9 of the web server as a whole", seconds=(0, 12, 40))
def kill_web(stage: "Stage", seconds: float) -> int:
    return _repeated(stage, "web", seconds)


@fault("kill -9 of each of the Celery worker's processes, in the middle of tasks", seconds=(3, 12, 40))
def kill_worker_children(stage: "Stage", seconds: float) -> int:
    _give_work(stage)
    return _in_turn(stage, "worker", seconds)


@fault("kill -9 of the Celery worker as a whole, in the middle of tasks", seconds=(0, 12, 40))
def kill_worker(stage: "Stage", seconds: float) -> int:
    _give_work(stage)
    return _repeated(stage, "worker", seconds)


@fault("kill -9 of beat", seconds=(0, 12, 40))
def kill_beat(stage: "Stage", seconds: float) -> int:
    return _repeated(stage, "beat", seconds)


@fault("kill -9 of PostgreSQL", seconds=(0, 20, 60))
def kill_postgres(stage: "Stage", seconds: float) -> int:
    return _repeated(stage, "postgres", seconds)


@fault("kill -9 of one PostgreSQL session, so that it restarts all", seconds=(0, 12, 40))
def kill_a_session(stage: "Stage", seconds: float) -> int:
    """The postmaster takes all sessions down and recovers, since one may have spoilt what they share."""
    return _in_turn(stage, "postgres", seconds, at_most=1)


@fault("kill -9 of Redis", seconds=(0, 12, 40))
def kill_redis(stage: "Stage", seconds: float) -> int:
    return _repeated(stage, "redis", seconds)


@fault("kill -9 of the S3 server", seconds=(0, 12, 40))
def kill_s3(stage: "Stage", seconds: float) -> int:
    return _repeated(stage, "s3", seconds)


@fault("PostgreSQL is restarted", seconds=(0, 12, 40))
def restart_postgres(stage: "Stage", seconds: float) -> int:
    return _repeated(stage, "postgres", seconds, number=signal.SIGINT)


@fault("the whole server is down", seconds=(25, 60, 600))
def whole_server_down(stage: "Stage", seconds: float) -> int:
    """As when the power fails: everything at once, and back after a while."""
    with stage.stack.down(*PROGRAMS, *SERVICES):
        time.sleep(seconds)
    return 1


def _in_turn(stage: "Stage", name: str, seconds: float, *, at_most: int = 100) -> int:
    """Kill each child of a process, round and round, for so long. The recovery counts from the last kill."""
    killed, until = 0, time.monotonic() + seconds
    while True:
        for child in children_of(stage.stack.pid(name))[-at_most:]:
            _kill(child, signal.SIGKILL)
            killed += 1
            if time.monotonic() >= until:
                return killed
            time.sleep(PAUSE_S)
        time.sleep(PAUSE_S / 4)


def _repeated(stage: "Stage", name: str, seconds: float, *, number: signal.Signals = signal.SIGKILL) -> int:
    """Kill a process whenever the system is whole again, for so long; at least once. Recovery: as above."""
    from dgx.chaos.stage import is_ready  # noqa: PLC0415 — it needs the settings

    killed, until = 0, time.monotonic() + seconds
    while True:
        pid = stage.stack.pid(name)
        if pid and is_ready(stage.stack.url):
            _kill(pid, number)
            killed += 1
        if killed and time.monotonic() >= until:
            return killed
        time.sleep(PAUSE_S)


def _kill(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _give_work(stage: "Stage") -> None:
    """Films, whose examination takes a while."""
    from dgx.chaos.operator import film  # noqa: PLC0415 — see stage

    with stage.operator.resting():
        for _ in range(4):
            stage.operator.upload(film(), ".mp4")
