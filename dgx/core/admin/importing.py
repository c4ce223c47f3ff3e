"""CSV in and out of a model's list: a dry run that shows what would become of each row, then the import; the export of
the list as it is filtered."""

import uuid
import zlib
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from unfold.widgets import UnfoldAdminFileFieldWidget

from dgx.core.admin.exporting import export_filtered
from dgx.core.admin.steps import list_address
from dgx.core.csv_export import download
from dgx.core.csv_import import import_csv, preview
from dgx.core.errors import Refusal
from dgx.core.resources import CHANGED, KEPT, NEW, UNCHANGED, WRONG, CsvResource, Outcome
from dgx.core.scope import may_add

UPLOAD_KEPT_S = 3600
_SECTIONS = (
    (WRONG, "Wrong", "bad"),
    (NEW, "New", "good"),
    (CHANGED, "Changed", "warn"),
    (UNCHANGED, "Unchanged", "calm"),
)


class UploadForm(forms.Form):
    """The file."""

    file = forms.FileField(
        label="CSV file",
        widget=UnfoldAdminFileFieldWidget,
        help_text="UTF-8, with a header; separated by commas, semicolons or tabs. At most 32 MB and 200,000 rows.",
    )


class CsvPage:
    """A mixin of model pages; `csv` says what a row of the file is."""

    csv: ClassVar[type[CsvResource]]
    list_before_template = "dgx/csv_links.html"
    model: Any
    opts: Any
    admin_site: Any

    def has_import_permission(self, request: HttpRequest) -> bool:
        """A file may add and change."""
        page: Any = self
        return bool(page.has_add_permission(request) and page.has_change_permission(request))

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [
            path("import-csv/", self.admin_site.admin_view(self.import_view), name=f"{name}_import_csv"),
            path("export-csv/", self.admin_site.admin_view(self.export_view), name=f"{name}_export_csv"),
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]  # a mixin

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list knows whether to offer an import."""
        offered = {"may_import": self.has_import_permission(request), **(extra_context or {})}
        answer: HttpResponse = super().changelist_view(request, offered)  # type: ignore[misc]  # a mixin
        return answer

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """The list with its present filters as CSV, streamed; an import takes it again."""
        page: Any = self
        if not page.has_view_permission(request):
            raise PermissionDenied
        filename = f"{self._word()}-{timezone.now():%Y%m%d-%H%M}.csv"
        return export_filtered(page, request, lambda rows: download(filename, self.csv.export(rows)))

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """The form, then the dry run, then the import."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        if "token" in request.POST:
            return self._import(request)
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method != "POST" or not form.is_valid():
            return self._page(request, form=form)
        upload = form.cleaned_data["file"]
        data = upload.read()
        try:
            outcome = preview(self.csv, data, user=request.user)
        except Refusal as refusal:
            form.add_error("file", refusal.message)
            return self._page(request, form=form)
        token = _keep(request, upload.name, data)
        return self._page(request, outcome=outcome, token=token, file=upload.name)

    def _import(self, request: HttpRequest) -> HttpResponse:
        page: Any = self
        token = request.POST["token"]
        kept = _kept(request, token)
        if kept is None:
            page.message_user(request, "The file is no longer here. Choose it again.", messages.ERROR)
            return HttpResponseRedirect(request.path)
        name, data = kept
        apply_right = "apply_right" in request.POST
        outcome = import_csv(self.csv, data, user=request.user, name=name, apply_right=apply_right)
        if outcome.refusals or (outcome.counts[WRONG] and not apply_right):
            page.message_user(request, "Nothing was changed.", messages.ERROR)
            return self._page(request, outcome=outcome, token=token, file=name)
        page.message_user(request, f"Imported “{name}”: {outcome.in_words()}.", messages.SUCCESS)
        return HttpResponseRedirect(list_address(page))

    def _page(self, request: HttpRequest, *, outcome: Outcome | None = None, **more: Any) -> HttpResponse:
        page: Any = self
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Import {self._word()}",
            "columns": [(name, self._help(name), name in self.csv.keys) for name in self.csv.columns()],
            "outcome": outcome,
            "sections": _sections(outcome) if outcome else (),
            "kept": KEPT,
            "back": list_address(page),
            "may_add": may_add(self.model, request.user),
            "media": page.media,
            **more,
        }
        return TemplateResponse(request, "dgx/csv_import.html", context)

    def _help(self, name: str) -> str:
        """What the column is for, and the words that it may hold."""
        words = getattr(self.csv.fields[name].widget, "values", None)
        said = str(self.model._meta.get_field(name).help_text)
        return f"{said} One of: {', '.join(words)}." if words else said

    def _word(self) -> str:
        return str(self.opts.verbose_name_plural)


def _sections(outcome: Outcome) -> list[dict[str, Any]]:
    return [
        {"kind": kind, "title": title, "tone": tone, "count": outcome.counts[kind], "lines": outcome.lines[kind]}
        for kind, title, tone in _SECTIONS
    ]


def _keep(request: HttpRequest, name: str, data: bytes) -> str:
    """Keep the upload until it is confirmed, for this person alone; returns what to ask for it by."""
    token = uuid.uuid4().hex
    cache.set(_key(request, token), (name, zlib.compress(data, 1)), UPLOAD_KEPT_S)
    return token


def _kept(request: HttpRequest, token: str) -> tuple[str, bytes] | None:
    found = cache.get(_key(request, token)) if token.isalnum() else None
    return (found[0], zlib.decompress(found[1])) if found else None


def _key(request: HttpRequest, token: str) -> str:
    return f"csv:{request.path}:{request.user.pk}:{token}"
