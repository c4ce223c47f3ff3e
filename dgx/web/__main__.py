"""`python -m dgx.web`: start the web server."""

import argparse
import os
import resource
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from dgx.web.limits import Limits
from dgx.web.server import serve

APPLICATION = "dgx.wsgi:application"
BACKLOG = 1024
OTHER_DESCRIPTORS = 200
"""What files, stores and the like need of them."""
IDLE_S = 12.0
"""Between the usual intervals of devices, 10 and 15 or 20 seconds: none sends just as its line ends."""
LOCK_WAIT_S = "5"
"""A row that another transaction holds is waited for so long, and then the client is told to try again."""
STATEMENT_WAIT_S = "60"
"""So long a statement may take: ten times what an action on a fleet of 100,000 devices does."""


def main(arguments: Sequence[str]) -> None:
    """Serve until a signal."""
    os.environ.setdefault("DGX_LOCK_WAIT_S", LOCK_WAIT_S)  # read by the settings, in the worker processes
    os.environ.setdefault("DGX_STATEMENT_WAIT_S", STATEMENT_WAIT_S)
    given = _options(arguments)
    descriptors = _allow_descriptors()
    limits = Limits(
        threads=given.threads,
        transfers=given.transfers,
        wait_s=given.wait,
        device_s=given.device_wait,
        body_s=given.body_wait,
        download_s=given.download_wait,
        connections=min(given.connections, descriptors - OTHER_DESCRIPTORS),
    )
    server = Granian(
        given.application,
        address=given.host,
        port=given.port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        workers=given.workers,
        backlog=BACKLOG,
        backpressure=limits.connections,
        http1_settings=HTTP1Settings(header_read_timeout=int(given.idle * 1000)),
        blocking_threads_idle_timeout=600,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
    )
    server.serve(spawn_target=partial(serve, limits=limits, address=(given.host, given.port), backlog=BACKLOG))


def _allow_descriptors() -> int:
    """As many as may be; returns the number. A connection is one, and services often start with 1024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS allows fewer than it says
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if allowed == resource.RLIM_INFINITY else allowed


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    usual = Limits()
    parser = argparse.ArgumentParser(prog="python -m dgx.web", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8005)
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--threads", type=int, default=usual.threads, help="requests at a time, in each process")
    parser.add_argument("--transfers", type=int, default=usual.transfers, help="large uploads and downloads at a time")
    parser.add_argument("--connections", type=int, default=usual.connections, help="of each process")
    parser.add_argument("--wait", type=float, default=usual.wait_s, help="seconds that a request may wait its turn")
    parser.add_argument("--device-wait", type=float, default=usual.device_s, help="seconds for a device's request")
    parser.add_argument("--body-wait", type=float, default=usual.body_s, help="seconds that a body may keep waiting")
    parser.add_argument("--download-wait", type=float, default=usual.download_s, help="seconds without reading")
    parser.add_argument("--idle", type=float, default=IDLE_S, help="seconds that a connection may say nothing")
    parser.add_argument("application", nargs="?", default=APPLICATION)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))  # as granian itself does
    main(sys.argv[1:])
