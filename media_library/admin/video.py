"""The pages of media: a list with thumbnails, upload, preview, where a file is used and whether it is here twice."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action as unfold_action

from devices.models import Device
from dgx.core.admin.base import RECORD_FIELDS, PageAdmin, Panel, record
from dgx.core.admin.bulk import as_action, counted
from dgx.core.admin.words import bytes_in_words
from media_library.admin.bin import BinPages, ThrowAway, ThrowAwayPage
from media_library.admin.filters import UseFilter
from media_library.admin.forms import VideoForm
from media_library.admin.pictures import file_address, shape, state_badge, stored_address, thumbnail
from media_library.admin.preview import SCREENS, PreviewPages
from media_library.admin.upload import UploadPages
from media_library.admin.words import targets_in_words, window_in_words
from media_library.models import Link, Placement, Video
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
        "screens": SCREENS if stored_address(video, now) and video.state == Video.State.READY else [],
        "screen_address": reverse("admin:media_library_video_screen", args=[video.pk]),
        "state": state_badge(video),
        "size": bytes_in_words(video.size),
        "shape": shape(video),
        "twins": list(uploads.find_same_bytes(video.sha256).exclude(pk=video.pk)[:SHOWN]),
    }


def _uses(video: Any, now: datetime, user: Any) -> Mapping[str, Any]:
    links = Link.objects.visible_to(user).filter(video=video).with_targets()[:SHOWN]
    shown = [(link, targets_in_words(link), window_in_words(link.window)) for link in links]
    devices = Device.objects.visible_to(user).filter(pk__in=Placement.objects.filter(video=video).values("device"))
    return {"links": shown, "all": links_address(video), "count": video.uses, "devices": devices.count()}


def links_address(video: Video) -> str:
    """The list of the video's links."""
    return f"{reverse('admin:media_library_link_changelist')}?video__id__exact={video.pk}"


@admin.register(Video)
class VideoAdmin(UploadPages, BinPages, ThrowAwayPage, PreviewPages, PageAdmin):
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
    actions = [as_action(ThrowAway())]
    actions_list = ["open_upload", "open_bin"]
    list_before_template = "media_library/view_switch.html"
    annotators = [with_uses]
    panels = [
        Panel("media_library/panel_preview.html", _preview, "media_library.view_video"),
        Panel("media_library/panel_uses.html", _uses, "media_library.view_link", below=True),
    ]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without Django's deletion of many: ours shows what screens would show then."""
        return {name: each for name, each in super().get_actions(request).items() if name != "delete_selected"}

    @unfold_action(description="Upload files", url_path="to-upload", icon="upload_file", permissions=["add"])
    def open_upload(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:media_library_video_upload")

    @unfold_action(description="Bin", url_path="to-bin", icon="delete", permissions=["view"])
    def open_bin(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:media_library_video_bin")

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
        return format_html('<a class="dgx-link" href="{}">{}</a>', links_address(obj), counted(obj.uses, Link))

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
