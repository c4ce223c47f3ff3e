"""Celery beat's scheduler: django-celery-beat's, but what an operator changed in the admin stays changed.

django-celery-beat writes CELERY_BEAT_SCHEDULE over the database at every start. Here a task of ours is written once,
when it is missing; after that its row counts. django-celery-beat logs a task that the database did not take and goes on
without it; here beat ends then, to be started again.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from dgx.core import audit
from dgx.core.errors import Unavailable


class Scheduler(DatabaseScheduler):
    """Adds the tasks that the database does not know yet, and leaves those that it knows."""

    def setup_schedule(self) -> None:
        """At the start, as one act of the system's in the audit."""
        with audit.change(door=audit.Door.SYSTEM, what="Set up the periodic tasks that were missing"):
            super().setup_schedule()

    def update_from_dict(self, mapping: Mapping[str, Any]) -> None:
        """Raises Unavailable when tasks are missing afterwards."""
        super().update_from_dict({name: mapping[name] for name in _unknown(mapping)})
        if missing := _unknown(mapping):
            raise Unavailable(f"The database did not take the periodic tasks “{'”, “'.join(missing)}”.")


def _unknown(names: Collection[str]) -> list[str]:
    """Those of the tasks that the database does not know."""
    known = set(PeriodicTask.objects.filter(name__in=names).values_list("name", flat=True))
    return [name for name in names if name not in known]
