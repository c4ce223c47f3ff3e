"""Adds its devices to the page of a shop."""

from typing import Any

from django.contrib import admin

from devices.admin.filters import MemberFilter
from devices.admin.map import map_data, map_view
from devices.admin.members import device_count_column, members_panel, with_device_count
from dgx.core.admin.base import extend
from locations.admin import shop  # noqa: F401 — registers the page that is extended here
from locations.models import Shop

extend(
    Shop,
    columns=[device_count_column("shop")],
    annotators=[with_device_count("shop")],
    filters=[MemberFilter],
    panels=[members_panel("shop")],
)

page: Any = admin.site.get_model_admin(Shop)
page.custom_urls = (
    *page.custom_urls,
    ("map/", "locations_shop_map", map_view),
    ("map/shops/", "locations_shop_map_data", map_data),
)
