"""Devices and groups over /api/v1. What upper layers know of a device (its links, manifest and logs) is at addresses
below the device's own, in their own views."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.functional import cached_property
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.filters import DeviceFilter, GroupFilter
from devices.api.replacement import ReplaceDevice
from devices.api.serializers import (
    DeviceSerializer,
    FlipSerializer,
    GroupSerializer,
    RotatedTokenSerializer,
    UptimeSerializer,
)
from devices.models import Device, Group
from devices.services.enrolment import ROTATION_OVERLAP, allow_pairing, retire, rotate_token
from devices.services.uptime import uptime
from dgx.core.api.serializers import StrictFields
from dgx.core.api.views import ResourceViewSet

UPTIME_DEFAULT = timedelta(days=30)
UPTIME_LONGEST = timedelta(days=366)
DEVICE_REF = OpenApiParameter("ref", str, OpenApiParameter.PATH, description="UUID, or `mobile_id:<value>`.")


class StretchSerializer(StrictFields):
    """From when until when, in a query; half-open, `end` is now and `start` 30 days before it unless given."""

    start = serializers.DateTimeField(required=False)
    end = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        now: datetime = self.context["now"]
        end = min(attrs.get("end", now), now)
        start = attrs.get("start", end - UPTIME_DEFAULT)
        if start >= end:
            raise serializers.ValidationError({"start": "Must be before the end, and not in the future."})
        if end - start > UPTIME_LONGEST:
            raise serializers.ValidationError({"start": f"Must be at most {UPTIME_LONGEST.days} days before the end."})
        return {"start": start, "end": end}


@extend_schema_view(
    list=extend_schema(summary="Devices"),
    create=extend_schema(summary="Register a device"),
    retrieve=extend_schema(summary="One device", parameters=[DEVICE_REF]),
    update=extend_schema(summary="Replace a device's fields", parameters=[DEVICE_REF]),
    partial_update=extend_schema(summary="Change some of a device's fields", parameters=[DEVICE_REF]),
    destroy=extend_schema(
        summary="Delete a device and its history; 409 with its uses while links name it", parameters=[DEVICE_REF]
    ),
)
class DeviceView(ReplaceDevice, ResourceViewSet):
    """Players, sensors, cameras, gateways and tags."""

    queryset = Device.objects.all()
    serializer_class = DeviceSerializer
    filterset_class = DeviceFilter
    other_key = "mobile_id"
    search_fields = ["mobile_id", "name", "notes"]
    ordering_fields = [
        "mobile_id",
        "name",
        "kind",
        "state",
        "app_version",
        "created_at",
        "updated_at",
        "group__name",
        "shop__name",
        "presence__last_seen_at",
        "presence__since",
        "presence__temperature",
    ]
    action_permissions = {
        "replace": ["devices.change_device"],
        "flips": ["devices.view_device", "devices.view_presenceflip"],
        "uptime": ["devices.view_device", "devices.view_presenceflip"],
        "rotate_token": ["devices.change_device"],
        "retire": ["devices.change_device"],
        "allow_pairing": ["devices.change_device"],
    }

    @cached_property
    def now(self) -> datetime:
        """The instant that this request is about."""
        return timezone.now()

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        return rows.with_status(self.now)

    @extend_schema(
        summary="When it turned online and offline, the latest first",
        parameters=[DEVICE_REF],
        responses=FlipSerializer(many=True),
        filters=False,
    )
    @action(detail=True, filter_backends=[])
    def flips(self, request: Request, ref: str) -> Response:
        page = self.paginate_queryset(self.get_object().flips.order_by("-at", "-id"))
        return self.get_paginated_response(FlipSerializer(page, many=True).data)

    @extend_schema(
        summary="How long it was online",
        parameters=[DEVICE_REF, StretchSerializer],
        responses=UptimeSerializer,
        filters=False,
    )
    @action(detail=True, filter_backends=[], pagination_class=None)
    def uptime(self, request: Request, ref: str) -> Response:
        now = timezone.now()
        asked = StretchSerializer(data=request.query_params.dict(), context={"now": now})
        asked.is_valid(raise_exception=True)
        found = uptime(self.get_object(), **asked.validated_data, now=now)
        body = {
            **asked.validated_data,
            "online_s": found.seconds(online=True),
            "offline_s": found.seconds(online=False),
            "online_share": found.online_share,
            "sessions": found.sessions,
        }
        return Response(UptimeSerializer(body).data)

    @extend_schema(
        summary="A new token; those before it work for another day",
        parameters=[DEVICE_REF],
        request=None,
        responses=RotatedTokenSerializer,
    )
    @action(detail=True, methods=["post"], url_path="rotate-token")
    def rotate_token(self, request: Request, ref: str) -> Response:
        now = timezone.now()
        token = rotate_token(self.get_object(), now=now)
        return Response(RotatedTokenSerializer({"token": token, "old_tokens_until": now + ROTATION_OVERLAP}).data)

    @extend_schema(
        summary="Take it out of service; its tokens stop working, its history stays",
        parameters=[DEVICE_REF],
        request=None,
        responses=DeviceSerializer,
    )
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, ref: str) -> Response:
        device = self.get_object()
        retire(Device.objects.filter(pk=device.pk), now=timezone.now())
        return self.answer(device)

    @extend_schema(
        summary="Let it come in once more; its tokens stop working at once",
        parameters=[DEVICE_REF],
        request=None,
        responses=DeviceSerializer,
    )
    @action(detail=True, methods=["post"], url_path="allow-pairing")
    def allow_pairing(self, request: Request, ref: str) -> Response:
        device = self.get_object()
        allow_pairing(Device.objects.filter(pk=device.pk), now=timezone.now())
        return self.answer(device)


@extend_schema_view(
    list=extend_schema(summary="Groups"),
    create=extend_schema(summary="Add a group"),
    retrieve=extend_schema(summary="One group"),
    update=extend_schema(summary="Replace a group's fields"),
    partial_update=extend_schema(summary="Change some of a group's fields"),
    destroy=extend_schema(summary="Delete a group; 409 with its uses while devices or links name it"),
)
class GroupView(ResourceViewSet):
    """Devices that are run together."""

    queryset = Group.objects.all()
    serializer_class = GroupSerializer
    filterset_class = GroupFilter
    search_fields = ["name"]
    ordering_fields = ["name", "created_at", "updated_at"]
