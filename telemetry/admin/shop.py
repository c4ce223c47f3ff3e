"""Adds its proof of play to the pages of a shop."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from dgx.core.admin.base import extend
from dgx.core.admin.tabs import SubPage
from locations.admin import shop as shop_page  # registers the page that is extended here
from locations.models import Shop
from telemetry.admin.totals import totals_panel
from telemetry.models import PlayHour


def plays(shop: Shop, now: datetime, request: HttpRequest) -> Mapping[str, Any]:
    """What was shown in the shop, also by devices that have left it."""
    shown = PlayHour.objects.visible_to(request.user).filter(shop=shop)
    return totals_panel(shown, now, of="shop", key=shop.pk)


extend(
    Shop,
    subpages=[SubPage("plays", "Proof of play", "telemetry/plays.html", plays, "telemetry.view_playhour")],
)
__all__ = ["plays", "shop_page"]
