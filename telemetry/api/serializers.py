"""Device logs and proof of play as /api/v1 shows them."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from locations.models import Shop
from media_library.models import Video
from telemetry.models import DeviceLog, PlayHour

LOG: dict[str, Any] = {
    "id": 81204,
    "device": "5b0d5a6e-51f5-4b8a-8f0c-3a1a2f4b9e55",
    "mobile_id": "screen-1",
    "log_type": "temperature",
    "value": 41.5,
    "message": None,
    "tags": {},
    "logged_at": "2026-01-31T09:59:58Z",
    "received_at": "2026-01-31T10:00:01Z",
}


@extend_schema_serializer(examples=[OpenApiExample("log", LOG)])
class DeviceLogSerializer(serializers.ModelSerializer[DeviceLog]):
    """One thing that a device reported."""

    device = serializers.UUIDField(source="device.public_id")
    mobile_id = serializers.CharField(source="device.mobile_id")
    tags = extend_schema_field(OpenApiTypes.OBJECT)(serializers.JSONField)()

    class Meta:
        model = DeviceLog
        fields = list(LOG)


PLAY: dict[str, Any] = {
    "id": 5120,
    "device": "5b0d5a6e-51f5-4b8a-8f0c-3a1a2f4b9e55",
    "mobile_id": "screen-1",
    "shop": "0b1f6f0a-93a5-4d0e-8c6b-6f0f8f5f2f11",
    "shop_name": "Lyon Part-Dieu",
    "video": "c4a1e6b2-0f7b-4b6e-8d9a-5b7f0e1d2c33",
    "video_name": "spring.mp4",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "hour": "2026-01-31T09:00:00Z",
    "count": 118,
    "seconds": 3540.0,
}


@extend_schema_serializer(examples=[OpenApiExample("play", PLAY)])
class PlayHourSerializer(serializers.ModelSerializer[PlayHour]):
    """How often and how long a device showed a file in one hour, and in which shop. `video` and `shop` are null where
    they are unknown or deleted; their names stay."""

    device = serializers.UUIDField(source="device.public_id")
    mobile_id = serializers.CharField(source="device.mobile_id")
    shop = serializers.SlugRelatedField[Shop](slug_field="public_id", read_only=True, allow_null=True)
    video = serializers.SlugRelatedField[Video](slug_field="public_id", read_only=True, allow_null=True)

    class Meta:
        model = PlayHour
        fields = list(PLAY)
