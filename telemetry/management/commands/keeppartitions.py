"""`manage.py keeppartitions`: what the hourly task does to old logs and plays, now and in words."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from telemetry.services.partitions import DAYS_AHEAD, Kept, keep_partitions
from telemetry.services.plays import delete_old_plays


class Command(BaseCommand):
    help = "Make the log partitions that are missing, drop logs and plays past retention, and say what was done."

    def handle(self, **options: Any) -> None:
        now = timezone.now()
        for sentence in _sentences(keep_partitions(now=now)):
            self.stdout.write(sentence)
        if deleted := delete_old_plays(now=now):
            self.stdout.write(f"Deleted {deleted} hours of plays.")


def _sentences(kept: Kept) -> list[str]:
    said = [f"Made {name}." for name in kept.made] + [f"Dropped {name}." for name in kept.dropped]
    if kept.waiting:
        said.append("Some have to wait: an export or a long query holds a lock. Run this again when it has ended.")
    elif not said:
        said.append(f"All partitions up to {DAYS_AHEAD} days ahead are there; none is past retention.")
    if kept.in_default:
        said.append(f"The default partition holds {kept.in_default} rows; it should be empty.")
    return said
