"""Change pages with tabs: an overview first, what can be edited behind it, and pages of their own below the object's
address."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import slugify

from dgx.core.admin.base import PageAdmin
from dgx.core.admin.confirm import Question, UnconfirmedError, confirm_page, is_confirmed

SETTINGS = "Settings"
"""The tab of what can be edited and stands in no inline of its own."""


@dataclass(frozen=True)
class SubPage:
    """A page below an object's own, at `<its address>/<slug>/`, which a tab leads to.

    `context(obj, now, request)` fills the template; it may return a response instead. Shown to whoever may see the
    object and has `permission`.
    """

    slug: str
    title: str
    template: str
    context: Callable[[Any, datetime, HttpRequest], Mapping[str, Any] | HttpResponse]
    permission: str
    has_tab: bool = True


class TabbedAdmin(PageAdmin):
    """A change page that opens with an overview, made of its panels; inlines with `tab = True` are tabs, the other
    fields and inlines are the tab “Settings”; a panel may name its tab."""

    change_form_template = "dgx/tabbed_form.html"
    change_form_outer_before_template = None
    change_form_outer_after_template = None
    subpages: Sequence[SubPage] = ()
    questions: Sequence[Callable[[Any, Sequence[Any], HttpRequest], Question | None]] = ()
    """Each is called with the object, its inlines' formsets and the request once they are saved; a question that it
    returns undoes the save until the person has answered it."""

    def get_urls(self) -> list[Any]:
        mine = [
            path(
                f"<path:object_id>/{page.slug}/",
                self.admin_site.admin_view(partial(self.subpage_view, subpage=page)),
                name=f"{self.opts.app_label}_{self.opts.model_name}_{page.slug}",
            )
            for page in self.subpages
        ]
        return [*mine, *super().get_urls()]

    def subpage_view(self, request: HttpRequest, object_id: str, *, subpage: SubPage) -> HttpResponse:
        """One of the object's own pages."""
        obj: Any = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404(f"There is no {self.opts.verbose_name} {object_id}.")
        if not self.has_view_permission(request, obj) or not request.user.has_perm(subpage.permission):
            raise PermissionDenied
        filled = subpage.context(obj, timezone.now(), request)
        if isinstance(filled, HttpResponse):
            return filled
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": obj,
            "object": obj,
            "title": f"{subpage.title} · {obj}",
            "media": self.media,
            "tab_list": self._tabs(self._tabs_of_subpage(request, obj, subpage)),
            **filled,
        }
        return TemplateResponse(request, subpage.template, context)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        obj = kwargs.get("obj")
        if obj is not None and obj.pk:
            inlines = [each for each in context["inline_admin_formsets"] if getattr(each.opts, "tab", False)]
            context["tab_list"] = self._tabs(self._tabs_of_form(request, obj, context, inlines))
            context["form_tabs"] = [slugify(SETTINGS), *(slugify(inline.formset.prefix) for inline in inlines)]
        return super().render_change_form(request, context, *args, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if change and not is_confirmed(request):
            for ask in self.questions:
                if question := ask(form.instance, formsets, request):
                    raise UnconfirmedError(question)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A save that has to be asked for was undone; the page asks. What somebody else was faster with is told."""
        try:
            response: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        except UnconfirmedError as unconfirmed:
            return confirm_page(request, self, unconfirmed.question)
        except IntegrityError:
            said = "Nothing was saved: somebody else changed the same meanwhile. Look at it as it is now."
            self.message_user(request, said, messages.ERROR)
            return HttpResponseRedirect(request.path)
        return response

    def change_address(self, obj: Any) -> str:
        """Where the object's page is."""
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change"
        return reverse(name, args=[obj.pk])

    def panels_of(self, request: HttpRequest, obj: Any, now: datetime) -> dict[str, Any]:
        """The panels by tab: the overview's above and below, the settings', and those with a tab of their own."""
        shown: dict[str, list[Any]] = {}
        for panel in self.panels:
            place = panel.tab or ("below" if panel.below else "above")
            shown.setdefault(place, []).append(panel.render(request, obj, now))
        above, below, settings = (shown.pop(place, []) for place in ("above", "below", SETTINGS))
        more = [(slugify(title), panels) for title, panels in shown.items() if any(panels)]
        return {"panels_above": above, "panels_below": below, "panels_settings": settings, "panel_tabs": more}

    def _tabs(self, items: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
        """In the shape of the theme's own setting TABS."""
        return [{"models": [{"name": str(self.opts), "detail": True}], "items": list(items)}]

    def _tabs_of_form(
        self, request: HttpRequest, obj: Any, context: Any, inlines: Sequence[Any]
    ) -> Iterator[dict[str, Any]]:
        yield _tab("Overview", inline="general")
        for inline in inlines:
            yield _tab(str(inline.opts.verbose_name_plural), inline=inline.formset.prefix)
        wrong = len(context["adminform"].form.errors)
        yield _tab(f"{SETTINGS} · {wrong} to correct" if wrong else SETTINGS, inline=slugify(SETTINGS))
        for title in self._panel_tabs(request):
            yield _tab(title, inline=title)
        yield from self._tabs_of_subpages(request, obj, None)

    def _tabs_of_subpage(self, request: HttpRequest, obj: Any, active: SubPage) -> Iterator[dict[str, Any]]:
        address = self.change_address(obj)
        yield _tab("Overview", link=address)
        for inline in self.get_inline_instances(request, obj):
            if getattr(inline, "tab", False):
                prefix = slugify(inline.get_formset(request, obj).get_default_prefix())
                yield _tab(str(inline.verbose_name_plural), link=f"{address}#{prefix}")
        for title in (SETTINGS, *self._panel_tabs(request)):
            yield _tab(title, link=f"{address}#{slugify(title)}")
        yield from self._tabs_of_subpages(request, obj, active)

    def _panel_tabs(self, request: HttpRequest) -> list[str]:
        """The titles of tabs that hold panels which the person may see."""
        titles = [panel.tab for panel in self.panels if panel.tab and request.user.has_perm(panel.permission)]
        return [title for title in dict.fromkeys(titles) if title != SETTINGS]

    def _tabs_of_subpages(self, request: HttpRequest, obj: Any, active: SubPage | None) -> Iterator[dict[str, Any]]:
        below = reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_changelist")
        for page in self.subpages:
            if page.has_tab and request.user.has_perm(page.permission):
                yield _tab(page.title, link=f"{below}{obj.pk}/{page.slug}/", active=page is active)


def _tab(title: str, *, link: str = "", inline: str = "", active: bool = False) -> dict[str, Any]:
    """One tab: a part of the same page, or a link."""
    return {"title": title, "link": link, "inline": inline, "active": active, "has_permission": True}
