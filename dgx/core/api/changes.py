"""The audit for programs: acts, newest first, and what each of them changed."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import mixins, serializers

from dgx.core.api.references import parse_uuid, unknown
from dgx.core.api.views import ResourceView
from dgx.core.audit import Door
from dgx.core.audit_models import ROWS_COUNTED, Change, ChangedRow

ACT: dict[str, Any] = {
    "id": "5c1f3b0e-4f6e-4b8c-9f55-9c2f0b3c7d10",
    "at": "2026-01-31T09:59:58Z",
    "door": "action",
    "who": "maria",
    "what": "Assign shop Lyon: 50 devices",
    "address": "POST /admin/devices/device/",
    "request": "0f8fad5bd9cb469fa16570867728950e",
    "kinds": ["devices.device"],
}
ROW: dict[str, Any] = {
    "kind": "devices.device",
    "object_id": 1042,
    "label": "Window (screen-17)",
    "action": "changed",
    "fields": {"shop": [3, 5]},
}


class ChangedRowSerializer(serializers.ModelSerializer[ChangedRow]):
    """One row that an act added, changed or deleted."""

    class Meta:
        model = ChangedRow
        fields = ["kind", "object_id", "label", "action", "fields"]


@extend_schema_serializer(examples=[OpenApiExample("act", ACT, response_only=True)])
class ChangeSerializer(serializers.ModelSerializer[Change]):
    """One act: who changed something, when, by which door."""

    id = serializers.UUIDField(source="act", help_text="The act's own id.")
    kinds = serializers.ListField(child=serializers.CharField(), help_text="The kinds of objects that it changed.")

    class Meta:
        model = Change
        fields = ["id", "at", "door", "who", "what", "address", "request", "kinds"]


@extend_schema_serializer(examples=[OpenApiExample("act", {**ACT, "rows": [ROW]}, response_only=True)])
class OneChangeSerializer(ChangeSerializer):
    """An act with what it changed."""

    rows = serializers.SerializerMethodField(help_text=f"What it changed, the first {ROWS_COUNTED} rows.")

    class Meta(ChangeSerializer.Meta):
        fields = [*ChangeSerializer.Meta.fields, "rows"]

    def get_rows(self, act: Change) -> list[dict[str, Any]]:
        """The rows that the caller may see."""
        rows = ChangedRow.objects.filter(change=act).visible_to(self.context["request"].user)
        return list(ChangedRowSerializer(rows.order_by("id")[:ROWS_COUNTED], many=True).data)


class ChangeFilter(filters.FilterSet):
    """Acts by door, person, time and what they changed."""

    door = filters.MultipleChoiceFilter(choices=Door.choices, distinct=False)
    who = filters.CharFilter(field_name="user__username", help_text="A user's name, exactly.")
    kind = filters.CharFilter(method="filter_kind", help_text="A kind of objects, such as `devices.device`.")
    object = filters.CharFilter(method="filter_object", help_text="How a changed object's name begins.")
    at_after = filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte")
    at_before = filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt")

    class Meta:
        model = Change
        fields: list[str] = []

    def filter_kind(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(kinds__contains=[value])

    def filter_object(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.naming(value)


@extend_schema_view(
    list=extend_schema(summary="The audit: who changed what, newest first"),
    retrieve=extend_schema(summary="One act with what it changed, from what to what"),
)
class ChangeView(mixins.ListModelMixin, mixins.RetrieveModelMixin, ResourceView):
    """What was changed of devices, groups, shops, media, links, credentials, people and periodic tasks."""

    queryset = Change.objects.all()
    filterset_class = ChangeFilter
    ordering_fields = ["at"]

    def get_serializer_class(self) -> Any:
        return OneChangeSerializer if self.action == "retrieve" else ChangeSerializer

    def get_queryset(self) -> QuerySet[Change]:
        return Change.objects.visible_to(self.request.user)

    def get_object(self) -> Change:
        uuid = parse_uuid(self.kwargs["ref"])
        found = self.get_queryset().filter(act=uuid).first() if uuid else None
        if found is None:
            raise unknown(Change, self.kwargs["ref"])
        return found
