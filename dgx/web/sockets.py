"""The sockets below granian: the one that listens, and how one client's is cut."""

import os
import socket
import stat
import struct
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from pathlib import Path

DESCRIPTORS = Path("/dev/fd")
Address = tuple[str, str]
AT_ONCE = struct.pack("ii", 1, 0)


def listening(host: str, port: int, *, unread_s: float) -> socket.socket:
    """A socket of a worker's own; the kernel shares connections out among them. It also drops a client that takes
    nothing of its answer for `unread_s` seconds, where it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(unread_s * 1000))
    listener.bind((host, port))
    return listener


def number_open() -> int:
    """How many descriptors this process has: its connections, and a few."""
    return sum(1 for _ in DESCRIPTORS.iterdir())


def cut(client: Address) -> None:
    """End the connection with this client by a reset, so that it sees that something is missing: over HTTP/1.0 the end
    of a connection is that of the answer. granian closes what it can read no more from, and that is the reset."""
    for found in _of({client}):
        with suppress(OSError):  # it has gone by itself
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            found.shutdown(socket.SHUT_RD)


def stop_listening_to(clients: Collection[Address]) -> None:
    """Read no more from them; what is already answered still goes out, and then the connections end."""
    for found in _of(clients):
        with suppress(OSError):
            found.shutdown(socket.SHUT_RD)


def _of(clients: Collection[Address]) -> Iterator[socket.socket]:
    """Duplicates of these clients' sockets, of those that are still there."""
    peers = {(address, int(port)) for address, port in clients}
    for path in DESCRIPTORS.iterdir():
        with suppress(OSError), closing(_socket(int(path.name))) as found:
            if _peer(found) in peers:
                yield found


def _peer(found: socket.socket) -> tuple[str, int] | None:
    """Address and port at the other end; None for a socket that listens, or that is no network's."""
    if found.family not in {socket.AF_INET, socket.AF_INET6}:
        return None
    try:
        address, port = found.getpeername()[:2]
    except OSError:
        return None
    return address, port


def _socket(number: int) -> socket.socket:
    """A duplicate of one of this process's descriptors. Raises OSError for what is not a socket."""
    if not stat.S_ISSOCK(os.fstat(number).st_mode):
        raise OSError("not a socket")
    return socket.socket(fileno=os.dup(number))
