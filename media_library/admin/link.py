"""The pages of links: what plays where, when, and on which devices not."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from dgx.core.admin.base import RECORD_FIELDS, PageAdmin, known_autocomplete, record
from dgx.core.admin.importing import CsvPage
from dgx.core.admin.scoped import ScopedInline, may_change_in
from dgx.core.admin.widgets import tell_known
from dgx.core.admin.words import NOTHING, badge
from media_library.admin.filters import EndFilter
from media_library.admin.forms import LoneLinkForm
from media_library.admin.inlines import WINDOW
from media_library.admin.pictures import thumbnail
from media_library.admin.words import targets_in_words, window_in_words
from media_library.models import Link
from media_library.models.link import LinkException
from media_library.resources import LinkResource


def with_exceptions(queryset: QuerySet[Any], user: Any) -> Any:
    """Annotates `excepted`, the number of devices that do not play it."""
    rows = LinkException.objects.visible_to(user).filter(link=OuterRef("pk")).order_by().values("link")
    counts = Subquery(rows.annotate(n=Count("pk")).values("n"))
    return queryset.annotate(excepted=Coalesce(counts, 0))


class ExceptionForm(forms.ModelForm):
    """A device that is excepted."""

    class Meta:
        model = LinkException
        fields = ["device"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tell_known(self, self.instance)


class ExceptionInline(ScopedInline, TabularInline):
    """Devices that match the link and do not play it. Who may change the link may change these."""

    model = LinkException
    form = ExceptionForm
    extra = 0
    autocomplete_fields = ["device"]
    verbose_name_plural = "Except on these devices"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("device")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return known_autocomplete(self, super().formfield_for_foreignkey, db_field, request, **kwargs)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("media_library.view_link")) or self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("media_library.change_link")) and may_change_in(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any) -> bool:
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)


@admin.register(Link)
class LinkAdmin(CsvPage, PageAdmin):
    """What plays where."""

    csv = LinkResource

    form = LoneLinkForm
    list_display = ["picture", "video", "targets", "display_order", "window", "without", "updated_at"]
    list_display_links = ["picture", "video"]
    list_select_related = ["video", "device", "group", "shop"]
    list_filter = [
        ("video", AutocompleteSelectFilter),
        ("group", AutocompleteSelectFilter),
        ("shop", AutocompleteSelectFilter),
        ("device", AutocompleteSelectFilter),
        EndFilter,
    ]
    search_fields = ["video__name", "device__mobile_id", "group__name", "shop__name"]
    autocomplete_fields = ["video", "device", "group", "shop"]
    readonly_fields = RECORD_FIELDS
    fieldsets = [
        (None, {"fields": [("video", "display_order")]}),
        (
            "Where it plays",
            {"fields": ["device", ("group", "shop")], "description": "On devices that match all that are given."},
        ),
        WINDOW,
        record(),
    ]
    add_fieldsets = fieldsets[:3]
    inlines = [ExceptionInline]
    annotators = [with_exceptions]

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return rows.with_targets()

    @admin.display(description="")
    def picture(self, obj: Link) -> SafeString:
        return thumbnail(obj.video, timezone.now(), "dgx-thumb--small")

    @admin.display(description="plays on")
    def targets(self, obj: Link) -> SafeString | str:
        where = targets_in_words(obj)
        if obj.video.binned_at is None:
            return where
        return format_html("{} {}", badge("calm", "In the bin", "Its file lies in the bin: it shows nothing."), where)

    @admin.display(description="when")
    def window(self, obj: Link) -> str:
        return window_in_words(obj.window)

    @admin.display(description="except", ordering="excepted")
    def without(self, obj: Any) -> str:
        return f"{obj.excepted} devices" if obj.excepted else NOTHING
