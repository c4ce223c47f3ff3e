"""The page of a group."""

from django.contrib import admin

from devices.admin.members import device_count_column, members_panel, with_device_count
from devices.models import Group
from devices.resources import GroupResource
from dgx.core.admin.base import RECORD_FIELDS, record
from dgx.core.admin.importing import CsvPage
from dgx.core.admin.tabs import TabbedAdmin


@admin.register(Group)
class GroupAdmin(CsvPage, TabbedAdmin):
    """Devices that are run together."""

    csv = GroupResource

    list_display = ["name", device_count_column("group"), "report_interval_s", "missed_reports", "updated_at"]
    search_fields = ["name"]
    readonly_fields = ["content_version", *RECORD_FIELDS]
    fieldsets = [
        (None, {"fields": ["name"]}),
        (
            "How often its devices report",
            {"fields": [("report_interval_s", "missed_reports")], "description": "A device's own setting goes first."},
        ),
        record("content_version"),
    ]
    add_fieldsets = fieldsets[:2]
    annotators = [with_device_count("group")]
    panels = [members_panel("group")]
