"""The page of proof of play: what was shown where, by the hour. Read only; the list exports itself as CSV."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import path
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateTimeFilter

from dgx.core.admin.base import ReadOnlyAdmin
from dgx.core.admin.steps import list_address
from dgx.core.admin.words import length_in_words
from telemetry.models import PlayHour
from telemetry.services.exports import plays_csv_response


@admin.register(PlayHour)
class PlayHourAdmin(ReadOnlyAdmin):
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

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/", view, name="telemetry_playhour_export"), *super().get_urls()]

    @admin.display(description="shop")
    def shop(self, obj: PlayHour) -> Any:
        return obj.device.shop

    @admin.display(description="file")
    def file(self, obj: PlayHour) -> str:
        return obj.video_name or f"{obj.sha256[:12]}…"

    @admin.display(description="shown for")
    def shown(self, obj: PlayHour) -> str:
        return length_in_words(obj.seconds)

    def export_view(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """The list with its present filters as CSV, all of it, streamed."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            shown: ChangeList = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            self.message_user(request, "These filters cannot be read.", messages.ERROR)
            return HttpResponseRedirect(list_address(self))
        return plays_csv_response(shown.queryset, filename=f"plays-{timezone.now():%Y%m%d-%H%M}.csv")
