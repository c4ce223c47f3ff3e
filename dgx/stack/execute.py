"""`python -m dgx.stack exec -- COMMAND`: run one command against services of its own, in a folder of its own."""

import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dgx.stack.process import spawn
from dgx.stack.run import StopRequested, signals_as_exceptions
from dgx.stack.services import embedded


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A new folder, removed at the end, that PostgreSQL's user may walk through."""
    folder = Path(tempfile.mkdtemp(prefix="dgx-var-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def execute(command: Sequence[str]) -> int:
    """Run `command` with the environment of temporary services; returns its exit code."""
    try:
        with signals_as_exceptions(), temporary_folder() as var, embedded(var, durable=False) as services:
            given = {"DGX_SECRET_KEY": secrets.token_urlsafe(50), "DGX_VAR": str(var)}
            path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
            env = given | os.environ | services | {"DGX_VAR": str(var), "PATH": path}
            child = spawn("command", command, env=env, cwd=Path.cwd(), output=sys.stdout.fileno())
            try:
                return child.popen.wait()
            finally:
                child.stop()
    except StopRequested:
        return 130
