"""Enrolment keys, whose secret is shown once, and the devices' tokens, of which only the beginning is ever shown."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateTimeFilter
from unfold.decorators import action as button

from devices.admin.key_sheet import sheet_view
from devices.models import DeviceToken, EnrolmentKey
from devices.services.enrolment import make_enrolment_key
from dgx.core.admin.base import RECORD_FIELDS, PageAdmin, ReadOnlyAdmin, record
from dgx.core.admin.steps import Revocable, SecretOnce
from dgx.core.admin.words import badge


@admin.register(EnrolmentKey)
class EnrolmentKeyAdmin(SecretOnce, Revocable, PageAdmin):
    """Keys that let new devices in. The key itself is shown once, after “Save”."""

    list_display = ["label", "key", "group", "shop", "used", "standing", "expires_at"]
    list_select_related = ["group", "shop"]
    list_filter = [("group", AutocompleteSelectFilter), ("shop", AutocompleteSelectFilter)]
    search_fields = ["label", "prefix"]
    autocomplete_fields = ["group", "shop"]
    placed_by = ("shop",)
    readonly_fields = ["key", "standing", "uses", "revoked_at", "created_by", *RECORD_FIELDS]
    fieldsets = [
        (None, {"fields": ["label", ("group", "shop"), ("expires_at", "max_uses")]}),
        ("Use", {"fields": [("key", "standing"), ("uses", "revoked_at"), "created_by"]}),
        record(),
    ]
    add_fieldsets = fieldsets[:1]
    actions = ["revoke"]
    actions_list = ["print_sheet"]
    shown_title = "Copy the enrolment key now"
    shown_text = "Give it to the devices that are to enrol. It is shown this once: only its fingerprint is kept."
    revoke_text = "No more devices come in by these keys. Those that did keep their tokens."

    def get_queryset(self, request: HttpRequest) -> QuerySet[EnrolmentKey]:
        return super().get_queryset(request).select_related("created_by", "group", "shop")

    def issue(self, request: HttpRequest, values: dict[str, Any]) -> tuple[EnrolmentKey, str]:
        return make_enrolment_key(**values, created_by=request.user)

    @button(description="Print a sheet…", url_path="sheet", icon="print", permissions=["add"])
    def print_sheet(self, request: HttpRequest) -> HttpResponse:
        return sheet_view(self, request)

    @admin.display(description="key", ordering="prefix")
    def key(self, obj: EnrolmentKey) -> str:
        return f"{obj.prefix}…"

    @admin.display(description="used", ordering="uses")
    def used(self, obj: EnrolmentKey) -> str:
        return f"{obj.uses} of {obj.max_uses}" if obj.max_uses else str(obj.uses)

    @admin.display(description="standing")
    def standing(self, obj: EnrolmentKey) -> SafeString:
        if obj.revoked_at:
            return badge("bad", "Revoked")
        if obj.expires_at and obj.expires_at <= timezone.now():
            return badge("calm", "Expired")
        if obj.max_uses and obj.uses >= obj.max_uses:
            return badge("calm", "Used up")
        return badge("good", "Open")


@admin.register(DeviceToken)
class DeviceTokenAdmin(ReadOnlyAdmin):
    """Which device has which tokens."""

    list_display = ["token", "device", "standing", "created_at", "expires_at", "revoked_at"]
    list_select_related = ["device"]
    list_filter = [("created_at", RangeDateTimeFilter), ("device", AutocompleteSelectFilter)]
    search_fields = ["prefix", "device__mobile_id"]
    ordering = ["-pk"]  # the newest first, by an index
    fields = ["token", "device", "standing", "created_at", "expires_at", "revoked_at"]
    readonly_fields = ["token", "standing"]
    goes_with_owner = True

    @admin.display(description="token", ordering="prefix")
    def token(self, obj: DeviceToken) -> str:
        return f"{obj.prefix}…"

    @admin.display(description="standing")
    def standing(self, obj: DeviceToken) -> SafeString:
        if obj.revoked_at:
            return badge("bad", "Revoked")
        if not obj.is_valid(timezone.now()):
            return badge("calm", "Expired")
        return badge("warn", "Replaced, works a while") if obj.expires_at else badge("good", "In use")
