"""`manage.py markoffline`: the sweep by hand, or by cron where no beat runs."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from devices.services.presence import mark_offline

NAMED_AT_MOST = 20


class Command(BaseCommand):
    """Prints one sentence. Safe to run at any time, also while another sweep runs."""

    help = "Turn devices offline that have been silent for longer than they may."

    def handle(self, **options: Any) -> None:
        names = mark_offline(now=timezone.now()).mobile_ids()
        if not names:
            self.stdout.write("No device fell silent.")
            return
        named = ", ".join(names[:NAMED_AT_MOST]) + (", …" if len(names) > NAMED_AT_MOST else "")
        self.stdout.write(f"{len(names)} {'device' if len(names) == 1 else 'devices'} turned offline: {named}")
