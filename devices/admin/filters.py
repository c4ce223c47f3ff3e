"""Filters of the devices' list."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RadioFilter

from devices.models import Device


class PresenceFilter(RadioFilter):
    """Online, offline since some time, or never heard of."""

    title = "presence"
    parameter_name = "presence"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("online", "Online"), ("offline", "Offline"), ("never", "Never seen")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Device]) -> QuerySet[Device]:
        match self.value():
            case "online":
                return queryset.filter(presence__is_online=True)
            case "offline":
                return queryset.filter(presence__is_online=False, presence__last_seen_at__isnull=False)
            case "never":
                return queryset.filter(presence__last_seen_at=None)
        return queryset


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
