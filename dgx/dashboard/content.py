"""The home page's figures of media, links and logs: what is prepared, what is missing, what ends, what came in."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.utils import timezone

from devices.models import Device
from locations.models import Shop
from media_library.models import Link, Video
from media_library.services.coverage import on_no_device, without_content
from telemetry.models import DeviceLogHour, RollUpState

AHEAD = timedelta(days=7)
EMERGENCIES = 3


def media(user: Any, now: datetime) -> dict[str, int]:
    """How many media are in which state, and the bytes of all of them."""
    states = {state: Count("pk", filter=Q(state=state)) for state in Video.State.values}
    row: dict[str, int] = Video.objects.visible_to(user).aggregate(**states, stored=Sum("size", default=0))
    return row


def logs_today(user: Any, now: datetime) -> dict[str, Any]:
    """Logs since midnight, and until when they are counted: the roll-up's last run."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    hours = DeviceLogHour.objects.visible_to(user).filter(hour__gte=midnight)
    counted_until = RollUpState.objects.filter(pk=1).values_list("rolled_until", flat=True).first()
    return {"n": hours.aggregate(n=Sum("count", default=0))["n"], "until": counted_until}


def idle(user: Any, now: datetime) -> dict[str, int]:
    """Players with nothing to play, now and in the next seven days."""
    devices = Device.objects.visible_to(user)
    at_once = without_content(devices, start=now).count()
    later = without_content(devices, start=now, within=AHEAD).count() if at_once else 0
    return {"now": at_once, "week": later}


def nowhere(user: Any, now: datetime) -> int:
    """Ready media that are on no device."""
    return int(on_no_device(Video.objects.visible_to(user).ready()).count())


def ending(user: Any, now: datetime) -> int:
    """Links that end in the next seven days."""
    return Link.objects.visible_to(user).filter(valid_until__gt=now, valid_until__lte=now + AHEAD).count()


def empty_shops(user: Any, now: datetime) -> int:
    """Shops without devices."""
    return Shop.objects.visible_to(user).filter(~Exists(Device.objects.filter(shop=OuterRef("pk")))).count()


def emergencies(user: Any, now: datetime) -> list[Link]:
    """Emergency links in force, those that end last first; looked up anew for each page."""
    links = Link.objects.visible_to(user).filter(layer=Link.Layer.EMERGENCY).valid_at(now).with_targets()
    return list(links.order_by("-valid_until", "pk")[:EMERGENCIES])
