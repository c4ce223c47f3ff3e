"""Celery's door into the kernel."""

from celery import shared_task
from django.utils import timezone

from dgx.core import audit_trim


@shared_task
def trim_changes() -> int:
    """Delete what the audit has kept for long enough; returns how many acts."""
    return audit_trim.trim_changes(now=timezone.now())
