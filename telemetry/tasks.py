"""Celery's doors into telemetry."""

from celery import shared_task
from django.utils import timezone

from telemetry.services import partitions, plays, rollup


@shared_task
def roll_up() -> int:
    """Add what arrived to the hours; returns the hour rows written."""
    return rollup.roll_up(now=timezone.now())


@shared_task
def keep_partitions() -> dict[str, int]:
    """Make partitions ahead, drop old ones and delete old plays; returns how many of each."""
    now = timezone.now()
    kept = partitions.keep_partitions(now=now)
    return {
        "made": len(kept.made),
        "dropped": len(kept.dropped),
        "in_default": kept.in_default,
        "plays_deleted": plays.delete_old_plays(now=now),
    }
