"""The long form: a web process and a worker as the Procfile starts them, called by everybody over both documents."""

import os
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError

from schemathesis import openapi

from dgx.fuzz.run import Effort, Outcome, configuration, run
from dgx.fuzz.world import World
from dgx.stack import procfile
from dgx.stack.place import kept_port
from dgx.stack.process import spawn, wait_until_ready
from dgx.stack.run import ROOT

DOCUMENTS = ("openapi.json", "openapi-old.json")
LIMITS = ("LOGIN", "REFRESH", "KEY", "USER", "ANONYMOUS", "DEVICE", "OLD_DEVICE", "FAILURE")
ASKS = {
    "device": "/api/v1/device/manifest",
    "editor": "/api/v1/devices?limit=1",
    "administrator": "/api/v1/devices?limit=1",
}
"""What tells whether a caller's credential is still good."""
SERVED = {
    **{f"DGX_{name}_RATE": "1000000/min" for name in LIMITS},  # else most of the answers would be 429
    "DGX_DEBUG": "false",
    "DGX_HTTPS": "false",
    "DGX_LOG_LEVEL": "WARNING",
    "DGX_LOGIN_FAILURES": "1000000",
    "DGX_JWT_ACCESS_MINUTES": "600",
    "WEB_CONCURRENCY": "2",
    "WORKER_CONCURRENCY": "1",
    "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
}


@contextmanager
def served(logs: Path) -> Iterator[str]:
    """The address of a running web process; its output and the worker's are kept in `logs`."""
    port = kept_port(logs / "port")
    url = f"http://127.0.0.1:{port}"
    env = {**os.environ, **SERVED, "PORT": str(port), "DGX_HOST": "127.0.0.1"}
    commands = procfile.read(ROOT / "Procfile")
    with ExitStack() as stack:
        for name in ("web", "worker"):
            log = stack.enter_context((logs / f"{name}.log").open("ab"))
            child = spawn(name, procfile.arguments(commands[name], env), env=env, cwd=ROOT, output=log)
            stack.callback(child.stop)
            if name == "web":
                wait_until_ready(child, lambda: _answers(url), logs / "web.log")
        yield url


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/ready", timeout=3) as answer:  # noqa: S310 — our own address
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def fuzz(url: str, world: World, callers: Sequence[str], effort: Effort) -> Iterator[tuple[str, str, Outcome]]:
    """Caller, document and what was found at a served address, one after another; `effort.seconds` are for all."""
    pairs = [(caller, document) for caller in callers for document in DOCUMENTS]
    deadline = time.monotonic() + (effort.seconds or 0)
    for number, (caller, document) in enumerate(pairs):
        left = int((deadline - time.monotonic()) / (len(pairs) - number)) if effort.seconds else None
        share = Effort(effort.seed + number, effort.examples, max(left, 2) if left is not None else None)
        schema = openapi.from_url(f"{url}/{document}", config=configuration(share, world.callers[caller], world.names))
        outcome = run(schema)
        if not is_known(url, caller, world.callers[caller]):
            outcome.failures[caller, "not known any more"] = (
                "A call ended the credential: those after it were a stranger's."
            )
        yield caller, document, outcome


def is_known(url: str, caller: str, headers: Mapping[str, str]) -> bool:
    """Whether the caller is who the run was to be by; nobody always is."""
    if caller not in ASKS:
        return True
    asked = urllib.request.Request(url + ASKS[caller], headers=dict(headers))  # noqa: S310 — our own address
    try:
        with urllib.request.urlopen(asked, timeout=20):  # noqa: S310
            return True
    except HTTPError as refusal:
        return refusal.code != 401
