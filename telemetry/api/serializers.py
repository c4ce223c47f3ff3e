"""Device logs as /api/v1 shows them."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from telemetry.models import DeviceLog

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
