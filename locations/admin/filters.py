"""Filters of the shops' list."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from locations.models import Shop


class TimezoneFilter(DropdownFilter):
    """Shops on one clock; the clocks that the chain uses are offered."""

    title = "timezone"
    parameter_name = "timezone"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = Shop.objects.visible_to(request.user).order_by("timezone").values_list("timezone", flat=True).distinct()
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Shop]) -> QuerySet[Shop]:
        return queryset.filter(timezone=self.value()) if self.value() else queryset
