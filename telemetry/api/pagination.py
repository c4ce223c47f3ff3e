"""Pages of logs and plays: the newest first, the next ones by where the last stopped; no table is ever counted."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from dgx.core.api.pagination import BoundedLimitOffset

COUNTED = 10_000
"""Up to so many logs `count` is exact; beyond it is null."""


EXAMPLE = "https://dgx.example.com/api/v1/{}/?cursor="


class Cursor(NamedTuple):
    """Where a page begins: after the row of this time and id, or with `back` before it."""

    at: datetime
    id: int
    back: bool

    def encode(self) -> str:
        text = f"{'b' if self.back else 'f'}|{self.at.isoformat()}|{self.id}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
            direction, at, key = raw.split("|")
            cursor = cls(datetime.fromisoformat(at), int(key), direction == "b")
        except (ValueError, binascii.Error) as error:
            raise ValidationError({"cursor": ["Take it from next or previous, as it is."]}) from error
        if cursor.at.tzinfo is None or not 0 <= cursor.id < 2**63:
            raise ValidationError({"cursor": ["Take it from next or previous, as it is."]})
        return cursor


class LogPages(BasePagination):
    """`count`, `next`, `previous`, `results`, newest first, by `limit` and `cursor`."""

    by = "logged_at"
    noun = "logs"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        BoundedLimitOffset.check_range(request, "limit", 1, BoundedLimitOffset.max_limit)
        limit = int(request.query_params.get("limit", BoundedLimitOffset.default_limit))
        text = request.query_params.get("cursor")
        cursor = Cursor.decode(text) if text else None
        rows = list(_from(queryset, cursor, self.by)[: limit + 1])
        has_more, rows = len(rows) > limit, rows[:limit]
        going_back = cursor is not None and cursor.back
        if going_back:
            rows.reverse()
        self._links = self._around(
            request, rows, newer=cursor is not None if not going_back else has_more, older=has_more or going_back
        )
        counted = queryset.order_by().values_list("id", flat=True)[: COUNTED + 1].count()
        self._count = counted if counted <= COUNTED else None
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"count": self._count, **self._links, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {
                    "type": ["integer", "null"],
                    "example": 1234,
                    "description": f"How many match; null where they are more than {COUNTED}.",
                },
                "next": {**address, "description": "Older ones.", "example": f"{EXAMPLE.format(self.noun)}Zg"},
                "previous": {**address, "description": "Newer ones.", "example": f"{EXAMPLE.format(self.noun)}Yg"},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "limit",
                "in": "query",
                "schema": {"type": "integer", "minimum": 1, "maximum": BoundedLimitOffset.max_limit, "default": 50},
                "description": "How many at most.",
            },
            {
                "name": "cursor",
                "in": "query",
                "schema": {"type": "string"},
                "description": "Where to go on; it is part of the addresses in `next` and `previous`.",
            },
        ]

    def _around(self, request: Request, rows: list[Any], *, newer: bool, older: bool) -> dict[str, str | None]:
        """The addresses of the pages on either side of these rows."""
        if not rows:
            return {"next": None, "previous": None}
        first, last = rows[0], rows[-1]
        after = Cursor(getattr(last, self.by), last.id, back=False)
        before = Cursor(getattr(first, self.by), first.id, back=True)
        return {
            "next": _address(request, after) if older else None,
            "previous": _address(request, before) if newer else None,
        }


class PlayPages(LogPages):
    """The same of plays."""

    by = "hour"
    noun = "plays"


def _from(queryset: QuerySet[Any], cursor: Cursor | None, by: str) -> QuerySet[Any]:
    """The rows beyond the cursor, in its direction. The plain bound on the time lets PostgreSQL skip partitions."""
    if cursor is None:
        return queryset.order_by(f"-{by}", "-id")
    at, key = cursor.at, cursor.id
    if cursor.back:
        newer = Q(**{f"{by}__gt": at}) | Q(**{by: at}, id__gt=key)
        return queryset.filter(newer, **{f"{by}__gte": at}).order_by(by, "id")
    older = Q(**{f"{by}__lt": at}) | Q(**{by: at}, id__lt=key)
    return queryset.filter(older, **{f"{by}__lte": at}).order_by(f"-{by}", "-id")


def _address(request: Request, cursor: Cursor) -> str:
    query: Mapping[str, Any] = {**dict(request.query_params.lists()), "cursor": [cursor.encode()]}
    return request.build_absolute_uri(f"{request.path}?{urlencode(query, doseq=True)}")
