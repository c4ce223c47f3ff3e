"""Celery's door into the kernel."""

from celery import shared_task
from django.utils import timezone

from dgx.core import expiry


@shared_task
def clear_expired() -> dict[str, int]:
    """Delete sessions and refresh tokens that ran out; returns how many of each."""
    return expiry.clear_expired(now=timezone.now())
