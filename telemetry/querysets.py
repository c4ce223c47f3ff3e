"""Verbs over many logs."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Avg, Count, Max, Min, Q, Sum

from dgx.core.scope import OfDeviceQuerySet

if TYPE_CHECKING:
    from telemetry.models import DeviceLog, DeviceLogHour, PlayHour


class DeviceLogQuerySet(OfDeviceQuerySet["DeviceLog"]):
    """Reads of logs. They are written by `telemetry.services.reports` and the importer alone."""

    def between(self, start: datetime | None, end: datetime | None) -> "DeviceLogQuerySet":
        """Logs at or after `start` and before `end`; None leaves that side open. Only the days' partitions are read."""
        limits: dict[str, Any] = {}
        if start:
            limits["logged_at__gte"] = start
        if end:
            limits["logged_at__lt"] = end
        return self.filter(**limits)

    def newest_first(self) -> "DeviceLogQuerySet":
        """By the device's time, the later stored first where it is equal."""
        return self.order_by("-logged_at", "-id")

    def summary(self) -> models.QuerySet[Any, Any]:
        """By device id: door openings, and the mean, least and greatest temperature (None without readings)."""
        temperatures = Q(log_type="temperature")
        return (
            self.order_by()
            .values("device_id")
            .annotate(
                door_open_count=Count("id", filter=Q(log_type="door_open")),
                avg_temperature=Avg("value", filter=temperatures),
                min_temperature=Min("value", filter=temperatures),
                max_temperature=Max("value", filter=temperatures),
            )
        )


class DeviceLogHourQuerySet(OfDeviceQuerySet["DeviceLogHour"]):
    """Reads of the hourly roll-up."""


class PlayHourQuerySet(OfDeviceQuerySet["PlayHour"]):
    """Reads of proof of play. It is written by `telemetry.services.plays` alone."""

    def newest_first(self) -> "PlayHourQuerySet":
        """By hour, the later stored first where it is equal."""
        return self.order_by("-hour", "-id")

    def totals(self, *by: str) -> Any:
        """By the named fields: `plays`, how often, and `shown_s`, for how long; the most played first."""
        return (
            self.order_by()
            .values(*by)
            .annotate(plays=Sum("count"), shown_s=Sum("seconds"))
            .order_by("-plays", "-shown_s", *by)
        )
