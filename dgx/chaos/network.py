"""Clients that are slow, deaf or too many: they must not take the server away from everybody else."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from dgx.chaos.calls import NoAnswer
from dgx.chaos.faults import fault
from dgx.chaos.threads import together

if TYPE_CHECKING:
    from dgx.chaos.stage import Stage

SLOW_CLIENTS = 100
DEAF_CLIENTS = 50
HASTY_CLIENTS = 64
ANSWERS_WITHIN_S = 10.0
"""Others wait no longer than so for an answer while slow clients are at it."""
POLL = (
    b"POST /api/v1/device/poll HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Authorization: Device dgxd_nobody\r\nContent-Length: 100000\r\n\r\n"
)
HEADERS = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
LARGE = b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@fault("a hundred clients that send the head of a request a byte a second", seconds=(8, 60, 120))
def slow_heads(stage: "Stage", seconds: float) -> int:
    return _besieged(stage, seconds, SLOW_CLIENTS, HEADERS)


@fault("a hundred clients that send the body of a poll a byte a second", seconds=(8, 60, 120))
def slow_bodies(stage: "Stage", seconds: float) -> int:
    return _besieged(stage, seconds, SLOW_CLIENTS, POLL)


@fault("fifty clients that ask for much and read nothing", seconds=(8, 60, 120))
def deaf_clients(stage: "Stage", seconds: float) -> int:
    return _besieged(stage, seconds, DEAF_CLIENTS, LARGE * 20, trickle=b"")


@fault("sixty-four clients that list media as fast as they can", seconds=(4, 30, 60))
def overload(stage: "Stage", seconds: float) -> int:
    """Each call is answered, or told when to come again: so few lines are no reason to cut one off. Some are served."""
    until = time.monotonic() + seconds
    served = together(HASTY_CLIENTS, lambda _: _lists(stage, until))
    if not any(done for _, done in served):
        stage.complain("nobody in the crowd was served")
    return sum(calls for calls, _ in served)


def _lists(stage: "Stage", until: float) -> tuple[int, int]:
    """List media without a pause; returns how many calls that were, and how many were served."""
    calls = served = 0
    while time.monotonic() < until:
        calls += 1
        try:
            served += stage.operator.caller.call("list", "GET", "/api/v1/videos?limit=50").done
        except NoAnswer as reason:
            stage.complain(f"somebody in the crowd got no answer: {reason}")
    return calls, served


def _besieged(stage: "Stage", seconds: float, clients: int, first: bytes, trickle: bytes = b"x") -> int:
    """So many clients connect, send `first` and then a byte a second; meanwhile everybody else is served."""
    until, worst = time.monotonic() + seconds, 0.0
    with _clients(stage.stack.port, clients, first) as lines:
        while time.monotonic() < until:
            asked = time.monotonic()
            if not _answers(stage):
                stage.complain("somebody else was not answered")
            worst = max(worst, time.monotonic() - asked)
            _send_all(lines, trickle)
            time.sleep(1)
    if worst > ANSWERS_WITHIN_S:
        stage.complain(f"somebody else waited {worst:.0f} s for an answer")
    return clients


@contextmanager
def _clients(port: int, number: int, first: bytes) -> Iterator[list[socket.socket]]:
    with ExitStack() as ends:
        lines = []
        for _ in range(number):
            line = ends.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.setblocking(False)
            lines.append(line)
        _send_all(lines, first)
        yield lines


def _send_all(lines: list[socket.socket], data: bytes) -> None:
    for line in lines:
        with suppress(OSError):  # the server may have hung up, as it should
            line.send(data)


def _answers(stage: "Stage") -> bool:
    try:
        return stage.operator.caller.call("read", "GET", "/api/v1/videos?limit=1").done
    except NoAnswer:
        return False
