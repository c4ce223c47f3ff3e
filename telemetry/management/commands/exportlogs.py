"""`manage.py exportlogs`: device logs as CSV, to a file or to the standard output."""

import sys
from argparse import ArgumentTypeError
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dgx.core.errors import Refusal
from telemetry.services.exports import find_logs, log_lines


def _moment(text: str, *, end_of_day: bool) -> datetime:
    """A time, or a day: its first instant, or with `end_of_day` the first instant of the next. Without zone: UTC."""
    try:
        if len(text) <= len("2026-01-31"):
            return datetime.combine(date.fromisoformat(text) + timedelta(days=end_of_day), time(), UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise ArgumentTypeError(f"{text!r} is no day (2026-01-31) and no time (2026-01-31T09:59:58+01:00)") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _since(text: str) -> datetime:
    return _moment(text, end_of_day=False)


def _until(text: str) -> datetime:
    return _moment(text, end_of_day=True)


class Command(BaseCommand):
    help = "Write device logs as CSV, newest first, in constant memory."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--device", metavar="MOBILE_ID", help="only this device")
        parser.add_argument("--group", metavar="NAME", help="only devices that are in this group now")
        parser.add_argument("--shop", metavar="NAME", help="only devices that stand in this shop now")
        parser.add_argument("--type", dest="log_type", help="only this log type, such as temperature")
        parser.add_argument("--since", type=_since, help="from this day or time on (logged_at, UTC)")
        parser.add_argument("--until", type=_until, help="up to the end of this day, or before this time")
        parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="a file in place of the standard output")

    def handle(self, *, output: Path | None, **options: Any) -> None:
        filters = {name: options[name] for name in ("device", "group", "shop", "log_type", "since", "until")}
        try:
            lines = log_lines(find_logs(**filters))
        except Refusal as refusal:
            raise CommandError(refusal.message) from None
        if output is None:
            _write(lines, sys.stdout.buffer)
            return
        part = output.with_name(f"{output.name}.part")
        try:
            with part.open("wb") as file:
                rows = _write(lines, file)
            part.replace(output)
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from None
        finally:
            part.unlink(missing_ok=True)
        self.stderr.write(f"Wrote {rows} logs to {output}.")


def _write(lines: Iterable[bytes], file: BinaryIO) -> int:
    """Write the lines; returns how many logs follow the header."""
    written = -1
    for line in lines:
        file.write(line)
        written += 1
    file.flush()
    return written
