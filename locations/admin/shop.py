"""The page of a shop. Devices and links are added to it by the layers that have them."""

from django.contrib import admin

from dgx.core.admin.base import RECORD_FIELDS, record
from dgx.core.admin.importing import CsvPage
from dgx.core.admin.tabs import TabbedAdmin
from dgx.core.admin.words import NOTHING
from locations.admin.filters import TimezoneFilter
from locations.models import Shop
from locations.resources import ShopResource


@admin.register(Shop)
class ShopAdmin(CsvPage, TabbedAdmin):
    """Places of the chain."""

    csv = ShopResource

    list_display = ["name", "code", "timezone", "place"]
    list_filter = [TimezoneFilter]
    search_fields = ["name", "code", "address"]
    readonly_fields = ["content_version", *RECORD_FIELDS]
    fieldsets = [
        (None, {"fields": ["name", "code", "timezone"]}),
        ("Where it is", {"fields": ["address", ("latitude", "longitude")]}),
        record("content_version"),
    ]

    @admin.display(description="address")
    def place(self, obj: Shop) -> str:
        return obj.address.replace("\n", ", ") or NOTHING
