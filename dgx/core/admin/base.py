"""What every admin page of ours is made of: bounded counts, saves of changed fields alone, panels, and a way for a
higher layer to add to a lower one's page."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest, ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.forms import BaseModelForm, BaseModelFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from dgx.core.admin.deletion import Deletion, what_goes
from dgx.core.admin.history import AuditedPage
from dgx.core.admin.scoped import ScopedPage
from dgx.core.admin.widgets import KnownAutocomplete
from dgx.core.errors import Refusal
from dgx.core.scope import refuse_beyond_limit

RECORD_FIELDS = ["created_at", "updated_at", "public_id"]
"""What every Resource keeps of itself; read only."""


class BoundedPaginator(Paginator):
    """Counts to a limit and no further, so that a list of ten million rows opens as fast as one of ten."""

    limit = 10_000
    template_name = "dgx/pagination_bounded.html"

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: self.limit].count())

    @property
    def is_cut(self) -> bool:
        """There may be more rows than it counted."""
        return self.count >= self.limit


@dataclass(frozen=True)
class Panel:
    """A read-only part of a change page: `template` filled with what `context(obj, now, user)` gives for the object at
    an instant, of what that person may see. Shown to whoever has `permission`; on a page with tabs in the tab of that
    title, else in its overview."""

    template: str
    context: Callable[[Any, datetime, Any], Mapping[str, Any]]
    permission: str
    below: bool = False
    tab: str = ""

    def render(self, request: HttpRequest, obj: Any, now: datetime) -> SafeString:
        """The panel as HTML; empty for a person who may not see it."""
        if not request.user.has_perm(self.permission):
            return SafeString()
        filled = self.context(obj, now, request.user)
        return render_to_string(self.template, {"object": obj, "now": now, **filled}, request)


class BoundedSelection(AuditedPage):
    """A mixin of admin pages: an action takes a selection of rows, and of nothing else."""

    opts: Any

    def response_action(
        self, request: HttpRequest, queryset: models.QuerySet[Any], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Refuses a selection of what cannot be a row before anything is looked up."""
        try:
            for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.to_python(key)
        except ValidationError as error:
            raise BadRequest("The selection names no row.") from error
        response: HttpResponse | None = super().response_action(request, queryset, *args, **kwargs)
        return response


class PageAdmin(ScopedPage, BoundedSelection, ModelAdmin):
    """The page of one model. `annotators`, called with the rows and the person, add columns' values to the list's
    query; `panels` stand around the form."""

    show_full_result_count = False
    list_per_page = 50
    list_fullwidth = True
    list_filter_submit = True
    warn_unsaved_form = True
    change_form_outer_before_template: str | None = "dgx/panels_above.html"
    change_form_outer_after_template: str | None = "dgx/panels_below.html"
    delete_confirmation_template = "dgx/delete.html"
    delete_selected_confirmation_template = "dgx/delete_selected.html"
    panels: Sequence[Panel] = ()
    annotators: Sequence[Callable[[Any, Any], Any]] = ()

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = super().get_queryset(request)
        for annotate in self.annotators:
            rows = annotate(rows, request.user)
        return rows

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without those that need a permission (`needs`) which the person lacks."""
        actions: dict[str, Any] = super().get_actions(request)
        return {name: each for name, each in actions.items() if request.user.has_perms(getattr(each[0], "needs", ()))}

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """Inlines point at the row, so they wait until it is there."""
        return [] if obj is None else super().get_inlines(request, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return known_autocomplete(self, super().formfield_for_foreignkey, db_field, request, **kwargs)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        obj = kwargs.get("obj")
        if obj is not None and obj.pk:
            context = {**context, **self.panels_of(request, obj, timezone.now())}
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def panels_of(self, request: HttpRequest, obj: Any, now: datetime) -> dict[str, Any]:
        """The object's panels for the page's template: above the form and below it."""
        above = [panel.render(request, obj, now) for panel in self.panels if not panel.below]
        below = [panel.render(request, obj, now) for panel in self.panels if panel.below]
        return {"panels_above": above, "panels_below": below}

    def save_model(self, request: HttpRequest, obj: models.Model, form: BaseModelForm, change: bool) -> None:
        """Writes the changed fields alone, so that a save never carries an old presence or content version back."""
        if not change:
            obj.save()
        elif fields := model_fields(obj, form.changed_data):
            obj.save(update_fields=fields)

    def save_formset(self, request: HttpRequest, form: BaseModelForm, formset: BaseModelFormSet, change: bool) -> None:
        """Saves inlines likewise."""
        formset.save(commit=False)
        for gone in formset.deleted_objects:
            gone.delete()
        for obj, changed in formset.changed_objects:
            if fields := model_fields(obj, changed):
                obj.save(update_fields=fields)
        for obj in formset.new_objects:
            obj.save()
        formset.save_m2m()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Once all is saved: it still lies within the person's limit, or all is undone. What a service made instead
        of the form (a row with a secret) is that service's to check."""
        super().save_related(request, form, formsets, change)
        if form.instance.pk is not None:
            refuse_beyond_limit(form.instance, request.user)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Deletion:
        return what_goes(list(objs), request, self.admin_site)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A refusal of what saves is shown, not raised; nothing of it is kept."""
        try:
            response: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        except Refusal as refusal:
            return self._refused(request, refusal)
        return response

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """A refusal of the service that deletes is shown, not raised."""
        try:
            response: HttpResponse = super().delete_view(request, object_id, extra_context)
        except Refusal as refusal:
            return self._refused(request, refusal)
        return response

    def _refused(self, request: HttpRequest, refusal: Refusal) -> HttpResponse:
        self.message_user(request, refusal.message, messages.ERROR)
        return HttpResponseRedirect(request.path)


class ReadOnlyAdmin(PageAdmin):
    """A list and pages to read: what devices and the system wrote, nobody edits."""

    paginator = BoundedPaginator
    show_facets = admin.ShowFacets.NEVER  # the counts beside the filters would read whole tables
    list_disable_select_all = True
    actions = None
    warn_unsaved_form = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def record(*more: Any) -> tuple[str, dict[str, Any]]:
    """The closed fieldset at the end of a Resource's page: `more`, and what every row keeps of itself."""
    return "Record", {"classes": ["collapse"], "fields": [*more, ("created_at", "updated_at"), "public_id"]}


def known_autocomplete(page: Any, default: Callable[..., Any], db_field: Any, request: Any, **kwargs: Any) -> Any:
    """The form field of a foreign key; where the page completes it, with a widget that need not query its own label."""
    if db_field.name in page.get_autocomplete_fields(request) and "widget" not in kwargs:
        kwargs["widget"] = KnownAutocomplete(db_field, page.admin_site, using=kwargs.get("using"))
    return default(db_field, request, **kwargs)


def model_fields(obj: models.Model, names: Iterable[str]) -> list[str]:
    """Those of a form's field names that are columns of the model."""
    columns = {field.name for field in obj._meta.concrete_fields}
    return [name for name in names if name in columns]


def extend(
    model: type[models.Model],
    *,
    inlines: Sequence[Any] = (),
    panels: Sequence[Panel] = (),
    columns: Sequence[Any] = (),
    actions: Sequence[Any] = (),
    annotators: Sequence[Callable[[Any, Any], Any]] = (),
    filters: Sequence[Any] = (),
    subpages: Sequence[Any] = (),
    questions: Sequence[Callable[..., Any]] = (),
) -> None:
    """Add to the page of a lower layer's model: that layer need not know who adds. `subpages` and `questions` are for
    pages with tabs (`dgx.core.admin.tabs`)."""
    page: Any = admin.site.get_model_admin(model)
    page.inlines = [*page.inlines, *inlines]
    page.panels = [*page.panels, *panels]
    page.list_display = [*page.list_display, *columns]
    page.actions = [*page.actions, *actions]
    page.annotators = [*page.annotators, *annotators]
    page.list_filter = [*page.list_filter, *filters]
    if subpages:
        page.subpages = [*page.subpages, *subpages]
    if questions:
        page.questions = [*page.questions, *questions]
