"""Adds its logs and proof of play to the page of a device, and the logs' export to the devices' actions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from devices.admin import device as device_page  # registers the page that is extended here
from devices.models import Device
from dgx.core.admin.base import Panel, extend
from telemetry.admin.charts import charts_panel
from telemetry.admin.totals import totals_since
from telemetry.models import DeviceLog, PlayHour
from telemetry.services.exports import logs_csv_response

SHOWN = 10
"""Logs on a device's page; all of them have a list of their own."""


def logs_panel(device: Device, now: datetime, user: Any) -> Mapping[str, Any]:
    """The device's latest logs."""
    return {"logs": list(DeviceLog.objects.filter(device=device).newest_first()[:SHOWN])}


def plays_panel(device: Device, now: datetime, user: Any) -> Mapping[str, Any]:
    """What the device showed, by file."""
    plays = PlayHour.objects.filter(device=device)
    query = f"device__id__exact={device.pk}"
    return totals_since(plays, now, name="video_name", without="Unknown file", query=query)


@admin.action(description="Export logs as CSV", permissions=["view"])
def export_logs(page: Any, request: HttpRequest, queryset: QuerySet[Device]) -> StreamingHttpResponse:
    """All logs of the selected devices, the newest first, streamed."""
    if not request.user.has_perm("telemetry.view_devicelog"):
        raise PermissionDenied
    logs = DeviceLog.objects.filter(device__in=queryset.order_by().values("pk")).newest_first()
    return logs_csv_response(logs, filename=f"logs-{timezone.now():%Y%m%d-%H%M}.csv")


extend(
    Device,
    panels=[
        Panel("telemetry/panel_charts.html", charts_panel, "telemetry.view_deviceloghour", below=True),
        Panel("telemetry/panel_logs.html", logs_panel, "telemetry.view_devicelog", tab="Reports"),
        Panel("telemetry/panel_plays.html", plays_panel, "telemetry.view_playhour", tab="Reports"),
    ],
    actions=[export_logs],
)
__all__ = ["device_page", "export_logs", "logs_panel", "plays_panel"]
