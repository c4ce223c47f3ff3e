"""Filters of the media list."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RadioFilter

from media_library.models import Link, Video


class UseFilter(RadioFilter):
    """Media that are linked somewhere, or nowhere."""

    title = "use"
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("used", "Linked"), ("unused", "Not linked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Video]) -> QuerySet[Video]:
        if self.value() in {"used", "unused"}:
            links = Link.objects.visible_to(request.user).filter(video=OuterRef("pk"))
            return queryset.filter(Exists(links) if self.value() == "used" else ~Exists(links))
        return queryset
