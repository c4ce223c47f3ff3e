"""How far the last change has come, on the pages of groups, shops and the chain. The part looks again by itself until
every screen holds it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from devices.admin.status import status_badge
from devices.models import Group
from dgx.core.admin.base import Panel, extend
from dgx.core.admin.tabs import SubPage
from dgx.core.admin.words import ago
from locations.models import Chain, Shop
from media_library.admin import chain  # noqa: F401 — registers the page that is extended here
from media_library.services.rollout import LAGGARDS_SHOWN, WORDS, laggards_of, rollout_of


def rollout_panel(target: Any, now: datetime, user: Any) -> Mapping[str, Any]:
    """The target's version, the screens by how far they are with it, and those that are left."""
    found = rollout_of(target, user)
    late = [] if found.holding == found.total else laggards_of(target, user, now)
    return {
        "rollout": found,
        "words": found.in_words(),
        "changed": ago(found.changed_at, now) if found.changed_at else "",
        "bars": _bars(found),
        "laggards": [(device, status_badge(device, now), WORDS[device.progress]) for device in late],
        "more": max(0, found.total - found.holding - LAGGARDS_SHOWN),
    }


def _bars(found: Any) -> list[tuple[str, float, float]]:
    """(where, from, to) in per cent, in the order of progress."""
    bars, at = [], 0.0
    for name in WORDS:
        share = getattr(found, name) * 100 / found.total if found.total else 0
        bars.append((name, round(at, 2), round(share, 2)))
        at += share
    return [bar for bar in bars if bar[2]]


def _again(target: Any, now: datetime, request: HttpRequest) -> HttpResponse:
    """The part of the page, as it is now."""
    context = {"object": target, **rollout_panel(target, now, request.user)}
    return TemplateResponse(request, "media_library/rollout.html", context)


PANEL = Panel("media_library/panel_rollout.html", rollout_panel, "devices.view_device")
FRAGMENT = SubPage("rollout", "Rollout", "media_library/rollout.html", _again, "devices.view_device", has_tab=False)

for model in (Group, Shop, Chain):
    extend(model, panels=[PANEL], subpages=[FRAGMENT])
