"""`manage.py bootstrap`: brings an empty or older database to where DGX can start from; harmless to repeat."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from devices.models import Device

PASSWORD_ENV = "DGX_ADMIN_PASSWORD"  # noqa: S105 — the variable's name


class Command(BaseCommand):
    help = (
        "Migrate, create the superuser admin when there is no superuser (password from DGX_ADMIN_PASSWORD, else random "
        "and printed once), and with --demo load the demo into a database without devices."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the demo when there is no device yet")
        parser.add_argument("--report", type=Path, help="write what was made to this file (JSON) and print no password")

    def handle(self, *, demo: bool, report: Path | None, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        password = self._create_administrator()
        if demo and not Device.objects.exists():
            call_command("loaddemo", stdout=self.stdout)
        if report:
            _write_private(report, json.dumps({"password": password}))
        elif password:
            self.stdout.write(f"Created the superuser admin. Password, shown this once: {password}")

    def _create_administrator(self) -> str | None:
        """The new administrator's password, to be shown once, or None when there already is an administrator."""
        users = get_user_model()._default_manager
        if users.filter(is_superuser=True).exists():
            return None
        given = os.environ.get(PASSWORD_ENV)
        password = given or secrets.token_urlsafe(12)
        users.create_superuser("admin", password=password)
        return f"as {PASSWORD_ENV} says" if given else password


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
