"""Filters of the devices' list."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import CheckboxFilter, RadioFilter

from devices.models import Device
from devices.services.status import StatusCode


class StatusFilter(CheckboxFilter):
    """One or more of the statuses."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code.value, str(code.label)) for code in StatusCode]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        asked = self.value()
        if not asked:
            return queryset
        return queryset.in_status(asked, timezone.now())


class ContentFilter(RadioFilter):
    """Holds what it should, or does not."""

    title = "content"
    parameter_name = "content"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("current", "Up to date"), ("behind", "Behind")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() in {"current", "behind"}:
            return queryset.filter(holds_tag=self.value() == "current")
        return queryset


class MemberFilter(RadioFilter):
    """Shops with devices, or without."""

    title = "devices"
    parameter_name = "devices"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("some", "With devices"), ("none", "Without devices")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() in {"some", "none"}:
            members = Exists(Device.objects.filter(shop=OuterRef("pk")))
            return queryset.filter(members if self.value() == "some" else ~members)
        return queryset
