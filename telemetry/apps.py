"""Layer 4: what is reported."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TelemetryConfig(AppConfig):
    name = "telemetry"
    verbose_name = "Telemetry"

    def ready(self) -> None:
        post_migrate.connect(_keep_partitions, sender=self)


def _keep_partitions(using: str, **kwargs: Any) -> None:
    """After every migrate the logs have their partitions, so that a new installation takes reports at once."""
    from django.db import connections  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from dgx.core.models import ClockState  # noqa: PLC0415
    from telemetry.services.partitions import TABLE, keep_partitions  # noqa: PLC0415 — needs loaded models

    if {TABLE, ClockState._meta.db_table} <= set(connections[using].introspection.table_names()):
        keep_partitions(now=timezone.now())
