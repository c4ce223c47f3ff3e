"""The Celery application: finds each app's `tasks.py` and takes its settings from Django's, prefixed CELERY_.

A task carries the id of the request that asked for it, so that the worker's log lines can be found by it.
"""

import os
from typing import Any

from celery import Celery, Task, signals

from dgx.core.audit import Door, change
from dgx.core.logs import request_id

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dgx.settings")


class AuditedTask(Task):
    """What a task changes, the system changes; each run is one act."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with change(door=Door.SYSTEM, what=self.name):
            return super().__call__(*args, **kwargs)


app = Celery("dgx", task_cls=AuditedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.before_task_publish.connect
def send_request_id(headers: dict[str, Any], **kwargs: Any) -> None:
    """Give the message the id of the present request, if there is one."""
    if (current := request_id.get()) != "-":
        headers["request_id"] = current


@signals.task_prerun.connect
def take_request_id(task_id: str, task: Task, **kwargs: Any) -> None:
    """Log under the id that came along, else under the task's own; until the process takes its next task."""
    request_id.set(getattr(task.request, "request_id", None) or task_id)
