"""The pages of media: a list with thumbnails, upload, preview, where a file is used and whether it is here twice."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from dgx.core.admin.base import RECORD_FIELDS, PageAdmin, Panel, record
from dgx.core.admin.words import bytes_in_words
from media_library.admin.filters import UseFilter
from media_library.admin.forms import VideoForm
from media_library.admin.pictures import file_address, shape, state_badge, thumbnail
from media_library.admin.words import targets_in_words, window_in_words
from media_library.models import Link, Video
from media_library.services import bin as bin_service
from media_library.services import uploads

SHOWN = 25
"""Links and twins that a video's page names."""


def with_uses(queryset: QuerySet[Any], user: Any) -> Any:
    """Annotates `uses`, the number of links, by one subquery."""
    links = Link.objects.visible_to(user).filter(video=OuterRef("pk")).order_by().values("video")
    return queryset.annotate(uses=Coalesce(Subquery(links.annotate(n=Count("pk")).values("n")), 0))


def _preview(video: Video, now: datetime, user: Any) -> Mapping[str, Any]:
    return {
        "address": file_address(video, now),
        "picture": thumbnail(video, now),
        "state": state_badge(video),
        "size": bytes_in_words(video.size),
        "shape": shape(video),
        "twins": list(uploads.find_same_bytes(video.sha256).exclude(pk=video.pk)[:SHOWN]),
    }


def _uses(video: Any, now: datetime, user: Any) -> Mapping[str, Any]:
    links = Link.objects.visible_to(user).filter(video=video).with_targets()[:SHOWN]
    shown = [(link, targets_in_words(link), window_in_words(link.window)) for link in links]
    return {"links": shown, "all": links_address(video), "count": video.uses}


def links_address(video: Video) -> str:
    """The list of the video's links."""
    return f"{reverse('admin:media_library_link_changelist')}?video__id__exact={video.pk}"


@admin.register(Video)
class VideoAdmin(PageAdmin):
    """Videos, images, pages and PDF."""

    form = VideoForm
    list_display = ["picture", "name", "kind", "standing", "measures", "weight", "used", "updated_at"]
    list_display_links = ["picture", "name"]
    list_filter = [("state", ChoicesDropdownFilter), ("kind", ChoicesDropdownFilter), UseFilter]
    search_fields = ["name", "original_name", "=sha256"]
    readonly_fields = ["kind", "original_name", "mime", "sha256", "stored_url", "source_url", *RECORD_FIELDS]
    fieldsets = [
        (None, {"fields": ["name", "upload"]}),
        ("How it is shown", {"fields": [("rotation", "fit_mode"), "display_duration"]}),
        (
            "The file",
            {
                "classes": ["collapse"],
                "fields": [("kind", "mime", "original_name"), "sha256", "stored_url", "source_url"],
            },
        ),
        record(),
    ]
    add_fieldsets = fieldsets[:2]
    annotators = [with_uses]
    panels = [
        Panel("media_library/panel_preview.html", _preview, "media_library.view_video"),
        Panel("media_library/panel_uses.html", _uses, "media_library.view_link", below=True),
    ]

    @admin.display(description="")
    def picture(self, obj: Video) -> SafeString:
        return thumbnail(obj, timezone.now())

    @admin.display(description="state", ordering="state")
    def standing(self, obj: Video) -> SafeString:
        if not obj.state_reason:
            return state_badge(obj)
        return format_html('{}<div class="dgx-quiet dgx-reason">{}</div>', state_badge(obj), obj.state_reason)

    @admin.display(description="shape")
    def measures(self, obj: Video) -> str:
        return shape(obj)

    @admin.display(description="size", ordering="size")
    def weight(self, obj: Video) -> str:
        return bytes_in_words(obj.size)

    @admin.display(description="links", ordering="uses")
    def used(self, obj: Any) -> SafeString:
        return format_html('<a class="dgx-link" href="{}">{}</a>', links_address(obj), obj.uses)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The form has made the row with its upload; a change saves what else was changed."""
        if change:
            super().save_model(request, obj, form, change)
        if "upload" in form.changed_data:
            self._say_twins(request, obj)

    def _say_twins(self, request: HttpRequest, video: Video) -> None:
        twin = uploads.find_same_bytes(video.sha256).exclude(pk=video.pk).first()
        if twin is not None:
            address = reverse("admin:media_library_video_change", args=[twin.pk])
            text = 'The same bytes are here already as <a class="dgx-link" href="{}">{}</a>; they are stored once.'
            self.message_user(request, format_html(text, address, twin), messages.WARNING)

    def delete_model(self, request: HttpRequest, obj: Video) -> None:
        self.delete_queryset(request, Video.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        bin_service.throw_away(queryset, by=request.user.get_username(), now=timezone.now())
