"""Emergencies over /api/v1: what runs and what did, starting one, ending it."""

from typing import Any

from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from devices.models import Device, Group
from dgx.core.api.references import DeviceRefField, PublicIdField
from dgx.core.api.serializers import StrictFields
from dgx.core.api.views import ResourceView
from dgx.core.audit import describe
from dgx.core.validators import no_nul, validate_not_blank
from locations.models import Shop
from media_library.models import Emergency, Video
from media_library.services.emergency import LASTS, LASTS_AT_MOST, Scope, end, start

NEW_EMERGENCY: dict[str, Any] = {
    "name": "Water cut off",
    "whole_chain": False,
    "shops": ["8c7b2b59-0f0e-4f7a-8a52-6a8d3b6e0c21"],
    "groups": [],
    "devices": ["mobile_id:screen-1"],
    "videos": ["c4a1e6b2-0f7b-4b6e-8d9a-5b7f0e1d2c33"],
    "until": "2026-01-31T11:00:00Z",
}
EMERGENCY: dict[str, Any] = {
    "id": "d0a3f1be-7f06-4a3b-b2a9-0d2a1c5e6f70",
    **NEW_EMERGENCY,
    "devices": ["5b7f0e1d-2c33-4b6e-8d9a-c4a1e6b20f7b"],
    "screens": 12,
    "is_running": True,
    "started_by": "ada",
    "ended_at": None,
    "ended_by": None,
    "created_at": "2026-01-31T10:00:00Z",
}


@extend_schema_serializer(examples=[OpenApiExample("emergency", EMERGENCY, response_only=True)])
class EmergencySerializer(serializers.ModelSerializer[Emergency]):
    """One that runs, or ran. `until` is when it is over by itself; `ended_at`, when somebody ended it."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    is_running = serializers.SerializerMethodField(help_text="It has its screens now.")
    started_by: Any = serializers.SlugRelatedField(slug_field="username", read_only=True, help_text="A user's name.")
    ended_by: Any = serializers.SlugRelatedField(slug_field="username", read_only=True, help_text="A user's name.")

    class Meta:
        model = Emergency
        fields = list(EMERGENCY)
        read_only_fields = fields

    def get_is_running(self, emergency: Emergency) -> bool:
        return emergency.is_running(self.context["now"])


@extend_schema_serializer(examples=[OpenApiExample("new emergency", NEW_EMERGENCY, request_only=True)])
class StartSerializer(StrictFields):
    """Whose screens, with what, until when."""

    name = serializers.CharField(max_length=200, validators=[no_nul, validate_not_blank], help_text="What it is.")
    whole_chain = serializers.BooleanField(default=False, help_text="Every screen, whatever else is named.")
    shops = PublicIdField(queryset=Shop.objects.all(), many=True, required=False)
    groups = PublicIdField(queryset=Group.objects.all(), many=True, required=False)
    devices = DeviceRefField(queryset=Device.objects.all(), many=True, required=False)
    videos = PublicIdField(queryset=Video.objects.all(), many=True, help_text="In the order of play.")
    until = serializers.DateTimeField(
        required=False,
        help_text=f"At most {LASTS_AT_MOST.days} days from now; {LASTS.seconds // 60} minutes from now without it.",
    )

    def scope(self) -> Scope:
        """Whose screens."""
        given = self.validated_data
        if given["whole_chain"]:
            return Scope(whole_chain=True)
        return Scope(shops=given.get("shops", ()), groups=given.get("groups", ()), devices=given.get("devices", ()))


class EmergencyFilter(filters.FilterSet):
    """Emergencies by whether they run."""

    running = filters.BooleanFilter(method="filter_running", help_text="true: those that run; false: those over.")

    class Meta:
        model = Emergency
        fields: list[str] = []

    def filter_running(self, queryset: Any, name: str, value: bool) -> Any:
        now = timezone.now()
        return queryset.running(now) if value else queryset.over(now)


@extend_schema_view(
    list=extend_schema(summary="Emergencies, the latest first"), retrieve=extend_schema(summary="One emergency")
)
class EmergencyView(mixins.RetrieveModelMixin, mixins.ListModelMixin, ResourceView):
    """Videos that take screens over until an end, after which each screen reverts by itself."""

    queryset = Emergency.objects.select_related("started_by", "ended_by")
    serializer_class = EmergencySerializer
    filterset_class = EmergencyFilter
    search_fields = ["name"]
    ordering = ["-created_at"]
    ordering_fields = ["name", "created_at", "until"]
    action_permissions = {
        "create": ["media_library.manage_emergencies"],
        "end": ["media_library.manage_emergencies"],
    }

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": timezone.now()}

    @extend_schema(
        summary="Take screens over",
        description="409 where one of the videos runs in one of the places as an emergency already.",
        request=StartSerializer,
        responses={201: EmergencySerializer},
    )
    def create(self, request: Request) -> Response:
        body = StartSerializer(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        given, now = body.validated_data, timezone.now()
        describe(f"Start emergency {given['name']}")
        until = given.get("until", now + LASTS)
        scope, videos = body.scope(), given["videos"]
        made = start(name=given["name"], scope=scope, videos=videos, until=until, by=request.user, now=now)
        return self.answer(made, status=status.HTTP_201_CREATED)

    @extend_schema(summary="Give the screens back now; 409 when it is over", request=None)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, ref: str) -> Response:
        emergency = self.get_object()
        describe(f"End emergency {emergency.name}")
        end(emergency, by=request.user, now=timezone.now())
        return self.answer(emergency)
