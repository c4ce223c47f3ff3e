"""What the audit has kept for long enough goes, a bounded number of acts at once."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from dgx.core.audit_models import Change, ChangedRow
from dgx.core.clock import believed

ACTS_AT_ONCE = 500


def trim_changes(*, now: datetime) -> int:
    """Delete acts older than DGX_AUDIT_RETENTION_DAYS, the oldest first, with their rows; returns how many acts."""
    kept_since = believed(now) - timedelta(days=settings.DGX_AUDIT_RETENTION_DAYS)
    old = Change.objects.filter(at__lt=kept_since).order_by("at", "id")
    gone = 0
    while keys := list(old.values_list("pk", flat=True)[:ACTS_AT_ONCE]):
        with transaction.atomic():
            ChangedRow.objects.filter(change__in=keys).delete()
            gone += Change.objects.filter(pk__in=keys).delete()[0]
    return gone
