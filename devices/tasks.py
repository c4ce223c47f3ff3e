"""Celery's doors into the fleet."""

from celery import shared_task
from django.utils import timezone

from devices.services import enrolment, samples
from devices.services.presence import mark_offline as sweep


@shared_task
def mark_offline() -> int:
    """Turn silent devices offline; returns how many."""
    return len(sweep(now=timezone.now()).device_ids)


@shared_task
def sample_fleet() -> int:
    """Keep how the fleet is, for the charts; returns the rows written."""
    return samples.take_sample(now=timezone.now())


@shared_task
def clear_pairings() -> int:
    """Delete pairings that ran out a day ago; returns how many."""
    return enrolment.clear_pairings(now=timezone.now())
