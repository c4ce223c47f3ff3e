"""Device logs over /api/v1: pages, a device's own, and the export as CSV."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.views import DEVICE_REF
from devices.models import Device
from dgx.core.api.filters import StrictFilters
from dgx.core.api.permissions import ActionPermissions
from dgx.core.api.references import find
from dgx.core.api.views import ScopedView
from telemetry.api.filters import LogFilter, LogPageFilter
from telemetry.api.pagination import COUNTED, LogPages
from telemetry.api.serializers import DeviceLogSerializer
from telemetry.models import DeviceLog
from telemetry.services.exports import logs_csv_response


class LogView(ScopedView):
    """The base of the logs' views: devices come by a second statement, never by a join for each row."""

    queryset = DeviceLog.objects.all()
    serializer_class = DeviceLogSerializer
    permission_classes = [ActionPermissions]
    filter_backends = [StrictFilters]
    filterset_class: type[LogFilter] = LogPageFilter
    pagination_class: Any = LogPages

    def page_of(self, logs: QuerySet[DeviceLog]) -> Response:
        page = self.paginate_queryset(self.filter_queryset(logs.prefetch_related("device")))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class LogListView(LogView):
    """Logs of the whole fleet."""

    @extend_schema(
        operation_id="logs_list",
        summary="Logs, the newest first",
        description=(
            "Pages follow each other by `cursor`, so that a page deep in millions of logs costs what the first does; "
            f"`count` is exact up to {COUNTED} and null beyond. Without a `device`, the stretch of time is the last 24 "
            "hours unless named, and at most 31 days; for more, take the export."
        ),
        responses=DeviceLogSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        return self.page_of(self.get_queryset())


class DeviceLogView(LogView):
    """Logs of one device."""

    filterset_class = LogFilter
    action_permissions = {"get": ["devices.view_device", "telemetry.view_devicelog"]}

    @extend_schema(
        operation_id="devices_logs_list",
        summary="Logs of this device, the newest first",
        parameters=[DEVICE_REF],
        responses=DeviceLogSerializer(many=True),
    )
    def get(self, request: Request, ref: str) -> Response:
        device = find(Device.objects.visible_to(request.user), ref, other_key="mobile_id")
        return self.page_of(self.get_queryset().filter(device=device))


class LogExportView(LogView):
    """Logs as CSV."""

    filterset_class = LogFilter
    pagination_class = None

    @extend_schema(
        operation_id="logs_export",
        summary="The logs that the filters leave, as CSV, streamed",
        responses={(200, "text/csv"): OpenApiTypes.STR},
        examples=[
            OpenApiExample(
                "export",
                "mobile_id,name,shop,group,log_type,value,message,tags,logged_at,received_at\r\n"
                "screen-1,Door,Lyon Part-Dieu,Windows,temperature,41.5,,{},2026-01-31T09:59:58.000000Z,"
                "2026-01-31T10:00:01.000000Z\r\n",
                media_type="text/csv",
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> HttpResponseBase:
        logs = self.filter_queryset(self.get_queryset()).newest_first()  # type: ignore[attr-defined]  # our queryset
        return logs_csv_response(logs, filename=f"device-logs-{timezone.now():%Y-%m-%d}.csv")
