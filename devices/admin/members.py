"""How many devices a group or a shop has, and the first of them on its page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from devices.admin.status import status_badge
from devices.models import Device
from dgx.core.admin.base import Panel

SHOWN = 24
"""Devices that a group's or shop's page names; a link leads to all."""


def with_device_count(field: str) -> Any:
    """Annotates `device_count`, of those that the person sees, on groups (`field` "group") or shops ("shop"): one
    subquery, no join per row."""

    def annotate(queryset: QuerySet[Any], user: Any) -> Any:
        rows = Device.objects.visible_to(user).filter(**{field: OuterRef("pk")}).order_by().values(field)
        counts = Subquery(rows.annotate(n=Count("pk")).values("n"))
        return queryset.annotate(device_count=Coalesce(counts, 0))

    return annotate


def device_count_column(field: str) -> Any:
    """The list's column: the number, as a link to the devices."""

    @admin.display(description="devices", ordering="device_count")
    def device_count(obj: Any) -> SafeString | str:
        return format_html('<a class="dgx-link" href="{}">{}</a>', devices_address(field, obj), obj.device_count)

    return device_count


def devices_address(field: str, obj: Any) -> str:
    """The list of devices in that group or shop."""
    return f"{reverse('admin:devices_device_changelist')}?{field}__id__exact={obj.pk}"


def members_panel(field: str) -> Panel:
    """The first devices of a group or shop with their presence."""

    def context(obj: Any, now: datetime, user: Any) -> Mapping[str, Any]:
        devices = Device.objects.visible_to(user).filter(**{field: obj}).with_status(now)
        shown = [(device, status_badge(device, now)) for device in devices[:SHOWN]]
        return {"devices": shown, "all": devices_address(field, obj), "count": obj.device_count}

    return Panel("devices/panel_members.html", context, "devices.view_device", below=True)
