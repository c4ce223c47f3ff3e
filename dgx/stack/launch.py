"""Becomes another program: drops root where asked, ties its life to the parent's, then execs.

Run as a script by `process.spawn`; a script of its own because code between fork and exec is unsafe in a program with
threads. Arguments: the parent's pid, the signal to get when the parent dies, uid and gid (-1: unchanged), whether the
program must read folders that its uid may not enter (1 or 0), then the program and its arguments.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2
SECBIT_NO_SETUID_FIXUP = 4
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
CAPABILITY_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Sets(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def _held_capability(libc: ctypes.CDLL) -> int | None:
    """The smallest capability we hold that enters any folder; containers often lack the first."""
    sets = (_Sets * 2)()
    libc.capget(ctypes.byref(_Header(CAPABILITY_VERSION_3, 0)), sets)
    held = [number for number in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE) if sets[0].permitted & (1 << number)]
    return held[0] if held else None


def _keep_only(libc: ctypes.CDLL, capability: int) -> None:
    """Carry one capability through the coming exec; to be called after the uid has changed."""
    bit = 1 << capability
    sets = (_Sets * 2)(_Sets(bit, bit, bit), _Sets(0, 0, 0))
    libc.capset(ctypes.byref(_Header(CAPABILITY_VERSION_3, 0)), sets)
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def _become(libc: ctypes.CDLL, uid: int, gid: int, enter_all: bool) -> None:
    capability = _held_capability(libc) if enter_all and sys.platform == "linux" else None
    if capability is not None:
        # keeps capabilities through setuid, and lets access(2), with which PostgreSQL looks for itself, heed them
        libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if capability is not None:
        _keep_only(libc, capability)


def main(arguments: list[str]) -> None:
    parent, death_signal, uid, gid, enter_all = map(int, arguments[:5])
    libc = ctypes.CDLL(None)
    if uid >= 0:
        _become(libc, uid, gid, bool(enter_all))
    if sys.platform == "linux":  # last, because a change of uid clears it
        libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("The parent died before its child began.")
    os.execv(arguments[5], arguments[5:])  # noqa: S606 — becoming another program is what this is for


if __name__ == "__main__":
    main(sys.argv[1:])
