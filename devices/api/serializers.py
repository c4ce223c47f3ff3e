"""Devices, groups and presence as /api/v1 shows and takes them."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from devices.models import Device, Group, Presence, PresenceFlip
from devices.services.status import Status, StatusCode, status_of
from devices.services.uptime import Session
from dgx.core.api.references import PublicIdField
from dgx.core.api.serializers import ResourceSerializer
from locations.models import Shop

DEVICE_ID = "5b0d5a6e-51f5-4b8a-8f0c-3a1a2f4b9e55"
GROUP_ID = "8c7b2b59-0f0e-4f7a-8a52-6a8d3b6e0c21"
SHOP_ID = "2f1c5a0e-6a57-4a0e-9b65-0f7f7b0d8c11"
PRESENCE: dict[str, Any] = {
    "is_online": True,
    "last_seen_at": "2026-01-31T09:59:58Z",
    "since": "2026-01-31T07:00:02Z",
    "silent_after_s": 60,
    "temperature": 41.5,
    "temperature_at": "2026-01-31T09:59:58Z",
    "daily_count": 12,
    "monthly_count": 840,
    "missing": 0,
    "playing": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "storage_free": 12000000000,
    "clock_offset_s": -0.4,
}
NEW_DEVICE: dict[str, Any] = {
    "mobile_id": "screen-1",
    "name": "Door",
    "kind": "player",
    "group": GROUP_ID,
    "shop": SHOP_ID,
    "notes": "",
    "report_interval_s": None,
    "missed_reports": None,
}
READ_DEVICE: dict[str, Any] = {
    "id": DEVICE_ID,
    **NEW_DEVICE,
    "state": "enrolled",
    "group_name": "Windows",
    "shop_name": "Lyon Part-Dieu",
    "screen": "1920x1080",
    "app_version": "3.2.0",
    "tag": "d1.4-g1.9-s1.2-c1",
    "download_status": True,
    "status": {
        "code": "online",
        "label": "Online",
        "since": "2026-01-31T07:00:02Z",
        "reasons": ["Its last report came 2 s ago."],
    },
    "presence": PRESENCE,
    "created_at": "2026-01-01T08:00:00Z",
    "updated_at": "2026-01-01T08:00:00Z",
}
NEW_GROUP: dict[str, Any] = {"name": "Windows", "report_interval_s": 30, "missed_reports": None}


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "group",
            {
                "id": GROUP_ID,
                **NEW_GROUP,
                "created_at": "2026-01-01T08:00:00Z",
                "updated_at": "2026-01-01T08:00:00Z",
            },
            response_only=True,
        ),
        OpenApiExample("new group", NEW_GROUP, request_only=True),
    ]
)
class GroupSerializer(ResourceSerializer):
    """Devices that are run together."""

    class Meta:
        model = Group
        fields = ["id", "name", "report_interval_s", "missed_reports", "created_at", "updated_at"]
        read_only_fields = ["created_at", "updated_at"]


class PresenceSerializer(serializers.ModelSerializer[Presence]):
    """What a device's reports said last; nobody edits it."""

    daily_count = serializers.SerializerMethodField(help_text="Door openings today, on the shop's clock.")
    monthly_count = serializers.SerializerMethodField(help_text="Door openings this month, likewise.")
    temperature = serializers.SerializerMethodField(help_text="Degrees Celsius, as last reported; null: never.")

    class Meta:
        model = Presence
        fields = list(PRESENCE)
        read_only_fields = fields

    def get_daily_count(self, presence: Presence) -> int:
        return presence.door_openings(timezone.now())[0]

    def get_monthly_count(self, presence: Presence) -> int:
        return presence.door_openings(timezone.now())[1]

    def get_temperature(self, presence: Presence) -> float | None:
        return presence.temperature if presence.temperature_at else None


class StatusSerializer(serializers.Serializer[Status]):
    """What a device's status is, since when, and why: the same as the admin shows."""

    code = serializers.ChoiceField(choices=StatusCode.choices)
    label = serializers.CharField(help_text="The status as people read it.")  # type: ignore[assignment]  # a field's name
    since = serializers.DateTimeField(allow_null=True, help_text="Null where it is not kept.")
    reasons = serializers.ListField(child=serializers.CharField(), help_text="The evidence, a sentence each.")


@extend_schema_serializer(
    examples=[
        OpenApiExample("device", READ_DEVICE, response_only=True),
        OpenApiExample("new device", NEW_DEVICE, request_only=True),
    ]
)
class DeviceSerializer(ResourceSerializer):
    """A device, with its presence and whether it holds what it should."""

    group = PublicIdField(queryset=Group.objects.all(), allow_null=True, required=False)
    group_name = serializers.CharField(source="group.name", read_only=True, allow_null=True)
    shop = PublicIdField(queryset=Shop.objects.all(), allow_null=True, required=False)
    shop_name = serializers.CharField(source="shop.name", read_only=True, allow_null=True)
    tag = serializers.CharField(read_only=True, help_text="The manifest tag of what it should hold.")
    download_status = serializers.BooleanField(
        source="holds_tag", read_only=True, help_text="It last reported that it holds just that, complete."
    )
    status = serializers.SerializerMethodField()
    presence = PresenceSerializer(read_only=True)

    class Meta:
        model = Device
        fields = list(READ_DEVICE)
        read_only_fields = ["state", "screen", "app_version", "created_at", "updated_at"]

    @extend_schema_field(StatusSerializer)
    def get_status(self, device: Device) -> dict[str, Any]:
        status: dict[str, Any] = StatusSerializer(status_of(device, self.context["view"].now)).data
        return status


@extend_schema_serializer(
    examples=[OpenApiExample("flip", {"is_online": False, "at": "2026-01-31T09:59:58Z", "reason": "silence"})]
)
class FlipSerializer(serializers.ModelSerializer[PresenceFlip]):
    """A device turned online or offline."""

    class Meta:
        model = PresenceFlip
        fields = ["is_online", "at", "reason"]


class SessionSerializer(serializers.Serializer[Session]):
    """A stretch of time in one state."""

    is_online = serializers.BooleanField()
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    duration_s = serializers.SerializerMethodField()
    ongoing = serializers.BooleanField(help_text="It reaches the end of what was asked without a flip.")

    def get_duration_s(self, session: Session) -> float:
        return session.duration.total_seconds()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "uptime",
            {
                "start": "2026-01-31T00:00:00Z",
                "end": "2026-01-31T10:00:00Z",
                "online_s": 9000.0,
                "offline_s": 1000.0,
                "online_share": 0.9,
                "sessions": [
                    {
                        "is_online": True,
                        "start": "2026-01-31T07:13:20Z",
                        "end": "2026-01-31T09:43:20Z",
                        "duration_s": 9000.0,
                        "ongoing": False,
                    },
                    {
                        "is_online": False,
                        "start": "2026-01-31T09:43:20Z",
                        "end": "2026-01-31T10:00:00Z",
                        "duration_s": 1000.0,
                        "ongoing": True,
                    },
                ],
            },
        )
    ]
)
class UptimeSerializer(serializers.Serializer[Any]):
    """How long a device was online, made of its flips alone; the time before its first flip is in no session."""

    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    online_s = serializers.FloatField()
    offline_s = serializers.FloatField()
    online_share = serializers.FloatField(help_text="Online over known time, 0 to 1.")
    sessions = SessionSerializer(many=True)


@extend_schema_serializer(
    examples=[OpenApiExample("token", {"token": "dgxd_8mN2…", "old_tokens_until": "2026-02-01T10:00:00Z"})]
)
class RotatedTokenSerializer(serializers.Serializer[Any]):
    """A device's new token, this once."""

    token = serializers.CharField(help_text="Shown this once; we keep its SHA-256.")
    old_tokens_until = serializers.DateTimeField(help_text="Those before it work until then.")
