"""Filters and ordering that do what they say: an unknown parameter is refused by name, and order is always total."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework.exceptions import ValidationError
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request
from rest_framework.views import APIView

from dgx.core.api.references import find
from dgx.core.scope import visible


class StrictFilters(filters.DjangoFilterBackend):
    """django-filter, where a misspelt filter is an error: it would silently have meant “everything”."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        filterset = self.get_filterset(request, queryset, view)
        known = set(filterset.filters) if filterset is not None else set()
        unknown = set(request.query_params) - known
        if unknown and (unknown := unknown - self._other_parameters(view)):
            raise ValidationError({name: ["There is no such filter."] for name in unknown})
        filtered: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return filtered

    def _other_parameters(self, view: Any) -> set[str]:
        """What the view's pages, search and ordering read."""
        parts = [backend() for backend in view.filter_backends if not issubclass(backend, StrictFilters)]
        parts += [view.paginator] if view.paginator else []
        return {parameter["name"] for part in parts for parameter in part.get_schema_operation_parameters(view)}


class StableOrdering(OrderingFilter):
    """DRF's `ordering`, with the primary key as the last word; a field that cannot be ordered by is refused."""

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> list[str]:
        asked = super().get_ordering(request, queryset, view)
        ordering = list(asked or queryset.query.order_by or queryset.model._meta.ordering)
        return ordering if {"pk", "-pk", "id", "-id"} & set(ordering) else [*ordering, "pk"]

    def remove_invalid_fields(self, queryset: QuerySet[Any], fields: Any, view: Any, request: Request) -> list[str]:
        valid = list(super().remove_invalid_fields(queryset, fields, view, request))
        wrong = [field for field in fields if field not in valid]
        if wrong:
            names = ", ".join(
                sorted(name for name, _label in self.get_valid_fields(queryset, view, {"request": request}))
            )
            raise ValidationError({self.ordering_param: [f"Give one or more of: {names}; a minus sign reverses."]})
        return valid


class RefFilter(filters.CharFilter):
    """Rows of another resource, named by its UUID or `<other_key>:<value>`; one that is unknown, or beyond the caller's
    limit, is a 404 that names it.

    `none` asks for rows that have none.
    """

    def __init__(self, queryset: QuerySet[Any], *, other_key: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.targets = queryset
        self.other_key = other_key

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value:
            return qs
        if value == "none":
            return qs.filter(**{f"{self.field_name}__isnull": True})
        targets = visible(self.targets.all(), self.parent.request.user)
        return qs.filter(**{self.field_name: find(targets, value, other_key=self.other_key)})
