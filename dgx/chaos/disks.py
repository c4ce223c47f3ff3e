"""Small disks that can be filled to the last byte, and what happens when they are."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dgx.chaos.faults import Impossible, fault

if TYPE_CHECKING:
    from dgx.chaos.stage import Stage

BALLAST_BYTES = 1024**2


@dataclass(frozen=True)
class Disk:
    """A folder; `reason` says why it is no disk of its own, if it is none."""

    folder: Path
    reason: str = ""

    @contextmanager
    def full(self) -> Iterator[None]:
        """Not a byte is free until the end of the block."""
        if self.reason:
            raise Impossible(self.reason)
        ballast = self.folder / "ballast"
        try:
            self._fill(ballast)
            yield
        finally:
            ballast.unlink(missing_ok=True)

    @staticmethod
    def _fill(ballast: Path) -> None:
        with ballast.open("wb", buffering=0) as file:
            for size in (BALLAST_BYTES, 4096, 1):
                with suppress(OSError):
                    while file.write(b"\0" * size):
                        pass


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[Disk]:
    """A disk in memory, mounted at a new folder; where we may not mount, just the folder."""
    folder.mkdir(mode=0o711)
    if os.geteuid() != 0:
        yield Disk(folder, "only root can make a small disk")
        return
    options = f"size={megabytes}m,mode=0711"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "dgx-chaos", str(folder)], capture_output=True)  # noqa: PLW1510 — judged below
    if mounted.returncode:
        yield Disk(folder, "this machine lets nobody mount a small disk")
        return
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@fault("the disk of PostgreSQL, Redis and S3 is full", seconds=(6, 30, 120))
def full_disk(stage: "Stage", seconds: float) -> int:
    with stage.disk.full():
        time.sleep(seconds)
    return 1


@fault("the disk for uploads on their way is full", seconds=(3, 20, 60))
def full_upload_folder(stage: "Stage", seconds: float) -> int:
    """Large uploads, which go through that folder, are refused in words; nothing else notices."""
    from dgx.chaos.operator import film  # noqa: PLC0415 — see stage

    tries, until = 0, time.monotonic() + seconds
    with stage.uploads.full():
        while time.monotonic() < until:
            if stage.operator.upload(film(padding=2_000_000), ".mp4"):
                stage.complain("an upload was taken though there was no room for it")
            tries += 1
            time.sleep(0.5)
    return tries
