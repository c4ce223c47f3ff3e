"""`manage.py rolluplogs`: what the roll-up task does every five minutes, now."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from telemetry.services.rollup import roll_up


class Command(BaseCommand):
    help = "Add the logs that arrived to their hours. Safe at any time; each log counts once."

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"Wrote {roll_up(now=timezone.now())} hours.")
