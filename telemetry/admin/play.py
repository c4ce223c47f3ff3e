"""The page of proof of play: what was shown where, by the hour. Read only; the list exports itself as CSV."""

from typing import Any

from django.contrib import admin
from django.http import StreamingHttpResponse
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateTimeFilter

from dgx.core.admin.words import length_in_words
from telemetry.admin.export import ExportingAdmin
from telemetry.models import PlayHour
from telemetry.services.exports import plays_csv_response


@admin.register(PlayHour)
class PlayHourAdmin(ExportingAdmin):
    """Plays by device, file and hour, the newest first."""

    list_display = ["hour", "device", "shop", "file", "count", "shown"]
    list_display_links = ["hour"]
    list_select_related = ["device__shop"]
    list_filter = [
        ("hour", RangeDateTimeFilter),
        ("device", AutocompleteSelectFilter),
        ("device__shop", AutocompleteSelectFilter),
        ("video", AutocompleteSelectFilter),
    ]
    search_fields = ["device__mobile_id__exact", "sha256__exact"]
    search_help_text = "A whole mobile_id, or the whole sha256 of a file."
    sortable_by = ["hour"]
    fields = ["device", "video", "video_name", "sha256", "hour", "count", "seconds"]
    list_before_template = "telemetry/export_plays_link.html"
    goes_with_owner = True
    exported = "plays"

    def csv_response(self, rows: Any, filename: str) -> StreamingHttpResponse:
        return plays_csv_response(rows, filename=filename)

    @admin.display(description="shop")
    def shop(self, obj: PlayHour) -> Any:
        return obj.device.shop

    @admin.display(description="file")
    def file(self, obj: PlayHour) -> str:
        return obj.video_name or f"{obj.sha256[:12]}…"

    @admin.display(description="shown for")
    def shown(self, obj: PlayHour) -> str:
        return length_in_words(obj.seconds)
