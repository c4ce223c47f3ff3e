"""What logs and plays can be narrowed to; pages and exports share it."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework.exceptions import ValidationError

from devices.models import Device, Group
from dgx.core.api.filters import RefFilter
from locations.models import Shop
from media_library.models import Video
from telemetry.models import DeviceLog, PlayHour

DEFAULT_STRETCH = timedelta(hours=24)
LONGEST_STRETCH = timedelta(days=31)
"""Without a device, whose logs an index finds, a page reads every log of its stretch of time: so that is bounded."""


class LogFilter(filters.FilterSet):
    """Logs by device or where it stands now, type, time and value."""

    device = RefFilter(Device.objects.all(), other_key="mobile_id", help_text="A device's id, or `mobile_id:<value>`.")
    group = RefFilter(Group.objects.all(), field_name="device__group", help_text="Its present group's id, or `none`.")
    shop = RefFilter(Shop.objects.all(), field_name="device__shop", help_text="Its present shop's id, or `none`.")
    log_type = filters.CharFilter()
    logged_at_after = filters.IsoDateTimeFilter(field_name="logged_at", lookup_expr="gte")
    logged_at_before = filters.IsoDateTimeFilter(field_name="logged_at", lookup_expr="lt")
    value_min = filters.NumberFilter(field_name="value", lookup_expr="gte")
    value_max = filters.NumberFilter(field_name="value", lookup_expr="lte")

    class Meta:
        model = DeviceLog
        fields: list[str] = []


class LogPageFilter(LogFilter):
    """For pages: without a device the last 24 hours, or a stretch of at most 31 days that the caller names."""

    def filter_queryset(self, queryset: Any) -> Any:
        found = super().filter_queryset(queryset)
        if self.form.cleaned_data.get("device"):
            return found
        now = timezone.now()
        end: datetime = self.form.cleaned_data.get("logged_at_before") or now + DEFAULT_STRETCH
        start = self.form.cleaned_data.get("logged_at_after") or min(end, now) - DEFAULT_STRETCH
        if end - start > LONGEST_STRETCH + DEFAULT_STRETCH:
            raise ValidationError(
                {"logged_at_after": [f"Name a device, or a stretch of at most {LONGEST_STRETCH.days} days."]}
            )
        return found.between(start, end)


class VideoFilter(RefFilter):
    """Likewise of plays' videos, whose rows stay when their video is deleted: `none` asks for those too."""

    def filter(self, qs: Any, value: str) -> Any:
        return qs.filter(video__name=None) if value == "none" else super().filter(qs, value)


class PlayFilter(filters.FilterSet):
    """Plays by device, the shop in which they were shown, the device's present group, file and hour."""

    device = RefFilter(Device.objects.all(), other_key="mobile_id", help_text="A device's id, or `mobile_id:<value>`.")
    group = RefFilter(Group.objects.all(), field_name="device__group", help_text="Its present group's id, or `none`.")
    shop = RefFilter(Shop.objects.all(), help_text="The id of the shop in which it was shown, or `none`.")
    video = VideoFilter(
        Video.all_objects.all(), help_text="A video's id, or `none`: unknown or deleted; name hours too."
    )
    sha256 = filters.CharFilter()
    hour_after = filters.IsoDateTimeFilter(field_name="hour", lookup_expr="gte")
    hour_before = filters.IsoDateTimeFilter(field_name="hour", lookup_expr="lt")

    class Meta:
        model = PlayHour
        fields: list[str] = []
