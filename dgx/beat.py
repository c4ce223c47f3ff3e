"""Celery beat's scheduler: django-celery-beat's, but what an operator changed in the admin stays changed.

django-celery-beat writes CELERY_BEAT_SCHEDULE over the database at every start. Here a task of ours is written once,
when it is missing; after that its row counts.
"""

from collections.abc import Mapping
from typing import Any

from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from dgx.core import audit


class Scheduler(DatabaseScheduler):
    """Adds the tasks that the database does not know yet, and leaves those that it knows."""

    def setup_schedule(self) -> None:
        """At the start, as one act of the system's in the audit."""
        with audit.change(door=audit.Door.SYSTEM, what="Set up the periodic tasks that were missing"):
            super().setup_schedule()

    def update_from_dict(self, mapping: Mapping[str, Any]) -> None:
        known = set(PeriodicTask.objects.filter(name__in=mapping).values_list("name", flat=True))
        super().update_from_dict({name: entry for name, entry in mapping.items() if name not in known})
