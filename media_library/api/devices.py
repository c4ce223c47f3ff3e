"""What the media library knows of a device, at addresses below the device's: its placements and its manifest."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.views import DEVICE_REF
from devices.models import Device
from dgx.core.api.permissions import ActionPermissions
from dgx.core.api.references import find
from dgx.core.api.views import ScopedView
from media_library.api.links import LINK_ID
from media_library.models import Link
from media_library.services.manifest import build_manifest
from media_library.services.reach import Rule, reach

PLACEMENT: dict[str, Any] = {
    "link": LINK_ID,
    "video": "c4a1e6b2-0f7b-4b6e-8d9a-5b7f0e1d2c33",
    "video_name": "spring.mp4",
    "video_state": "ready",
    "through": "group",
    "layer": "regular",
    "display_order": 0,
    "primary": True,
    "shadowed_by": None,
    "playing_now": True,
    "rule": "plays",
    "reason": "Plays through its group.",
    "valid_from": None,
    "valid_until": None,
    "weekdays": [1, 2, 3, 4, 5],
    "start_time": "08:00:00",
    "end_time": "20:00:00",
}


MANIFEST: dict[str, Any] = {
    "tag": "d1.4-g1.9-s1.2-c1",
    "timezone": "Europe/Paris",
    "url_expires_at": "2026-01-31T11:00:00+00:00",
    "items": [
        {
            "id": PLACEMENT["video"],
            "name": PLACEMENT["video_name"],
            "type": "video",
            "mime": "video/mp4",
            "size": 1000000,
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "url": "https://media.example.com/myvideos/9f86….mp4?X-Amz-Signature=…",
            "rotation": 0,
            "fit_mode": "cover",
            "display_duration": 10,
            "order": 0,
            "window": {"days": [1, 2, 3, 4, 5], "start": "08:00:00", "end": "20:00:00"},
        }
    ],
}


@extend_schema_serializer(examples=[OpenApiExample("placement", PLACEMENT)])
class PlacementSerializer(serializers.Serializer[Any]):
    """A link that reaches the device, or from which it is excepted, and the rule that keeps it or rejects it."""

    link = serializers.UUIDField(source="link.public_id")
    video = serializers.UUIDField(source="link.video.public_id")
    video_name = serializers.CharField(source="link.video.name")
    video_state = serializers.CharField(source="link.video.state", help_text="Only ready media are played.")
    through = serializers.CharField(help_text="The link's most specific target: device, group, shop or chain.")
    layer = serializers.ChoiceField(
        source="link.layer",
        choices=Link.Layer.choices,
        help_text="Emergency before regular before default: the first with anything to show has the screen.",
    )
    display_order = serializers.IntegerField(source="link.display_order")
    primary = serializers.BooleanField(help_text="It counts; else a more specific link shows the same video.")
    shadowed_by = serializers.UUIDField(allow_null=True, help_text="The link that counts in its place.")
    playing_now = serializers.BooleanField(source="kept", help_text="It plays at the instant that was asked for.")
    rule = serializers.ChoiceField(choices=[rule.value for rule in Rule], help_text="What decided about it.")
    reason = serializers.CharField(help_text="The same for a person.")
    valid_from = serializers.DateTimeField(source="link.valid_from", allow_null=True)
    valid_until = serializers.DateTimeField(source="link.valid_until", allow_null=True)
    weekdays = serializers.ListField(
        source="link.weekdays",
        child=serializers.IntegerField(),
        allow_null=True,
        help_text="1 Monday to 7 Sunday.",
    )
    start_time = serializers.TimeField(source="link.start_time", allow_null=True)
    end_time = serializers.TimeField(source="link.end_time", allow_null=True)


class WhySerializer(serializers.Serializer[Any]):
    """What is asked for."""

    at = serializers.DateTimeField(required=False, help_text="As of this instant; without it, of now.")
    layer = serializers.MultipleChoiceField(
        choices=Link.Layer.choices, required=False, help_text="Only links of these layers."
    )


class DeviceView(ScopedView):
    """The base of views below a device's address."""

    permission_classes: Any = [ActionPermissions]
    queryset = Device.objects.with_presence()
    filter_backends: Any = []
    pagination_class: Any = None

    def get_object(self) -> Device:
        device: Device = find(self.get_queryset(), self.kwargs["ref"], other_key="mobile_id")
        return device


class DeviceLinksView(DeviceView):
    """What reaches a device, and why."""

    serializer_class = PlacementSerializer
    action_permissions = {"get": ["devices.view_device", "media_library.view_link"]}

    @extend_schema(
        operation_id="devices_links_list",
        summary="Why the device plays what it plays: every link that reaches it, in the order of play",
        parameters=[DEVICE_REF, WhySerializer],
        responses=PlacementSerializer(many=True),
    )
    def get(self, request: Request, ref: str) -> Response:
        asked = WhySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        at, layers = asked.validated_data.get("at") or timezone.now(), asked.validated_data.get("layer")
        found = [each for each in reach(self.get_object(), at=at) if not layers or each.link.layer in layers]
        return Response(PlacementSerializer(found, many=True).data)


class DeviceManifestView(DeviceView):
    """What the device would be told now."""

    action_permissions = {"get": ["devices.view_device", "media_library.view_video"]}

    @extend_schema(
        operation_id="devices_manifest_retrieve",
        summary="The manifest that the device would get now",
        parameters=[DEVICE_REF],
        responses=OpenApiTypes.OBJECT,
        examples=[
            OpenApiExample("manifest", MANIFEST, response_only=True),
        ],
    )
    def get(self, request: Request, ref: str) -> Response:
        return Response(build_manifest(self.get_object(), now=timezone.now()))
