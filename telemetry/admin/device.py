"""Adds its logs and proof of play to the page of a device."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from devices.admin import device as device_page  # registers the page that is extended here
from devices.models import Device
from dgx.core.admin.base import Panel, extend
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


extend(
    Device,
    panels=[
        Panel("telemetry/panel_charts.html", charts_panel, "telemetry.view_deviceloghour", below=True),
        Panel("telemetry/panel_logs.html", logs_panel, "telemetry.view_devicelog", tab="Reports"),
        Panel("telemetry/panel_plays.html", plays_panel, "telemetry.view_playhour", tab="Reports"),
    ],
)
__all__ = ["device_page", "logs_panel", "plays_panel"]
