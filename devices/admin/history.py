"""Adds their latest changes to the pages of devices, groups and shops."""

from devices.admin import device, group, shop  # noqa: F401 — registers the pages that are extended here
from devices.models import Device, Group
from dgx.core.admin.base import extend
from dgx.core.admin.history_panel import changes_page
from locations.models import Shop

for model in (Device, Group, Shop):
    extend(model, subpages=[changes_page(model)])
