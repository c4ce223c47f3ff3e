"""The pages of device logs and of their hours. Read only; the list exports itself as CSV."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, StreamingHttpResponse
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateTimeFilter

from dgx.core.admin.base import ReadOnlyAdmin
from dgx.core.admin.words import NOTHING
from telemetry.admin.export import ExportingAdmin
from telemetry.admin.filters import LogTypeFilter, PeriodFilter
from telemetry.models import DeviceLog, DeviceLogHour
from telemetry.services.exports import logs_csv_response


@admin.register(DeviceLog)
class DeviceLogAdmin(ExportingAdmin):
    """What devices reported, the newest first."""

    list_display = ["logged_at", "device", "log_type", "number", "text", "received_at"]
    list_display_links = ["logged_at"]
    list_select_related = ["device"]
    list_filter = [
        PeriodFilter,
        ("logged_at", RangeDateTimeFilter),
        LogTypeFilter,
        ("device", AutocompleteSelectFilter),
    ]
    search_fields = ["device__mobile_id__exact"]
    search_help_text = "A whole mobile_id."
    sortable_by: list[str] = []
    fields = ["device", "log_type", "value", "message", "tags", "logged_at", "received_at"]
    list_before_template = "telemetry/export_link.html"
    goes_with_owner = True
    exported = "logs"

    def csv_response(self, rows: Any, filename: str) -> StreamingHttpResponse:
        return logs_csv_response(rows, filename=filename)

    def get_ordering(self, request: HttpRequest) -> list[str]:
        """By arrival, as the keys are: sorting a day of a large fleet by its devices' clocks takes seconds. One
        device's logs are in the order of its clock, which has an index."""
        is_of_one = any(request.GET.get(name) for name in ("device__id__exact", "q"))
        return ["-logged_at", "-id"] if is_of_one else ["-id"]

    @admin.display(description="value")
    def number(self, obj: DeviceLog) -> str:
        return NOTHING if obj.value is None else f"{obj.value:g}"

    @admin.display(description="message")
    def text(self, obj: DeviceLog) -> str:
        message = obj.message or ""
        return f"{message[:120]}…" if len(message) > 120 else message or NOTHING


@admin.register(DeviceLogHour)
class DeviceLogHourAdmin(ReadOnlyAdmin):
    """Logs by device, type and hour."""

    list_display = ["hour", "device", "log_type", "count", "lowest", "mean", "highest"]
    list_display_links = ["hour"]
    list_select_related = ["device"]
    list_filter = [("hour", RangeDateTimeFilter), LogTypeFilter, ("device", AutocompleteSelectFilter)]
    search_fields = ["device__mobile_id__exact"]
    search_help_text = "A whole mobile_id."
    sortable_by = ["hour"]
    fields = ["device", "log_type", "hour", "count", "value_count", "value_min", "value_max", "value_sum"]
    goes_with_owner = True

    @admin.display(description="lowest")
    def lowest(self, obj: DeviceLogHour) -> str:
        return NOTHING if obj.value_min is None else f"{obj.value_min:g}"

    @admin.display(description="mean")
    def mean(self, obj: DeviceLogHour) -> str:
        return f"{obj.value_sum / obj.value_count:.4g}" if obj.value_count and obj.value_sum is not None else NOTHING

    @admin.display(description="highest")
    def highest(self, obj: DeviceLogHour) -> str:
        return NOTHING if obj.value_max is None else f"{obj.value_max:g}"
