"""An object's history on its page: what was changed, from what to what, by whom and by which door, as the audit keeps
it. It stands in the place of Django's own log of the admin, which knew of the admin alone."""

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.text import capfirst

from dgx.core.audit import Door, change
from dgx.core.audit_models import ChangedRow
from dgx.core.audit_words import in_words

ROWS_A_PAGE = 50


class AuditedPage:
    """A mixin of admin pages: their history is the audit's, and what an action changes is said to come of it."""

    model: Any
    opts: Any
    admin_site: Any

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The object's changes, newest first, a page at a time (`before`: the row that the page starts behind)."""
        page: Any = self
        obj = page.get_object(request, unquote(object_id))
        if obj is None:
            redirect: HttpResponse = page._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return redirect
        if not page.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            **history_of(obj._meta.label_lower, obj.pk, request),
            "title": f"Changes of {obj}",
            "module_name": str(capfirst(self.opts.verbose_name_plural)),
            "object": obj,
            "opts": self.opts,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "dgx/history.html", context)

    def response_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """An action's changes come by its door, with its name, unless it says more of them."""
        page: Any = self
        chosen = page.get_actions(request).get(request.POST.get("action", ""))
        what = str(chosen[2]).rstrip("…") % {"verbose_name_plural": self.opts.verbose_name_plural} if chosen else ""
        with change(door=Door.ACTION, what=what, request=request):
            return super().response_action(request, *args, **kwargs)  # type: ignore[misc]  # a mixin

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The audit has it already."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The audit has it already."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """The audit has it already."""


def history_of(kind: str, key: int, request: HttpRequest) -> dict[str, Any]:
    """A page of the changes of one object, with the address of those before."""
    before = request.GET.get("before", "")
    rows = ChangedRow.objects.filter(kind=kind, object_id=key).select_related("change").order_by("-id")
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: ROWS_A_PAGE + 1])
    older = f"?before={found[ROWS_A_PAGE - 1].pk}" if len(found) > ROWS_A_PAGE else ""
    shown = in_words(found[:ROWS_A_PAGE], request.user)
    return {"shown": shown, "older": older, "is_first_page": not before}
