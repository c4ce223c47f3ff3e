"""Choosing many videos at once: a grid with thumbnails and a search, the order of the clicks is the order of play.

The same grid serves the pages that add videos to a device, a group, a shop and the whole chain, and the page that
starts an emergency.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from devices.models import Device, Group
from dgx.core.admin.base import extend
from dgx.core.admin.scoped import may_change_in
from dgx.core.admin.tabs import SubPage
from dgx.core.errors import Refusal
from locations.models import Chain, Shop
from media_library.admin import chain, inlines  # noqa: F401 — register the pages that are extended here
from media_library.admin.impact import in_words, screens
from media_library.admin.pictures import thumbnail
from media_library.models import Link, Video
from media_library.services.ordering import LINKS_AT_ONCE, create_links

A_PAGE = 48
FIELDS: Mapping[type[Any], str] = {Device: "device", Group: "group", Shop: "shop"}
"""A link's target for each kind of page; the chain has none."""
LAYERS = [
    (Link.Layer.REGULAR, "Playlist: the daily programme"),
    (Link.Layer.DEFAULT, "Default playlist: while nothing regular plays"),
]


def grid(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """A page of the ready videos that the person may see, those of the search `q`, by name."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    videos = Video.objects.visible_to(request.user).ready().order_by("name")
    for word in words.split():
        videos = videos.filter(Q(name__icontains=word) | Q(original_name__icontains=word))
    page: Page = Paginator(videos, A_PAGE).get_page(request.GET.get("page"))
    return {"page": page, "q": words, "cells": [(video, thumbnail(video, now)) for video in page]}


def fragment(request: HttpRequest, now: datetime) -> HttpResponse | None:
    """The grid alone, for the page's own search and paging; None where the whole page is asked for."""
    if "fragment" not in request.GET:
        return None
    return TemplateResponse(request, "media_library/picker_grid.html", grid(request, now))


def chosen(request: HttpRequest) -> list[Video]:
    """The posted videos in the order in which they were clicked, each once. What is no id of a ready video that the
    person may see is left out."""
    given = request.POST.get("order", "").split(",") if request.POST.get("order") else request.POST.getlist("video")
    ids = list(dict.fromkeys(filter(None, map(_uuid, given[:LINKS_AT_ONCE]))))
    found = {each.public_id: each for each in Video.objects.visible_to(request.user).ready().filter(public_id__in=ids)}
    return [found[each] for each in ids if each in found]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def add_page(to: Any, now: datetime, request: HttpRequest) -> Mapping[str, Any] | HttpResponse:
    """The page that adds videos to a device, a group, a shop or the chain."""
    if not may_change_in(request, to):
        raise PermissionDenied
    if request.method == "POST":
        return _add(to, request)
    target = _target(to)
    found = screens([tuple(_key(target, name) for name in ("device", "group", "shop"))], request.user)
    layers = [LAYERS[1]] if isinstance(to, Chain) else LAYERS
    whole: dict[str, Any] = {
        **grid(request, now),
        "layers": layers,
        "reach": in_words(found),
        "reached": found["total"],
    }
    return fragment(request, now) or whole


def _add(to: Any, request: HttpRequest) -> HttpResponse:
    """Append what was chosen, by one statement for all, and go to the list that it is in now."""
    layer = request.POST.get("layer", "")
    if layer not in (Link.Layer.REGULAR, Link.Layer.DEFAULT) or (layer == Link.Layer.REGULAR and isinstance(to, Chain)):
        layer = Link.Layer.DEFAULT if isinstance(to, Chain) else Link.Layer.REGULAR
    videos = chosen(request)
    if not videos:
        messages.error(request, "Choose at least one video.")
        return HttpResponseRedirect(request.get_full_path())
    try:
        added = append(videos, to=to, layer=layer, by=request.user)
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return HttpResponseRedirect(request.get_full_path())
    there = len(videos) - added
    already = f" {there} {'was' if there == 1 else 'were'} in the list already." if there else ""
    messages.success(request, f"Added: {added}.{already}")
    tab = "links" if layer == Link.Layer.REGULAR else "links-default"
    return HttpResponseRedirect(f"../change/#{tab}")


def append(videos: Sequence[Video], *, to: Any, layer: str, by: Any) -> int:
    """Put those of the videos that are not in the list yet behind the others, in this order; returns how many."""
    target = _target(to)
    exactly = {name: target.get(name) for name in ("device", "group", "shop")}
    there = set(Link.objects.filter(**exactly, layer=layer, video__in=videos).values_list("video_id", flat=True))
    drafts = [{"video": video, "layer": layer, **target} for video in videos if video.pk not in there]
    return len(create_links(drafts, by=by)) if drafts else 0


def _target(to: Any) -> dict[str, Any]:
    field = FIELDS.get(type(to))
    return {field: to} if field else {}


def _key(target: Mapping[str, Any], name: str) -> int | None:
    return target[name].pk if name in target else None


ADD_VIDEOS = SubPage("add-videos", "Add videos", "media_library/picker.html", add_page, "media_library.add_link")

for model in (Device, Group, Shop, Chain):
    extend(model, subpages=[ADD_VIDEOS])
