"""The folder that a run owns: its lock, its kept secrets, and the private folder for its sockets."""

import fcntl
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dgx.stack.process import StackError

SOCKET_PREFIX = "dgx-sockets-"
LONGEST_SOCKET_FOLDER = 70
"""A socket's whole path may have 107 bytes, and PostgreSQL puts `.s.PGSQL.5432.lock` behind the folder."""


@contextmanager
def locked(var: Path) -> Iterator[None]:
    """Own `var` until the end of the block; the lock goes with the process, so a crash leaves none behind.

    Raises StackError when another run owns it.
    """
    var.mkdir(parents=True, exist_ok=True)
    with (var / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise StackError(
                f"Another run (process {lock.read().strip() or 'unknown'}) is using {var}. Stop it first, or give this "
                "one a folder and a port of its own: DGX_VAR=/some/folder PORT=8006 make run"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextmanager
def socket_folder(owner: tuple[int, int] | None, note: Path) -> Iterator[Path]:
    """A new private folder with a short path, given to `owner` (uid, gid) if one is named, removed at the end.

    Its path is kept in `note`, so that the run after a crash removes what the crash left.
    """
    left = Path(note.read_text()) if note.exists() else None
    if left and left.name.startswith(SOCKET_PREFIX):
        shutil.rmtree(left, ignore_errors=True)
    base = tempfile.gettempdir()
    short = base if len(base) < LONGEST_SOCKET_FOLDER - 25 else "/tmp"  # noqa: S108 — mkdtemp makes it private
    folder = Path(tempfile.mkdtemp(prefix=SOCKET_PREFIX, dir=short))
    note.write_text(str(folder))
    if owner:
        os.chown(folder, *owner)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        note.unlink(missing_ok=True)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)


def kept_secret(path: Path, *, length: int = 50) -> str:
    """The secret in `path`, made on the first run."""
    if not path.exists():
        write_private(path, "".join(secrets.choice("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(length)))
    return path.read_text().strip()


def port_is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def kept_port(path: Path, host: str = "127.0.0.1") -> int:
    """The port noted in `path` while it is free, else a new free one, noted there."""
    noted = path.read_text().strip() if path.exists() else ""
    if noted.isdigit() and port_is_free(host, int(noted)):
        return int(noted)
    with socket.socket() as probe:
        probe.bind((host, 0))
        port = int(probe.getsockname()[1])
    write_private(path, str(port))
    return port
