"""Celery's door to the home page's figures."""

from celery import shared_task
from django.utils import timezone

from dgx.dashboard import page


@shared_task
def keep_fresh() -> int:
    """Compute the figures of those who see the whole chain before they are a minute old; returns how many."""
    return page.keep_fresh(now=timezone.now())
