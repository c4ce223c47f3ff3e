"""The admin's search (Ctrl+K): lists by name, and devices, groups, shops and media by what is written on them.

It stands in the place of the theme's own, which reads every row that matches and keeps the answer for minutes: a
status of five minutes ago is none.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from unfold.dataclasses import SearchResult

from devices.models import Device, Group
from devices.services.status import status_of
from locations.models import Shop
from media_library.models import Video

OF_EACH = 8
"""Objects of a kind that are named; the lists search for all."""
TERM_MAX = 100


def _device(row: Any) -> str:
    status = status_of(row, timezone.now()).in_words(timezone.now())
    return f"Device · {status} · {row.shop}" if row.shop else f"Device · {status}"


KINDS: tuple[tuple[Any, str, Callable[[Any], str]], ...] = (
    (Device, "tv", _device),
    (Shop, "storefront", lambda shop: f"Shop · {shop.code}" if shop.code else "Shop"),
    (Group, "grid_view", lambda _group: "Group"),
    (Video, "movie", lambda video: f"Media · {video.get_state_display()}"),
)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What the theme's search box shows, as HTML; nothing for an empty or unreadable term."""
    began = time.monotonic()
    term = request.GET.get("s", "").strip()[:TERM_MAX]
    if not term or "\x00" in term:
        return HttpResponse()
    is_command = "extended" in request.GET
    found = [*_lists(request, term), *(_objects(request, term) if is_command else ())]
    pages = Paginator(found, max(1, len(found)))
    template = "unfold/helpers/command_results.html" if is_command else "unfold/helpers/search_results.html"
    context = {
        "results": pages.page(1),
        "page_obj": pages,
        "page_counter": 0,
        "execution_time": time.monotonic() - began,
        "command_show_history": False,
    }
    return TemplateResponse(request, template, context, headers={"HX-Trigger": "search"})


def _lists(request: HttpRequest, term: str) -> Iterator[SearchResult]:
    """Lists whose name, or whose app's name, has the term in it."""
    for app in admin.site.get_app_list(request):
        for model in app["models"]:
            names = (str(app["name"]).lower(), str(model["name"]).lower())
            if model["admin_url"] and any(term.lower() in name for name in names):
                yield SearchResult(str(model["name"]), str(app["name"]), model["admin_url"], "list")


def _objects(request: HttpRequest, term: str) -> Iterator[SearchResult]:
    """The first of each kind that the person may see, as its own list finds them."""
    for model, icon, words in KINDS:
        page: Any = admin.site.get_model_admin(model)
        if not page.has_view_permission(request):
            continue
        rows, _ = page.get_search_results(request, page.get_queryset(request), term)
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
        for row in rows[:OF_EACH]:
            yield SearchResult(str(row), words(row), reverse(name, args=[row.pk]), icon)
