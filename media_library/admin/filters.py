"""Filters of the media list."""

from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RadioFilter

from media_library.models import Link, Video
from media_library.services.coverage import on_no_device, without_content

WEEK = timedelta(days=7)


class UseFilter(RadioFilter):
    """Media that are linked somewhere, or nowhere."""

    title = "use"
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("used", "Linked"), ("unused", "Not linked"), ("nowhere", "On no device")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Video]) -> QuerySet[Video]:
        if self.value() == "nowhere":
            nowhere: QuerySet[Video] = on_no_device(queryset)
            return nowhere
        if self.value() in {"used", "unused"}:
            links = Link.objects.visible_to(request.user).filter(video=OuterRef("pk"))
            return queryset.filter(Exists(links) if self.value() == "used" else ~Exists(links))
        return queryset


class ScreenFilter(RadioFilter):
    """Screens with nothing to play."""

    title = "nothing to play"
    parameter_name = "idle"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("now", "Now"), ("week", "Nor in the next 7 days")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() in {"now", "week"}:
            within = WEEK if self.value() == "week" else None
            return without_content(queryset, start=timezone.now(), within=within)
        return queryset


class EndFilter(RadioFilter):
    """Links that end soon."""

    title = "end"
    parameter_name = "ends"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("week", "In the next 7 days"), ("over", "Over")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        if self.value() == "week":
            return queryset.filter(valid_until__gt=now, valid_until__lte=now + WEEK)
        return queryset.filter(valid_until__lte=now) if self.value() == "over" else queryset
