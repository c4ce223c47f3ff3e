"""Filters of the logs' list: a stretch of time is always chosen, so that only its days' partitions are read."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter, TextFilter

EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 31)
"""A day that a person asks for lies between these."""
PERIODS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}


class PeriodFilter(DropdownFilter):
    """The last day unless something else is chosen. A range of dates, or one device, goes before the default."""

    title = "period"
    parameter_name = "period"
    all_option = ["", "The last 24 hours"]
    at, default = "logged_at", "day"
    narrowing = frozenset({"device__id__exact", "logged_at_from_0", "logged_at_to_0"})

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
        self.is_narrow = bool(given & self.narrowing)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        period = self.value()
        if period == "all" or (not period and self.is_narrow):
            return queryset
        length = PERIODS.get(period or self.default, PERIODS[self.default])
        return queryset.filter(**{f"{self.at}__gte": timezone.now() - length})


class PlayPeriodFilter(PeriodFilter):
    """The last week unless something else is chosen; days that are named go before it."""

    all_option = ["", "The last 7 days"]
    at, default = "hour", "week"
    narrowing = frozenset({"hour_from", "hour_to"})

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("day", "The last 24 hours"), ("month", "The last 30 days"), ("all", "All kept")]


class ShopDaysFilter(RangeDateFilter):
    """Whole days of plays, from the first to the last, each on the clock of the shop in which it was shown."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "days on the shop's clock"

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        first, last = (self._day(side) for side in ("from", "to"))
        return queryset.of_days(first, last) if first or last else queryset

    def _day(self, side: str) -> date | None:
        """The day of that side. One that cannot be read is said to be, as any filter that means nothing."""
        value = self.used_parameters.get(f"hour_{side}")
        try:
            day: date | None = forms.DateField(required=False).clean(value)
        except ValidationError as error:
            raise IncorrectLookupParameters from error
        if day and not EARLIEST <= day <= LATEST:
            raise IncorrectLookupParameters
        return day


class LogTypeFilter(TextFilter):
    """Logs of exactly this type."""

    title = "type"
    parameter_name = "type"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = (self.value() or "").strip()
        if "\x00" in wanted:
            return queryset.none()
        return queryset.filter(log_type=wanted) if wanted else queryset
