"""The page of proof of play: what was shown where, in all and by the hour. Read only; it exports itself as CSV."""

import re
from datetime import UTC
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from devices.models import Device
from dgx.core.admin.exporting import export_filtered
from dgx.core.admin.words import NOTHING, length_in_words
from telemetry.admin.export import ExportingAdmin
from telemetry.admin.filters import PlayPeriodFilter, ShopDaysFilter
from telemetry.admin.totals import shown, stretch_in_words
from telemetry.models import PlayHour
from telemetry.services.exports import play_days_csv_response, plays_csv_response
from telemetry.services.totals import add_up

HASH = re.compile(r"[0-9a-f]{64}")


@admin.register(PlayHour)
class PlayHourAdmin(ExportingAdmin):
    """Plays in all, and by device, file and hour, the newest first."""

    list_display = ["hour_utc", "on_shop_clock", "device", "in_shop", "file", "count", "shown_for"]
    list_display_links = ["hour_utc"]
    list_select_related = ["device", "shop"]
    list_filter = [
        PlayPeriodFilter,
        ("hour", ShopDaysFilter),
        ("video", AutocompleteSelectFilter),
        ("shop", AutocompleteSelectFilter),
        ("device", AutocompleteSelectFilter),
        ("device__group", AutocompleteSelectFilter),
    ]
    search_fields = ["device__mobile_id__exact", "sha256__exact"]
    search_help_text = "A whole mobile_id, or the whole sha256 of a file."
    sortable_by: list[str] = []
    fields = [
        *("device", "shop", "shop_name", "video", "video_name", "sha256"),
        *("hour_utc", "on_shop_clock", "count", "seconds"),
    ]
    list_before_template = "telemetry/plays_above.html"
    goes_with_owner = True
    exported = "plays"

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list, which adds itself up once its page asks for it: an export does not."""
        changelist = super().get_changelist_instance(request)
        changelist.plays_above = lambda: {
            "stretch": stretch_in_words(request.GET),
            **shown(add_up(changelist.queryset), request.GET.copy()),
        }
        return changelist

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By a hash or a device, each through its index: either of them in one condition would read the whole table."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if HASH.fullmatch(term):
            return queryset.filter(sha256=term), False
        return queryset.filter(device__in=list(Device.objects.named(term))), False

    def csv_response(self, rows: Any, filename: str) -> StreamingHttpResponse:
        return plays_csv_response(rows, filename=filename)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.export_days_view)
        return [path("export/days/", view, name="telemetry_playhour_export_days"), *super().get_urls()]

    def export_days_view(self, request: HttpRequest) -> HttpResponseBase:
        """The list with its present filters as CSV, added up by the day on each shop's clock, streamed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        filename = f"plays-by-day-{timezone.now():%Y%m%d-%H%M}.csv"
        return export_filtered(self, request, lambda rows: play_days_csv_response(rows, filename=filename))

    @admin.display(description="hour (UTC)")
    def hour_utc(self, obj: PlayHour) -> str:
        return f"{obj.hour.astimezone(UTC):%-d %b %Y, %H:%M}"

    @admin.display(description="on the shop's clock")
    def on_shop_clock(self, obj: PlayHour) -> str:
        return f"{obj.hour.astimezone(obj.shop.zone):%a %-d %b, %H:%M %Z}" if obj.shop else NOTHING

    @admin.display(description="shop then")
    def in_shop(self, obj: PlayHour) -> str:
        return obj.shop_name or NOTHING

    @admin.display(description="file")
    def file(self, obj: PlayHour) -> str:
        return obj.video_name or f"Unknown file {obj.sha256[:12]}…"

    @admin.display(description="shown for")
    def shown_for(self, obj: PlayHour) -> str:
        return length_in_words(obj.seconds)
