"""`manage.py exportcsv`: devices, groups, shops or links as CSV, which `importcsv` takes again."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dgx.core.csv_export import in_chunks
from dgx.core.scope import manager_of
from media_library.resources import RESOURCES


class Command(BaseCommand):
    help = "Write all devices, groups, shops or links as CSV, in constant memory."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=sorted(RESOURCES), help="What to write.")
        parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="A file in place of the standard output.")

    def handle(self, *, kind: str, output: Path | None, **options: Any) -> None:
        resource = RESOURCES[kind]
        chunks = in_chunks(resource.export(manager_of(resource._meta.model).all()))
        if output is None:
            sys.stdout.buffer.writelines(chunks)
            return
        try:
            with output.open("wb") as file:
                file.writelines(chunks)
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from None
