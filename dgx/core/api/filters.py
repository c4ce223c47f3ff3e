"""Ordering that never lets a row slip between two pages."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request


class StableOrdering(OrderingFilter):
    """DRF's `ordering`, with the primary key as the last word."""

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> list[str]:
        ordering = list(super().get_ordering(request, queryset, view) or ())
        return ordering if {"pk", "-pk", "id", "-id"} & set(ordering) else [*ordering, "pk"]
