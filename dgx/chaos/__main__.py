"""`python -m dgx.chaos`: starts a system of its own, breaks it in every way it knows, and says what was lost."""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import django

from dgx.chaos.disks import small_disk
from dgx.chaos.faults import FAULTS, Fault, Length, load_themes
from dgx.chaos.report import printed, write
from dgx.chaos.stack import Stack
from dgx.stack.execute import temporary_folder
from dgx.stack.place import kept_port
from dgx.stack.run import StopRequested, signals_as_exceptions

BACK_OFF_S = {Length.SHORT: 2.0, Length.USUAL: 8.0, Length.FULL: 60.0}
DISK_MB, UPLOADS_MB = 768, 16


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """What the command line asks for."""
    load_themes()
    parser = argparse.ArgumentParser(prog="python -m dgx.chaos", description=__doc__)
    names = [*FAULTS, *dict.fromkeys(fault.theme for fault in FAULTS.values())]
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"of these: {', '.join(names)}")
    parser.add_argument("--seconds", type=float, help="how long each fault lasts, in place of its own length")
    parser.add_argument("--short", action="store_true", help="as the suite does it: a few seconds each")
    parser.add_argument("--full", action="store_true", help="full lengths: the server is down for ten minutes")
    parser.add_argument("--devices", type=int, default=40, help="how many devices the fleet has")
    parser.add_argument("--output", type=Path, help="a page whose table gets the rows, such as docs/reliability.md")
    parser.add_argument("--json", action="store_true", help="print rows as JSON, one a line")
    parser.add_argument("--log", type=Path, help="keep what the processes printed in this file")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Exit code 1 when anything broke that must hold."""
    asked = options(arguments)
    rows = []
    try:
        with signals_as_exceptions(), ExitStack() as ends:
            folder = ends.enter_context(temporary_folder())
            disk = ends.enter_context(small_disk(folder / "var", megabytes=DISK_MB))
            uploads = ends.enter_context(small_disk(folder / "uploads", megabytes=UPLOADS_MB))
            stack = ends.enter_context(Stack(disk.folder, kept_port(folder / "port"), asked.log))
            os.environ.update(stack.env, DJANGO_SETTINGS_MODULE="dgx.settings")
            django.setup()
            from dgx.chaos.runner import run  # noqa: PLC0415 — these need the settings
            from dgx.chaos.stage import staged  # noqa: PLC0415

            length = Length.SHORT if asked.short else Length.FULL if asked.full else Length.USUAL
            stage = ends.enter_context(
                staged(stack, disk, uploads, devices=asked.devices, back_off_s=BACK_OFF_S[length])
            )
            started = time.monotonic()
            for row in run(stage, chosen(asked.only), lambda fault: asked.seconds or fault.seconds[length]):
                rows.append(row)
                print(json.dumps(row.as_json()) if asked.json else printed(row), flush=True)
                if asked.output:
                    write(asked.output, [row])
            print(f"{len(rows)} faults in {time.monotonic() - started:.0f} s", file=sys.stderr)
    except StopRequested:
        return 130
    return int(any(row.broken for row in rows))


def chosen(only: Sequence[str] | None) -> list[Fault]:
    """The faults of these names and themes, or all."""
    return [fault for fault in FAULTS.values() if not only or {fault.name, fault.theme} & set(only)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
