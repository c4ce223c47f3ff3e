"""Adds its logs and proof of play to the pages of a device."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from devices.admin import device as device_page  # registers the page that is extended here
from devices.models import Device
from dgx.core.admin.base import Panel, extend
from dgx.core.admin.tabs import SubPage
from telemetry.admin.charts import charts_panel
from telemetry.admin.totals import totals_panel
from telemetry.models import DeviceLog, PlayHour

SHOWN = 10
"""Logs on a device's page; all of them have a list of their own."""


def logs_panel(device: Device, now: datetime, user: Any) -> Mapping[str, Any]:
    """The device's latest logs."""
    return {"logs": list(DeviceLog.objects.filter(device=device).newest_first()[:SHOWN])}


def reports(device: Device, now: datetime, request: HttpRequest) -> Mapping[str, Any]:
    """The page below the device's: its latest logs."""
    return logs_panel(device, now, request.user)


def plays(device: Device, now: datetime, request: HttpRequest) -> Mapping[str, Any]:
    """What the device showed; to a limited person, in their shops."""
    shown = PlayHour.objects.visible_to(request.user).filter(device=device)
    return totals_panel(shown, now, of="device", key=device.pk)


extend(
    Device,
    panels=[
        Panel("telemetry/panel_charts.html", charts_panel, "telemetry.view_deviceloghour", below=True),
    ],
    subpages=[
        SubPage("reports", "Reports", "telemetry/reports.html", reports, "telemetry.view_devicelog"),
        SubPage("plays", "Proof of play", "telemetry/plays.html", plays, "telemetry.view_playhour"),
    ],
)
__all__ = ["device_page", "logs_panel", "plays", "reports"]
