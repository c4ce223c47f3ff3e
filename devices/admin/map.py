"""The map of shops, coloured by the status of their devices, and the same as a list.

| colour | a shop |
|---|---|
| red | half of its devices, or more, are offline |
| orange | some device is offline, unstable or degraded |
| blue | of some device we do not know, since we were away ourselves |
| green | all of its devices report |
| grey | has no device that ever reported |

A device that is late counts as one that reports: most are back before anybody has looked. Retired devices do not count.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from devices.models import Device
from devices.services.status import StatusCode
from dgx.core.admin.words import ago
from dgx.core.cached import aged, scope_of
from locations.models import Shop

TONES = (
    ("bad", "Half or more offline"),
    ("warn", "Some in trouble"),
    ("unknown", "Unknown"),
    ("good", "All report"),
    ("none", "None ever reported"),
)
"""The worst first."""
TROUBLE = (StatusCode.OFFLINE, StatusCode.UNSTABLE, StatusCode.DEGRADED)
SHOWN = [code for code in StatusCode if code != StatusCode.RETIRED]
PERMISSIONS = ("locations.view_shop", "devices.view_device")


def tone_of(counts: Mapping[str, int]) -> str:
    """The colour of a shop with so many devices in each status."""
    reported = sum(n for code, n in counts.items() if code not in {StatusCode.NEVER, StatusCode.RETIRED})
    if not reported:
        return "none"
    if 2 * counts.get(StatusCode.OFFLINE, 0) >= reported:
        return "bad"
    if any(counts.get(code) for code in TROUBLE):
        return "warn"
    return "unknown" if counts.get(StatusCode.UNKNOWN) else "good"


def shops_on_map(user: Any, now: datetime) -> list[list[Any]]:
    """For each shop in sight: key, name, code, latitude, longitude, place of its colour in TONES, how many devices are
    online, in words, and how many there are in each status of SHOWN. Two statements for any number of shops."""
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    devices: Any = Device.objects.visible_to(user).active().filter(shop__isnull=False).with_status(now).order_by()
    for shop, code, n in devices.values_list("shop", "status").annotate(n=Count("pk")):
        counts[shop][code] = n
    order = [code for code, _ in TONES]
    rows = Shop.objects.visible_to(user).order_by("name").values_list("pk", "name", "code", "latitude", "longitude")
    return [
        [*row, order.index(tone_of(found)), _in_words(found), [found.get(code, 0) for code in SHOWN]]
        for row in rows
        for found in [counts.get(row[0], {})]
    ]


def _in_words(counts: Mapping[str, int]) -> str:
    total = sum(counts.values())
    return f"{counts.get(StatusCode.ONLINE, 0)} of {total} online" if total else "No devices"


@require_safe
def map_view(request: HttpRequest, model_admin: Any) -> HttpResponse:
    """The page; the shops follow as JSON."""
    _refuse_strangers(request)
    page = {
        "data": reverse("admin:locations_shop_map_data"),
        "shop": reverse("admin:locations_shop_change", args=[0]),
        "devices": reverse("admin:devices_device_changelist"),
        "land": static("locations/vendor/world/land-110m.json"),
        "tiles": settings.DGX_MAP_TILES_URL,
        "attribution": settings.DGX_MAP_TILES_ATTRIBUTION,
        "tones": TONES,
        "statuses": [{"code": code.value, "label": str(code.label)} for code in SHOWN],
    }
    return render(request, "devices/map.html", {**admin.site.each_context(request), "title": "Map", "map": page})


@require_safe
def map_data(request: HttpRequest, model_admin: Any) -> JsonResponse:
    """The shops that the person may see, at most a minute old."""
    _refuse_strangers(request)
    now = timezone.now()
    compute = partial(shops_on_map, request.user, now)
    figure = aged({"map": compute}, scope=scope_of(request.user), now=now)["map"]
    return JsonResponse({"age": f"· {ago(figure.at, now)}", "shops": figure.value})


def _refuse_strangers(request: HttpRequest) -> None:
    if not request.user.has_perms(PERMISSIONS):
        raise PermissionDenied
