"""`manage.py doctor`: what is wrong, in words, and how to mend it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dgx.care.doctor import examine


class Command(BaseCommand):
    help = "Look at everything that DGX stands on; say what is wrong and how to mend it. Fails if anything is wrong."
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        wrong = 0
        for examined in examine(timezone.now()):
            wrong += len(examined.findings)
            self.stdout.write(f"{'wrong' if examined.findings else 'ok':<6} {examined.name}")
            for finding in examined.findings:
                self.stdout.write(f"       {finding.what}\n       → {finding.mend}")
        if wrong:
            raise CommandError(f"{wrong} things are wrong.")
        self.stdout.write("All is well.")
