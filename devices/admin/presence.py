"""What was noticed: flips of devices, and events of the whole fleet. Read only."""

from django.contrib import admin
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
)

from devices.models import FleetEvent, PresenceFlip
from dgx.core.admin.base import ReadOnlyAdmin
from dgx.core.admin.words import ago, badge


@admin.register(PresenceFlip)
class PresenceFlipAdmin(ReadOnlyAdmin):
    """When which device turned online or offline."""

    list_display = ["at", "how_long_ago", "device", "turned", "reason"]
    list_display_links = ["at"]
    list_select_related = ["device"]
    list_filter = [
        ("at", RangeDateTimeFilter),
        ("is_online", BooleanRadioFilter),
        ("reason", ChoicesDropdownFilter),
        ("device", AutocompleteSelectFilter),
    ]
    search_fields = ["=device__mobile_id"]
    search_help_text = "A whole mobile_id."
    sortable_by = ["at"]
    fields = ["device", "is_online", "at", "reason"]
    goes_with_owner = True

    @admin.display(description="turned")
    def turned(self, obj: PresenceFlip) -> SafeString:
        return badge("good", "Online") if obj.is_online else badge("bad", "Offline")

    @admin.display(description="ago")
    def how_long_ago(self, obj: PresenceFlip) -> str:
        return ago(obj.at, timezone.now())


@admin.register(FleetEvent)
class FleetEventAdmin(ReadOnlyAdmin):
    """What concerned the whole fleet."""

    list_display = ["at", "what", "message"]
    list_filter = [("at", RangeDateTimeFilter), ("kind", ChoicesDropdownFilter)]
    search_fields = ["message"]
    fields = ["at", "kind", "message"]

    @admin.display(description="what", ordering="kind")
    def what(self, obj: FleetEvent) -> SafeString:
        return badge("warn", obj.get_kind_display())
