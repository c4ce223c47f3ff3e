"""granian's worker process with DGX's front in it: connections and HTTP are granian's, turns and time limits are ours.

granian's ASGI worker runs without an event loop, which would cost a quarter of the polls: what it puts on the loop is
called at once, in the thread of granian's pool that has the news. This leans on insides of granian: its version is
pinned, and `dgx/tests/test_slow_clients.py` fails where another one does not do.
"""

import gc
import threading
from collections.abc import Callable
from typing import Any

from granian import _granian, _signals
from granian.server.mp import WorkerProcess

from dgx.web.limits import Limits
from dgx.web.sockets import listening

SPARE_THREADS = 1
"""Beyond those that work: it takes in what comes, and refuses."""
GARBAGE_AFTER = 20_000
"""New objects between two looks for cycles; with Python's 700 that is every few polls, through all of Django's."""


class AtOnce:
    """Stands where granian expects an event loop."""

    def call_soon(self, callback: Callable[..., Any], *arguments: Any, context: Any = None) -> None:
        """Call it now."""
        callback(*arguments)

    call_soon_threadsafe = call_soon


_inside: Any = _granian  # its stubs are behind it
_GIVEN = (
    "worker_id",
    "application",
    "socket",
    "ipc",
    "loop",
    "runtime_mode",
    "runtime_threads",
    "runtime_blocking_threads",
    "blocking_threads",
    "idle_timeout",
    "backpressure",
    "task_impl",
    "http_mode",
    "http1",
    "http2",
    "websockets",
    "static_path",
    "log_access",
    "ssl",
    "scope",
    "metrics",
)
"""What granian hands to a worker process, in its order."""


@WorkerProcess.wrap_target
def serve(*given: Any, limits: Limits, address: tuple[str, int], backlog: int) -> None:
    """What runs in a worker process."""
    from dgx.web.front import Front  # noqa: PLC0415 — what it refuses with needs the applications

    of = dict(zip(_GIVEN, given, strict=True))
    signals: Any = _signals
    stop, stopped = signals.set_sync_signals(), threading.Event()
    stop.add_cb(stopped.set)
    listener = listening(*address, unread_s=limits.download_s)
    worker = _inside.ASGIWorker(
        of["worker_id"],
        (None, _inside.SocketHolder(listener.fileno(), False, backlog)),
        of["ipc"],
        of["runtime_threads"],
        of["runtime_blocking_threads"],
        limits.device_threads + limits.other_threads + SPARE_THREADS,
        of["idle_timeout"],
        of["backpressure"],
        of["http_mode"],
        of["http1"],
        of["http2"],
        of["websockets"],
        of["static_path"],
        *of["ssl"],
        of["metrics"],
    )
    front, loop = Front(of["application"], limits), AtOnce()
    scheduler = _inside.CallbackScheduler(loop, None, None, None, None)
    scheduler._schedule_fn = front.arrive
    gc.collect()
    gc.freeze()  # what was imported is no garbage, and is looked through no more
    gc.set_threshold(GARBAGE_AFTER)
    front.start()
    worker.serve_mtr(scheduler, loop, stop)
    stopped.wait()
