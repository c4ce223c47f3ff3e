"""Proof of play over /api/v1: pages and the export as CSV."""

from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from dgx.core.api.filters import StrictFilters
from dgx.core.api.permissions import ActionPermissions
from dgx.core.api.views import ScopedView
from telemetry.api.filters import PlayFilter
from telemetry.api.pagination import COUNTED, PlayPages
from telemetry.api.serializers import PlayHourSerializer
from telemetry.models import PlayHour
from telemetry.services.exports import PLAY_COLUMNS, plays_csv_response

EXAMPLE = (
    "screen-1,Door,Lyon Part-Dieu,Windows,spring.mp4,"
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08,2026-01-31T09:00:00Z,118,3540,"
    "2026-01-31 10:00,Europe/Paris"
)


class PlayView(ScopedView):
    """The base: who may read plays, and how they are narrowed."""

    queryset = PlayHour.objects.all()
    serializer_class = PlayHourSerializer
    permission_classes = [ActionPermissions]
    filter_backends = [StrictFilters]
    filterset_class = PlayFilter
    pagination_class: Any = PlayPages


class PlayListView(PlayView):
    """Plays of the whole fleet."""

    @extend_schema(
        operation_id="plays_list",
        summary="Proof of play by device, file and hour, the newest first",
        description=(
            "Pages follow each other by `cursor`. "
            f"`count` (of rows) is exact up to {COUNTED} and null beyond. Hours are UTC and begin where `hour` says; "
            "a row's own `count` and `seconds` are the device's totals of that hour, the greatest that it told. "
            "`shop` is where the device stood when it first told of the hour, not where it stands now."
        ),
        responses=PlayHourSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        plays = self.filter_queryset(self.get_queryset().prefetch_related("device", "shop", "video"))
        return self.get_paginated_response(self.get_serializer(self.paginate_queryset(plays), many=True).data)


class PlayExportView(PlayView):
    """Plays as CSV."""

    pagination_class = None

    @extend_schema(
        operation_id="plays_export",
        summary="The plays that the filters leave, as CSV, streamed",
        responses={(200, "text/csv"): OpenApiTypes.STR},
        examples=[
            OpenApiExample(
                "export",
                ",".join(PLAY_COLUMNS) + f"\r\n{EXAMPLE}\r\n",
                media_type="text/csv",
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> HttpResponseBase:
        plays = self.filter_queryset(self.get_queryset()).newest_first()  # type: ignore[attr-defined]  # our queryset
        return plays_csv_response(plays, filename=f"plays-{timezone.now():%Y-%m-%d}.csv")
