"""The audit as a list: who changed what, when and by which door; each act opens its rows; all of it as CSV."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    RangeDateTimeFilter,
)
from unfold.utils import parse_datetime_str

from dgx.core.admin.base import ReadOnlyAdmin
from dgx.core.admin.exporting import export_filtered
from dgx.core.admin.history import ROWS_A_PAGE, history_of
from dgx.core.admin.words import NOTHING, badge
from dgx.core.audit_models import ROWS_COUNTED, Change, ChangedRow, kinds_seen_by
from dgx.core.audit_words import in_words, noun_of, title_of
from dgx.core.csv_export import csv_response

EXPORT_HEADER = [
    "at", "who", "door", "what", "kind", "object", "object id", "action", "field", "from", "to", "address", "request id"
]  # fmt: skip
ROWS_AT_ONCE = 2000


class WhenFilter(RangeDateTimeFilter):
    """Acts between two times, in UTC; a date alone means its whole day."""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        start, end = self._time("from", "00:00:00"), self._time("to", "23:59:59")
        queryset = queryset.filter(at__gte=start) if start else queryset
        return queryset.filter(at__lte=end) if end else queryset

    def _time(self, side: str, else_at: str) -> datetime | None:
        date, at = (self.used_parameters.get(f"{self.parameter_name}_{side}_{part}") for part in (0, 1))
        parsed = parse_datetime_str(f"{date} {at or else_at}") if date else None
        return parsed.replace(tzinfo=UTC) if parsed else None


class KindFilter(DropdownFilter):
    """Acts that changed objects of a kind."""

    title = "kind of object"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(((kind, noun_of(kind, 2)) for kind in kinds_seen_by(request.user)), key=lambda each: each[1])

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(kinds__contains=[self.value()]) if self.value() else queryset


class Acts(ChangeList):
    """The list's page, with the first row of each act that is shown on it: one query for all."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        acts: Any = list(self.result_list)
        first = ChangedRow.objects.in_bulk([act.first for act in acts])
        for act in acts:
            act.first_row = first.get(act.first)
        self.result_list = acts


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    """Who changed what."""

    list_display = ["when", "person", "by", "title", "objects"]
    list_display_links = ["when", "title"]
    list_filter = [
        ("at", WhenFilter),
        ("user", AutocompleteSelectFilter),
        ("door", ChoicesDropdownFilter),
        KindFilter,
    ]
    search_fields = ["rows__label"]
    search_help_text = "How an object's name begins, such as a device's or a shop's."
    sortable_by: Sequence[str] = ()
    list_before_template = "dgx/changes_export.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Acts

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return rows.visible_to(request.user).with_rows(request.user)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        text = search_term.strip()
        return (queryset.naming(text) if text and "\x00" not in text else queryset), False

    @admin.display(description="when")
    def when(self, obj: Change) -> str:
        return f"{obj.at:%-d %b %Y %H:%M:%S}"

    @admin.display(description="who")
    def person(self, obj: Change) -> str:
        return obj.who or NOTHING

    @admin.display(description="door")
    def by(self, obj: Change) -> SafeString:
        return badge("info", obj.get_door_display(), obj.address)

    @admin.display(description="what")
    def title(self, obj: Any) -> str:
        return title_of(obj, obj.first_row, obj.count)

    @admin.display(description="objects")
    def objects(self, obj: Any) -> str:
        count = f"{ROWS_COUNTED}+" if obj.count > ROWS_COUNTED else str(obj.count)
        return f"{count} · {', '.join(noun_of(kind, obj.count) for kind in obj.kinds)}"

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("export/", view(self.export_view), name="core_change_export"),
            path("of/<str:kind>/<int:key>/", view(self.object_view), name="core_change_of"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One act: who and how, and the rows that it changed, a page at a time (`after`: the row it starts behind)."""
        act: Any = self.get_object(request, unquote(object_id))
        if act is None or not self.has_view_permission(request, act):
            raise Http404("There is no such change.")
        after = request.GET.get("after", "")
        rows = act.rows.visible_to(request.user).order_by("id")
        if after.isascii() and after.isdigit() and len(after) < 19:
            rows = rows.filter(pk__gt=int(after))
        found = list(rows[: ROWS_A_PAGE + 1])
        shown = in_words(found[:ROWS_A_PAGE], request.user)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title_of(act, ChangedRow.objects.filter(pk=act.first).first(), act.count),
            "act": act,
            "count": f"more than {ROWS_COUNTED}" if act.count > ROWS_COUNTED else act.count,
            "shown": [(entry, _address_of(entry.row)) for entry in shown],
            "more": f"?after={found[ROWS_A_PAGE - 1].pk}" if len(found) > ROWS_A_PAGE else "",
        }
        return TemplateResponse(request, "dgx/change.html", context)

    def object_view(self, request: HttpRequest, kind: str, key: int) -> HttpResponse:
        """The history of an object that may be gone."""
        rows = ChangedRow.objects.filter(kind=kind, object_id=key).visible_to(request.user)
        last = rows.order_by("-id").first()
        if last is None or not self.has_view_permission(request):
            raise Http404("Nothing is known of such an object.")
        context = {
            **self.admin_site.each_context(request),
            **history_of(kind, key, request),
            "opts": self.opts,
            "title": f"Changes of {last.label}",
        }
        return TemplateResponse(request, "dgx/history.html", context)

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """What the list shows, as CSV: a line for each field that was changed."""
        if not self.has_view_permission(request):
            raise Http404("There is no such page.")
        user = request.user
        return export_filtered(
            self, request, lambda acts: csv_response("changes.csv", EXPORT_HEADER, _lines_of(acts, user))
        )


def _lines_of(acts: Any, user: Any) -> Iterator[list[Any]]:
    """The export's lines, in constant memory: the cursor lives in the transaction."""
    rows = ChangedRow.objects.filter(change__in=acts.order_by().values("pk")).visible_to(user)
    ordered = rows.select_related("change").order_by("-change_id", "id")
    with transaction.atomic():
        found = ordered.iterator(chunk_size=ROWS_AT_ONCE)
        while batch := list(islice(found, ROWS_AT_ONCE)):
            for shown in in_words(batch, user):
                yield from _export_lines(shown)


def _export_lines(shown: Any) -> Iterator[list[Any]]:
    row, act = shown.row, shown.row.change
    start = [act.at.isoformat(), act.who, act.get_door_display(), act.what, shown.noun, row.label, row.object_id]
    for line in shown.lines or [("", "", "")]:
        yield [*start, row.get_action_display(), *line, act.address, act.request]


def _address_of(row: ChangedRow) -> str:
    """Where the object's history is: its own page's, or, once it is gone, the audit's."""
    if row.action == ChangedRow.Action.DELETED:
        return reverse("admin:core_change_of", args=[row.kind, row.object_id])
    try:
        return reverse(f"admin:{row.kind.replace('.', '_')}_history", args=[row.object_id])
    except NoReverseMatch:
        return reverse("admin:core_change_of", args=[row.kind, row.object_id])
