"""`make run`: services, migrations, the first administrator, then every process of the Procfile until it is stopped."""

import json
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from dgx.stack import procfile
from dgx.stack.console import Console
from dgx.stack.place import kept_secret, port_is_free
from dgx.stack.process import StackError, spawn
from dgx.stack.services import Embedded, add_to_stack_env, embedded
from dgx.stack.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[2]
QUIET_AS_ROOT = "ignore:You're running the worker with superuser privileges"
"""Celery's advice for production; `make run` in a container is often root."""


class StopRequested(BaseException):
    """Ctrl-C, SIGTERM or a closed terminal; not an Exception, so that nothing on the way swallows it."""


@dataclass(frozen=True)
class Options:
    """What the environment says about this run."""

    var: Path
    host: str
    port: int
    demo: bool

    @classmethod
    def read(cls) -> "Options":
        """Raises StackError when PORT is not a port's number."""
        port = os.environ.get("PORT") or "8005"
        if not port.isdigit() or not 0 < int(port) < 65536:
            raise StackError(f"PORT is {port!r}: it must be a number from 1 to 65535.")
        return cls(
            var=Path(os.environ.get("DGX_VAR") or ROOT / "var").resolve(),
            host=os.environ.get("DGX_HOST") or "127.0.0.1",
            port=int(port),
            demo=os.environ.get("DGX_DEMO", "1") not in {"0", "false", "no", "off"},
        )

    @property
    def url(self) -> str:
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104 — compared, not bound
        return f"http://{host}:{self.port}"


def run() -> None:
    """Run DGX until a signal asks for the end.

    Raises StackError in words when it cannot start.
    """
    options = Options.read()
    if not port_is_free(options.host, options.port):
        raise StackError(
            f"Port {options.port} on {options.host} is taken by another program. Choose another one: "
            f"PORT={options.port + 1} make run"
        )
    console = Console()
    with signals_as_exceptions(), suppress(StopRequested):
        console.line("dgx", f"starting in {options.var}")
        with embedded(options.var) as services:
            env = os.environ | _environment(options, services)
            password = _bootstrap(options, env, console)
            _supervise(options, env, console, password, services)
    console.line("dgx", "stopped")


def _environment(options: Options, services: Mapping[str, str]) -> dict[str, str]:
    """What the processes get on top of the caller's environment, also written for `manage.py` in another terminal."""
    given = dict(services)
    given["DGX_SECRET_KEY"] = os.environ.get("DGX_SECRET_KEY") or kept_secret(options.var / "secret_key")
    given["DGX_DEBUG"] = os.environ.get("DGX_DEBUG") or "true"
    add_to_stack_env(options.var, given)
    return given | {
        "DGX_VAR": str(options.var),
        "DGX_HOST": options.host,
        "PORT": str(options.port),
        "WEB_CONCURRENCY": os.environ.get("WEB_CONCURRENCY") or str(os.cpu_count() or 1),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": os.environ.get("PYTHONWARNINGS") or QUIET_AS_ROOT,
    }


def _bootstrap(options: Options, env: dict[str, str], console: Console) -> str | None:
    """Migrate, make the first administrator and load the demo; returns the administrator's password if just made."""
    report = options.var / "bootstrap.json"
    argv = ["python", "manage.py", "bootstrap", "--report", str(report), *(["--demo"] if options.demo else [])]
    child = spawn("bootstrap", argv, env=env, cwd=ROOT, records=options.var / "run")
    try:
        for line in child.popen.stdout or ():
            console.line("bootstrap", line.decode(errors="replace").rstrip("\n"))
        code = child.popen.wait()
        if code:
            raise StackError(f"The database could not be prepared (exit code {code}); the reason is above.")
        password: str | None = json.loads(report.read_text())["password"]
        if password:  # at once, because it is not known again should the web never answer
            console.line("dgx", f"created the superuser admin; password: {password}")
        return password
    finally:
        child.stop()
        report.unlink(missing_ok=True)


def _supervise(
    options: Options, env: dict[str, str], console: Console, password: str | None, services: Embedded
) -> None:
    supervisor = Supervisor(env, ROOT, options.var / "run", console)
    for name, command in procfile.read(ROOT / "Procfile").items():
        supervisor.add(name, procfile.arguments(command, env))
    welcomed = False

    def look_after_it() -> None:
        nonlocal welcomed
        for name in services.revive():
            console.line("dgx", f"{name} had stopped by itself; it is started again")
        if welcomed or not _answers(f"{options.url}/health"):
            return
        welcomed = True
        console.box(_directions(options, password))
        if options.demo:
            supervisor.add("fleet", ["python", "manage.py", "simulatefleet", "--url", options.url, "--demo"])

    try:
        supervisor.run(every_turn=look_after_it)
    finally:
        supervisor.stop()


def _directions(options: Options, password: str | None) -> list[tuple[str, str]]:
    return [
        ("DGX is running", ""),
        ("", ""),
        ("Admin", f"{options.url}/admin/"),
        ("User", "admin"),
        ("Password", password or "as before; to set a new one: .venv/bin/python manage.py changepassword admin"),
        ("A screen", f"{options.url}/player/"),
        ("API", f"{options.url}/docs"),
        ("Data", str(options.var)),
        ("Stop", "Ctrl-C"),
    ]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 — our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def signals_as_exceptions() -> Iterator[None]:
    """Turn the first SIGINT, SIGTERM or SIGHUP into StopRequested; later ones do not disturb the end."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise StopRequested

    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
