"""`manage.py restore`: a backup's database and objects back in place."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dgx.care.restore import restore
from dgx.core.errors import Refusal


class Command(BaseCommand):
    help = "Restore a backup that `backup` made. Stop web, worker and beat first."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="The backup: the folder with manifest.json.")
        parser.add_argument(
            "--overwrite", action="store_true", help="Replace everything that the database holds now. No way back."
        )

    def handle(self, *, folder: Path, overwrite: bool, **options: Any) -> None:
        try:
            manifest = restore(folder, overwrite=overwrite)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(
            f"Restored the backup of {manifest.made_at}: {sum(manifest.rows.values())} rows, "
            f"{len(manifest.objects)} objects, all held against its manifest."
        )
