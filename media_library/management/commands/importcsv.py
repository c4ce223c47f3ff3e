"""`manage.py importcsv`: devices, groups, shops or links out of a CSV file, as the admin imports them."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError

from dgx.core.api.errors import database_gone
from dgx.core.csv_import import import_csv, preview
from dgx.core.errors import Refusal
from dgx.core.resources import CHANGED, KEPT, NEW, WRONG, Outcome
from media_library.resources import RESOURCES


class Command(BaseCommand):
    help = "Import devices, groups, shops or links from a CSV file. Where a row is wrong, nothing is imported."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=sorted(RESOURCES), help="What the rows are.")
        parser.add_argument("file", type=Path, help="The file: UTF-8, with a header.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would become of each row, and stop.")
        parser.add_argument("--apply-right", action="store_true", help="Import the right rows though others are wrong.")

    def handle(self, *, kind: str, file: Path, dry_run: bool, apply_right: bool, **options: Any) -> None:
        try:
            data = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        try:
            if dry_run:
                self._tell(preview(RESOURCES[kind], data, user=None), (WRONG, NEW, CHANGED))
                return
            outcome = import_csv(RESOURCES[kind], data, user=None, name=file.name, apply_right=apply_right)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        except (OperationalError, InterfaceError) as error:
            raise CommandError(database_gone(error).message) from error
        self._tell(outcome, (WRONG,))
        if outcome.refusals or (outcome.counts[WRONG] and not apply_right):
            raise CommandError(" ".join(["Nothing was imported.", *outcome.refusals]))

    def _tell(self, outcome: Outcome, kinds: tuple[str, ...]) -> None:
        """The rows of these kinds, the first of each, then all in numbers."""
        for kind in kinds:
            for line in outcome.lines[kind]:
                said = "; ".join(f"{column}: {words}" if column else words for column, words in line.said)
                self.stdout.write(f"line {line.number}, {kind}: {line.name}: {said}")
            if outcome.counts[kind] > KEPT:
                self.stdout.write(f"… and {outcome.counts[kind] - KEPT:,} more {kind}.")
        self.stdout.write(f"{outcome.in_words()}.".capitalize())
