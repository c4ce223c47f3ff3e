"""`manage.py importlegacy`: brings the old services' database over, as often as you like."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dgx.core.errors import Refusal
from dgx.importer.services import import_legacy


class Command(BaseCommand):
    help = "Read the old five tables, the logs and the online history, and take what is not here yet."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dsn", required=True, help="the old database: postgres://user:password@host:5432/name")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done and keep nothing")

    def handle(self, *, dsn: str, dry_run: bool, **options: Any) -> None:
        try:
            report = import_legacy(dsn=dsn, dry_run=dry_run)
        except Refusal as refusal:
            raise CommandError(refusal.message) from None
        for line in report.text():
            self.stdout.write(line)
