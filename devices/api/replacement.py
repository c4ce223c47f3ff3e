"""POST /api/v1/devices/{ref}/replace: new hardware in a device's place."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from devices.models import Device
from devices.services.replacement import find_hardware, preview, replace
from dgx.core.api.references import DeviceRefField
from dgx.core.api.serializers import StrictFields


@extend_schema_serializer(
    examples=[
        OpenApiExample("by the code on its screen", {"pairing_code": "7KQ2MX"}, request_only=True),
        OpenApiExample("another device", {"device": "mobile_id:screen-18", "dry_run": True}, request_only=True),
    ]
)
class ReplaceSerializer(StrictFields):
    """The new hardware: the code that it shows, or another device."""

    pairing_code = serializers.CharField(max_length=20, required=False, help_text="What the new screen shows.")
    device = DeviceRefField(queryset=Device.objects.all(), required=False, help_text="Or a device that is known.")
    dry_run = serializers.BooleanField(default=False, help_text="Only say what would happen.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "replaced",
            {
                "done": True,
                "effect": [
                    "Window (screen-18) takes the place of Window (screen-17): group Windows, shop Lyon.",
                    "It is called Window from then on.",
                    "It takes over 3 links of its own.",
                ],
                "device": "a8f7a6f1-4f6e-4b8c-9f55-9c2f0b3c7d10",
            },
            response_only=True,
        )
    ]
)
class ReplacedSerializer(serializers.Serializer[Any]):
    """What happened, or would."""

    done = serializers.BooleanField(help_text="False: it was a dry run.")
    effect = serializers.ListField(child=serializers.CharField(), help_text="A sentence each.")
    device = serializers.UUIDField(allow_null=True, help_text="The device that stands there now; null in a dry run.")


class ReplaceDevice:
    """A mixin of the devices' view."""

    @extend_schema(
        summary="Put new hardware in its place: links, group, shop, name and settings move, the old one is retired",
        parameters=[OpenApiParameter("ref", str, OpenApiParameter.PATH, description="UUID, or `mobile_id:<value>`.")],
        request=ReplaceSerializer,
        responses=ReplacedSerializer,
    )
    @action(detail=True, methods=["post"])
    def replace(self, request: Request, ref: str) -> Response:
        """By the right to change devices; a code needs those to pair as well, links the right to change them."""
        view: Any = self
        old = view.get_object()
        asked = ReplaceSerializer(data=request.data, context={"request": request})
        asked.is_valid(raise_exception=True)
        given, now = asked.validated_data, timezone.now()
        person: Any = request.user
        new = find_hardware(code=given.get("pairing_code", ""), device=given.get("device"), by=person, now=now)
        effect = preview(old, new, by=person)
        done = None if given["dry_run"] else replace(old, new, by=person, now=now)
        body = {"done": done is not None, "effect": effect, "device": done.public_id if done else None}
        return Response(ReplacedSerializer(body).data)
