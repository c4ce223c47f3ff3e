"""Celery's door into what people are logged in by."""

from celery import shared_task
from django.utils import timezone

from dgx.people import expiry


@shared_task
def clear_expired() -> dict[str, int]:
    """Delete sessions, refresh tokens and token logins that ran out; returns how many of each."""
    return expiry.clear_expired(now=timezone.now())
