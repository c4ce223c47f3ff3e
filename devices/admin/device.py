"""The page of a device: where it is, what it does, what it said, and what an operator can do to it.

What it plays and what it logged are added by the layers above.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import action as button
from unfold.decorators import display

from devices.admin import actions, overview
from devices.admin.filters import ContentFilter, StatusFilter
from devices.admin.replacement import Replaceable
from devices.admin.status import status_cell
from devices.models import Device
from devices.resources import DeviceResource
from dgx.core.admin.base import RECORD_FIELDS, Panel, record
from dgx.core.admin.importing import CsvPage
from dgx.core.admin.tabs import SETTINGS, TabbedAdmin
from dgx.core.admin.widgets import KnownForm
from dgx.core.admin.words import NOTHING, ago, badge

SHOWN = 10
"""Tokens on a device's page; all of them have a list of their own."""


def temperature_in_words(device: Device) -> str:
    """As last reported; a dash where it never was."""
    return f"{device.presence.temperature:.1f} °C" if device.presence.temperature_at else NOTHING


def _tokens_panel(device: Device, now: datetime, user: Any) -> Mapping[str, Any]:
    tokens = list(device.tokens.all()[:SHOWN])
    return {"tokens": [(token, token.is_valid(now)) for token in tokens]}


@admin.register(Device)
class DeviceAdmin(Replaceable, CsvPage, TabbedAdmin):
    """Everything in the field."""

    csv = DeviceResource

    list_display = ["identity", "current_status", "temperature", "group", "shop", "kind", "content", "last_seen"]
    list_filter = [
        StatusFilter,
        ContentFilter,
        ("kind", ChoicesDropdownFilter),
        ("state", ChoicesDropdownFilter),
        ("group", AutocompleteSelectFilter),
        ("shop", AutocompleteSelectFilter),
    ]
    form = KnownForm
    search_fields = ["mobile_id", "name"]
    autocomplete_fields = ["group", "shop"]
    placed_by = ("shop",)
    readonly_fields = ["state", "screen", "app_version", "content_version", *RECORD_FIELDS]
    fieldsets = [
        (None, {"fields": [("mobile_id", "name"), "kind", "notes"]}),
        ("Where it is", {"fields": [("group", "shop")]}),
        ("How often it reports", {"fields": [("report_interval_s", "missed_reports")]}),
        record(("state", "content_version"), ("screen", "app_version")),
    ]
    add_fieldsets = fieldsets[:3]
    actions = [
        actions.assign_group,
        actions.assign_shop,
        actions.set_intervals,
        actions.rotate_token,
        actions.allow_pairing,
        actions.retire,
    ]
    actions_detail = ["one_replace", "one_rotate", "one_pairing", "one_retire"]
    panels = [
        Panel("devices/panel_status.html", overview.status_panel, "devices.view_device"),
        Panel("devices/panel_content.html", overview.content_panel, "devices.view_device", below=True),
        Panel("devices/panel_availability.html", overview.availability_panel, "devices.view_presenceflip", below=True),
        Panel("devices/panel_tokens.html", _tokens_panel, "devices.view_devicetoken", tab=SETTINGS),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return rows.with_status(timezone.now())

    @display(description="device", header=True, ordering="mobile_id")
    def identity(self, obj: Device) -> list[str]:
        return [obj.name or obj.mobile_id, obj.mobile_id if obj.name else ""]

    @admin.display(description="status")
    def current_status(self, obj: Device) -> SafeString:
        return status_cell(obj, timezone.now())

    @admin.display(description="temperature", ordering="presence__temperature")
    def temperature(self, obj: Device) -> str:
        return temperature_in_words(obj)

    @admin.display(description="content")
    def content(self, obj: Any) -> SafeString | str:
        if obj.presence.last_seen_at is None:
            return NOTHING
        return badge("good", "Up to date") if obj.holds_tag else badge("warn", "Behind")

    @admin.display(description="last report", ordering="presence__last_seen_at")
    def last_seen(self, obj: Device) -> str:
        return ago(obj.presence.last_seen_at, timezone.now())

    @button(description="Rotate token", url_path="rotate-token", icon="key", permissions=["change"])
    def one_rotate(self, request: HttpRequest, object_id: str) -> HttpResponseBase | None:
        return actions.rotate_token(self, request, self._one(request, object_id))

    @button(description="Allow re-pairing", url_path="allow-pairing", icon="qr_code_2", permissions=["change"])
    def one_pairing(self, request: HttpRequest, object_id: str) -> HttpResponseBase | None:
        return actions.allow_pairing(self, request, self._one(request, object_id))

    @button(description="Retire", url_path="retire", icon="archive", permissions=["change"])
    def one_retire(self, request: HttpRequest, object_id: str) -> HttpResponseBase | None:
        return actions.retire(self, request, self._one(request, object_id))

    @staticmethod
    def _one(request: HttpRequest, object_id: str) -> Any:
        """The device, as a queryset for the action: its page asks, and its button posts to the list's action."""
        key = unquote(object_id)
        seen = Device.objects.visible_to(request.user)
        devices = seen.filter(pk=key) if key.isascii() and key.isdigit() else seen.none()
        if not devices:
            raise Http404(f"There is no device {key}.")
        return devices
