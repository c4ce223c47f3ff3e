"""Celery's door into the kernel."""

from celery import shared_task
from django.utils import timezone

from dgx.core import audit_trim, expiry


@shared_task
def clear_expired() -> dict[str, int]:
    """Delete sessions and refresh tokens that ran out; returns how many of each."""
    return expiry.clear_expired(now=timezone.now())


@shared_task
def trim_changes() -> int:
    """Delete what the audit has kept for long enough; returns how many acts."""
    return audit_trim.trim_changes(now=timezone.now())
