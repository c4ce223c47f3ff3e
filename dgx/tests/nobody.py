"""Makes the machine what a container is to a program, then becomes it: every mount is read-only but one folder's, and
the program runs as nobody, without capabilities and without a way to gain any.

Run as a script by root, in a mount namespace of its own. Arguments: the folder that may be written; the folders that
the program reads, separated by colons; the program and its arguments.
"""

import errno
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

NOBODY = 65_534
DROP = ["--clear-groups", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", *DROP]
NAMESPACE = ["unshare", "--mount", "--propagation", "private"]
OF_THE_KERNEL = ("/proc", "/sys", "/dev")


def main(arguments: list[str]) -> None:
    scratch, others, *program = arguments
    os.umask(0o022)
    folders = [Path(each).resolve() for each in (*others.split(":"), scratch)]
    mounts = mounted()
    private = {closed for folder in folders if (closed := first_closed(folder))}
    open_up(private, folders)
    seen = [mount for mount in mounts if not private.intersection(mount.parents)]
    make_read_only({*seen, *private, *folders} - {folders[-1]})
    os.chdir(Path.cwd())  # the folder that has this name by now
    refuse_to_be_written(Path.cwd())
    os.execvp(AS_NOBODY[0], [*AS_NOBODY, *program])  # noqa: S606 — becoming another program is what this is for


def mounted() -> list[Path]:
    """Where something is mounted, but for what the kernel shows of itself."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    places = [Path(line.split()[4].encode().decode("unicode_escape")) for line in lines]
    return [place for place in places if not any(place.is_relative_to(each) for each in OF_THE_KERNEL)]


def first_closed(folder: Path) -> Path | None:
    """The highest folder above it that nobody may not enter: a home, what mkdtemp made."""
    return next((each for each in reversed(folder.parents) if not each.stat().st_mode & 0o001), None)


def open_up(private: Iterable[Path], folders: list[Path]) -> None:
    """Mount the folders where they are; those in private ones into an empty folder that covers the private one."""
    held = {folder: os.open(folder, os.O_PATH) for folder in folders}
    for folder in private:
        mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(folder))
    for folder, descriptor in held.items():
        folder.mkdir(parents=True, exist_ok=True)
        mount("--bind", "--no-canonicalize", f"/proc/{os.getpid()}/fd/{descriptor}", str(folder))


def make_read_only(places: Iterable[Path]) -> None:
    for place in places:
        mount("-o", "remount,bind,ro", str(place))


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def refuse_to_be_written(folder: Path) -> None:
    """Still as root, whom no permission stops."""
    try:
        (folder / "written").touch()
    except OSError as error:
        if error.errno == errno.EROFS:
            return
        raise
    sys.exit(f"{folder} can be written to.")


if __name__ == "__main__":
    main(sys.argv[1:])
