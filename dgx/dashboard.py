"""The admin's home page: how the fleet is, what is wrong with media, and what happened lately."""

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone

from devices.admin.status import status_badge
from devices.models import Device, FleetEvent
from dgx.core.admin.words import ago
from media_library.models import Video

SHOWN = 8


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds what the person may see to the home page: four queries at most."""
    user: Any = request.user
    extra: dict[str, Any] = {"title": "Home"}
    if user.has_perm("devices.view_device"):
        extra |= {"fleet": _fleet(user), "silent": _silent(user)}
    if user.has_perm("media_library.view_video"):
        extra["media_states"] = Video.objects.aggregate(
            ready=Count("pk", filter=Q(state=Video.State.READY)),
            processing=Count("pk", filter=Q(state=Video.State.PROCESSING)),
            failed=Count("pk", filter=Q(state=Video.State.FAILED)),
        )
    if user.has_perm("devices.view_fleetevent"):
        now = timezone.now()
        extra["events"] = [(event, ago(event.at, now)) for event in FleetEvent.objects.visible_to(user)[:SHOWN]]
    return {**context, **extra}


def _fleet(user: Any) -> dict[str, int]:
    return (
        Device.objects.visible_to(user)
        .active()
        .aggregate(
            online=Count("pk", filter=Q(presence__is_online=True)),
            offline=Count("pk", filter=Q(presence__is_online=False, presence__last_seen_at__isnull=False)),
            never=Count("pk", filter=Q(presence__last_seen_at=None)),
        )
    )


def _silent(user: Any) -> list[tuple[Device, Any, str]]:
    """The devices that turned offline last."""
    now = timezone.now()
    devices = (
        Device.objects.visible_to(user)
        .active()
        .with_status(now)
        .filter(presence__is_online=False, presence__last_seen_at__isnull=False)
        .order_by("-presence__since", "pk")[:SHOWN]
    )
    return [(device, status_badge(device, now), ago(device.presence.last_seen_at, now)) for device in devices]
