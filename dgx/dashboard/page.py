"""The admin's home page: how the fleet is, what is wrong, what is on its way, and what a newcomer does first.

Dear figures are at most a minute old and say so (`dgx.core.cached`); each person gets those of what they may see. A
task computes those of the whole chain ahead, since that takes a second in a fleet of 100,000.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils import timezone

from devices.models import FleetEvent
from dgx.core.cached import aged, refresh, scope_of
from dgx.core.scope import visible
from dgx.dashboard import charts, content, fleet, words
from dgx.dashboard.start import next_steps

EVENTS = 5

FIGURES: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "statuses": (fleet.statuses, ("devices.view_device",)),
    "silent": (fleet.silent, ("devices.view_device",)),
    "hottest": (fleet.hottest, ("devices.view_device",)),
    "changes": (fleet.changes, ("devices.view_device", "media_library.view_link")),
    "series": (charts.series, ("devices.view_device",)),
    "media": (content.media, ("media_library.view_video",)),
    "logs": (content.logs_today, ("telemetry.view_devicelog",)),
    "idle": (content.idle, ("devices.view_device", "media_library.view_link")),
    "nowhere": (content.nowhere, ("media_library.view_video",)),
    "ending": (content.ending, ("media_library.view_link",)),
    "empty_shops": (content.empty_shops, ("locations.view_shop", "devices.view_device")),
}
"""What is computed at most once a minute for all who see the same, and the permissions that it takes to see it."""


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds to the home page's context what the person may see."""
    user: Any = request.user
    now = timezone.now()
    computed = {
        name: partial(compute, user, now)
        for name, (compute, permissions) in FIGURES.items()
        if user.has_perms(permissions)
    }
    figures = aged(computed, scope=scope_of(user), now=now)
    return {
        **context,
        "title": "Home",
        "now": now,
        "steps": next_steps(user),
        "emergencies": content.emergencies(user, now) if user.has_perm("media_library.view_link") else [],
        "waiting": fleet.waiting(user, now) if user.has_perm("devices.view_pairing") else 0,
        "events": _events(user) if user.has_perm("devices.view_fleetevent") else None,
        **words.told(figures, now),
    }


def keep_fresh(*, now: datetime) -> int:
    """Compute the figures of those who see the whole chain; returns how many."""
    everybody = get_user_model()()  # a person without a limit to shops
    figures = {name: partial(compute, everybody, now) for name, (compute, _) in FIGURES.items()}
    refresh(figures, scope=scope_of(everybody), now=now)
    return len(figures)


def _events(user: Any) -> list[FleetEvent]:
    return list(visible(FleetEvent.objects.all(), user)[:EVENTS])
