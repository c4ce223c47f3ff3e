"""Routes of layer 4."""

from dgx.core.api.routers import REF, either_slash
from telemetry.api.plays import PlayExportView, PlayListView
from telemetry.api.views import DeviceLogView, LogExportView, LogListView

urlpatterns = [
    either_slash("logs", LogListView.as_view(), "logs"),
    either_slash("logs/export", LogExportView.as_view(), "logs-export"),
    either_slash("plays", PlayListView.as_view(), "plays"),
    either_slash("plays/export", PlayExportView.as_view(), "plays-export"),
    either_slash(f"devices/{REF}/logs", DeviceLogView.as_view(), "device-logs"),
]
