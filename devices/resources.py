"""Devices and groups in and out as CSV."""

from typing import Any

from django.core.exceptions import ValidationError

from devices.models import Device, Group
from devices.models.device import NO_GROUP_NAMES
from dgx.core.csv_cells import ChoiceWidget, NameWidget, TextWidget, WholeWidget
from dgx.core.resources import CsvResource, column
from dgx.core.scope import is_limited
from locations.models import Shop


class DeviceResource(CsvResource):
    """Devices by their mobile_id; what they report of themselves is not for a file to say."""

    keys = ("mobile_id",)
    mobile_id = column("mobile_id", TextWidget())
    name = column("name", TextWidget())
    kind = column("kind", ChoiceWidget(Device.Kind.values))
    group = column("group_id", NameWidget(Group))
    shop = column("shop_id", NameWidget(Shop))
    report_interval_s = column("report_interval_s", WholeWidget())
    missed_reports = column("missed_reports", WholeWidget())
    notes = column("notes", TextWidget())

    class Meta:
        model = Device
        fields = ("mobile_id", "name", "kind", "group", "shop", "report_interval_s", "missed_reports", "notes")
        import_id_fields = ("mobile_id",)

    def check(self, instance: Any) -> None:
        super().check(instance)
        if instance.shop_id is None and is_limited(self.state.user):
            raise ValidationError({"shop": "You are limited to some shops; name one of them."})


class GroupResource(CsvResource):
    """Groups by their names."""

    keys = ("name",)
    name = column("name", TextWidget())
    report_interval_s = column("report_interval_s", WholeWidget())
    missed_reports = column("missed_reports", WholeWidget())

    class Meta:
        model = Group
        fields = ("name", "report_interval_s", "missed_reports")
        import_id_fields = ("name",)

    def check(self, instance: Any) -> None:
        super().check(instance)
        if instance.name.strip().casefold() in NO_GROUP_NAMES:
            raise ValidationError({"name": "This name stands for “no group” and cannot be a group's name."})
