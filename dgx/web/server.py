"""granian's worker process with DGX's front in it: connections and HTTP are granian's, turns and time limits are ours.

granian's ASGI worker runs without an event loop, which would cost a quarter of the polls: what it puts on the loop is
called at once, in the thread of granian's pool that has the news. This leans on insides of granian: its version is
pinned, and `dgx/tests/test_slow_clients.py` fails where another one does not do.
"""

import threading
from collections.abc import Callable
from typing import Any

from granian._granian import ASGIWorker, CallbackScheduler, SocketHolder
from granian._signals import set_sync_signals
from granian.server.mp import WorkerProcess

from dgx.web.limits import Limits
from dgx.web.sockets import listening

SPARE_THREADS = 1
"""Beyond those that work: it takes in what comes, and refuses."""


class AtOnce:
    """Stands where granian expects an event loop."""

    def call_soon(self, callback: Callable[..., Any], *arguments: Any, context: Any = None) -> None:
        """Call it now."""
        callback(*arguments)

    call_soon_threadsafe = call_soon


@WorkerProcess.wrap_target
def serve(  # noqa: PLR0917 — granian's own order
    worker_id: int,
    application: Any,
    _sock: Any,
    ipc: Any,
    _loop: Any,
    _runtime_mode: Any,
    runtime_threads: int,
    runtime_blocking_threads: int | None,
    _blocking_threads: int,
    idle_timeout: int,
    backpressure: int,
    _task_impl: Any,
    http_mode: Any,
    http1: Any,
    http2: Any,
    _websockets: bool,
    static_path: Any,
    _log_access: Any,
    ssl: Any,
    _scope: Any,
    metrics: Any,
    *,
    limits: Limits,
    address: tuple[str, int],
    backlog: int,
) -> None:
    """What runs in a worker process; the arguments are granian's own, but for those with a name."""
    from dgx.web.front import Front  # noqa: PLC0415 — what it refuses with needs the applications

    stop, stopped = set_sync_signals(), threading.Event()
    stop.add_cb(stopped.set)
    listener = listening(*address, unread_s=limits.download_s)
    worker = ASGIWorker(
        worker_id,
        (None, SocketHolder(listener.fileno(), False, backlog)),
        ipc,
        runtime_threads,
        runtime_blocking_threads,
        limits.threads + SPARE_THREADS,
        idle_timeout,
        backpressure,
        http_mode,
        http1,
        http2,
        False,
        static_path,
        *ssl,
        metrics,
    )
    front, loop = Front(application, limits), AtOnce()
    scheduler: Any = CallbackScheduler(loop, None, None, None, None)
    scheduler._schedule_fn = front.arrive
    front.start()
    worker.serve_mtr(scheduler, loop, stop)
    stopped.wait()
