"""Limit/offset pages: `count`, `next`, `previous`, `results`, with a bounded limit."""

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request


class BoundedLimitOffset(LimitOffsetPagination):
    """DRF's pages, where a limit or offset out of range is refused by name, not silently changed."""

    default_limit = 50
    max_limit: int = 500
    max_offset = 100_000_000

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        self.check_range(request, "limit", 1, self.max_limit)
        self.check_range(request, "offset", 0, self.max_offset)
        return super().paginate_queryset(queryset, request, view)

    @staticmethod
    def check_range(request: Request, name: str, low: int, high: int) -> None:
        raw = request.query_params.get(name)
        if raw is None:
            return
        if not raw.isascii() or not raw.isdigit() or len(raw) > 10 or not low <= int(raw) <= high:
            raise ValidationError({name: [f"Must be a whole number from {low} to {high}."]})
