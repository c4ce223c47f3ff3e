"""Filters of the logs' list: a stretch of time is always chosen, so that only its days' partitions are read."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter, TextFilter

from telemetry.models import DeviceLog

PERIODS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}


class PeriodFilter(DropdownFilter):
    """The last day unless something else is chosen. A range of dates, or one device, goes before the default."""

    title = "period"
    parameter_name = "period"
    all_option = ["", "The last 24 hours"]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("hour", "The last hour"),
            ("week", "The last 7 days"),
            ("month", "The last 30 days"),
            ("all", "All kept"),
        ]

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(request, *args)
        given = {name for name, value in request.GET.items() if value}
        self.is_narrow = bool(given & {"device__id__exact", "logged_at_from_0", "logged_at_to_0"})

    def queryset(self, request: HttpRequest, queryset: QuerySet[DeviceLog]) -> QuerySet[DeviceLog]:
        period = self.value()
        if period == "all" or (not period and self.is_narrow):
            return queryset
        return queryset.filter(logged_at__gte=timezone.now() - PERIODS.get(period or "day", PERIODS["day"]))


class LogTypeFilter(TextFilter):
    """Logs of exactly this type."""

    title = "type"
    parameter_name = "type"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = (self.value() or "").strip()
        if "\x00" in wanted:
            return queryset.none()
        return queryset.filter(log_type=wanted) if wanted else queryset
