"""Adds its logs and proof of play to the page of a device."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from devices.admin import device as device_page  # registers the page that is extended here
from devices.models import Device
from dgx.core.admin.base import Panel, extend
from dgx.core.admin.tabs import SubPage
from telemetry.admin.charts import charts_panel
from telemetry.admin.totals import totals_since
from telemetry.models import DeviceLog, PlayHour

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


def reports(device: Device, now: datetime, request: HttpRequest) -> Mapping[str, Any]:
    """The page below the device's: its latest logs, and its proof of play for those who may see it."""
    shown = dict(logs_panel(device, now, request.user))
    if request.user.has_perm("telemetry.view_playhour"):
        shown |= plays_panel(device, now, request.user)
    return shown


extend(
    Device,
    panels=[
        Panel("telemetry/panel_charts.html", charts_panel, "telemetry.view_deviceloghour", below=True),
    ],
    subpages=[SubPage("reports", "Reports", "telemetry/reports.html", reports, "telemetry.view_devicelog")],
)
__all__ = ["device_page", "logs_panel", "plays_panel", "reports"]
