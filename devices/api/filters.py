"""What lists of devices, groups, pairings and keys can be narrowed to."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters

from devices.models import Device, EnrolmentKey, Group, Pairing
from devices.services.status import StatusCode
from dgx.core.api.filters import RefFilter
from locations.models import Shop


class DeviceFilter(filters.FilterSet):
    """Devices by what they are, where they are and how they do."""

    is_online = filters.BooleanFilter(field_name="presence__is_online")
    group = RefFilter(Group.objects.all(), help_text="A group's id, or `none`.")
    shop = RefFilter(Shop.objects.all(), help_text="A shop's id, or `none`.")
    status = filters.MultipleChoiceFilter(
        choices=StatusCode.choices,
        method="filter_status",
        help_text="One or more; what each means: docs/operating/status.md.",
    )
    kind = filters.MultipleChoiceFilter(choices=Device.Kind.choices, distinct=False)
    state = filters.MultipleChoiceFilter(choices=Device.State.choices, distinct=False)
    last_seen_after = filters.IsoDateTimeFilter(field_name="presence__last_seen_at", lookup_expr="gte")
    last_seen_before = filters.IsoDateTimeFilter(field_name="presence__last_seen_at", lookup_expr="lt")
    never_seen = filters.BooleanFilter(field_name="presence__last_seen_at", lookup_expr="isnull")
    holds_tag = filters.BooleanFilter(help_text="It holds what it should, complete.")
    download_status = filters.BooleanFilter(field_name="holds_tag", help_text="The same, under its old name.")

    class Meta:
        model = Device
        fields = {
            "mobile_id": ["exact", "icontains"],
            "app_version": ["exact"],
        }

    def filter_status(self, queryset: Any, name: str, value: list[str]) -> Any:
        return queryset.in_status(value, timezone.now()) if value else queryset


class GroupFilter(filters.FilterSet):
    """Groups by name."""

    class Meta:
        model = Group
        fields = {"name": ["exact", "icontains"]}


class PairingFilter(filters.FilterSet):
    """Pairings by how far they have come."""

    waiting = filters.BooleanFilter(
        method="filter_waiting", help_text="True: an operator may type the code now; false: the others."
    )

    class Meta:
        model = Pairing
        fields = ["state", "mobile_id", "code"]

    def filter_waiting(self, queryset: QuerySet[Pairing], name: str, value: bool) -> QuerySet[Pairing]:
        waiting = Pairing.objects.pending(timezone.now())
        return queryset.filter(pk__in=waiting) if value else queryset.exclude(pk__in=waiting)


class EnrolmentKeyFilter(filters.FilterSet):
    """Enrolment keys by where they lead and whether they still open."""

    usable = filters.BooleanFilter(method="filter_usable", help_text="It lets one more device in now.")
    group = RefFilter(Group.objects.all(), help_text="A group's id, or `none`.")
    shop = RefFilter(Shop.objects.all(), help_text="A shop's id, or `none`.")

    class Meta:
        model = EnrolmentKey
        fields: list[Any] = []

    def filter_usable(self, queryset: QuerySet[EnrolmentKey], name: str, value: bool) -> QuerySet[EnrolmentKey]:
        usable = EnrolmentKey.objects.usable(timezone.now())
        return queryset.filter(pk__in=usable) if value else queryset.exclude(pk__in=usable)
