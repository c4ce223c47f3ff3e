"""`manage.py backup`: database and objects into a folder."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from dgx.care.backup import Manifest, back_up


class Command(BaseCommand):
    help = "Back up the database and every object that it names into a folder below FOLDER. DGX goes on running."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="Holds all backups; objects are kept there once.")

    def handle(self, *, folder: Path, **options: Any) -> None:
        made = back_up(folder, now=timezone.now())
        manifest = Manifest.read(made)
        self.stdout.write(f"{made}: {sum(manifest.rows.values())} rows, {len(manifest.objects)} objects.")
        if manifest.missing:
            raise CommandError(
                f"The store lacks {len(manifest.missing)} objects that the database names, or their bytes are wrong, "
                f"such as {manifest.missing[0]}. The backup is whole but for those."
            )
