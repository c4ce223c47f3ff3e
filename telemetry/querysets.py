"""Verbs over many logs."""

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Avg, Count, DateField, DateTimeField, F, Func, Max, Min, Q, Value
from django.db.models.functions import Cast, Coalesce

from dgx.core.scope import OfDeviceQuerySet, ScopedQuerySet

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


EASTERNMOST, WESTERNMOST = timedelta(hours=14), timedelta(hours=12)
"""How far clocks are ahead of UTC and behind it: a day somewhere lies within so much of the same day in UTC."""


def _utc(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


class PlayHourQuerySet(ScopedQuerySet["PlayHour"]):
    """Reads of proof of play, seen where it was shown. It is written by `telemetry.services.plays` alone."""

    def _seen_within(self, shops: frozenset[int]) -> Self:
        return self.filter(shop__in=shops)

    def on_shop_clock(self) -> "PlayHourQuerySet":
        """Annotates `zone`, the timezone of the shop in which it was shown (UTC without one), and the hour's beginning
        and day on that clock, `shop_hour` and `shop_day`."""
        zoned = self.annotate(zone=Coalesce(F("shop__timezone"), Value("UTC")))
        local = Func(F("zone"), F("hour"), function="timezone", output_field=DateTimeField())
        return zoned.annotate(shop_hour=local, shop_day=Cast(local, DateField()))

    def of_days(self, first: date | None, last: date | None) -> "PlayHourQuerySet":
        """Whole days, each on the clock of the shop in which it was shown; None leaves that side open."""
        found: Any = self.on_shop_clock()
        if first:
            found = found.filter(hour__gte=_utc(first) - EASTERNMOST, shop_day__gte=first)
        if last:
            found = found.filter(hour__lt=_utc(last) + timedelta(days=1) + WESTERNMOST, shop_day__lte=last)
        days: PlayHourQuerySet = found
        return days

    def newest_first(self) -> "PlayHourQuerySet":
        """By hour, the later stored first where it is equal."""
        return self.order_by("-hour", "-id")
