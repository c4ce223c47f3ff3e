"""How devices come in, for operators' programs: pairings and enrolment keys."""

from datetime import datetime
from typing import Any, cast

from django.contrib.auth.models import User
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.filters import EnrolmentKeyFilter, PairingFilter
from devices.api.serializers import DEVICE_ID, GROUP_ID, SHOP_ID
from devices.models import EnrolmentKey, Group, Pairing
from devices.services.enrolment import make_enrolment_key, refuse_pairings
from devices.services.pairing_codes import approve_code
from dgx.core.api.keys import SecretView, validate_future
from dgx.core.api.references import PublicIdField
from dgx.core.api.serializers import ResourceSerializer, StrictFields
from dgx.core.api.views import ResourceView
from dgx.core.errors import Conflict
from dgx.core.validators import NAME_MAX_LENGTH
from locations.models import Shop

PAIRING: dict[str, Any] = {
    "id": "0a8a6d8f-5f1e-4c33-8f2b-6d3f8f0b9a77",
    "code": "K7PX4M",
    "mobile_id": "screen-1",
    "kind": "player",
    "name": "Door",
    "screen": "1920x1080",
    "app_version": "3.2.0",
    "state": "approved",
    "group": GROUP_ID,
    "shop": SHOP_ID,
    "device": DEVICE_ID,
    "expires_at": "2026-01-31T10:15:00Z",
    "created_at": "2026-01-31T10:00:00Z",
}
APPROVAL = {"code": "K7PX4M", "name": "Door", "group": GROUP_ID, "shop": SHOP_ID}
NEW_KEY: dict[str, Any] = {
    "label": "opening of the Lyon shop",
    "group": GROUP_ID,
    "shop": SHOP_ID,
    "expires_at": "2030-02-28T23:00:00Z",
    "max_uses": 20,
}
KEY: dict[str, Any] = {
    "id": "6f0f0e2d-2f53-4e0c-9f5c-21b9a7d3f0b4",
    **NEW_KEY,
    "prefix": "dgxe_Zq81bCd",
    "uses": 3,
    "revoked_at": None,
    "created_at": "2026-01-31T10:00:00Z",
}


@extend_schema_serializer(examples=[OpenApiExample("pairing", PAIRING, response_only=True)])
class PairingSerializer(ResourceSerializer):
    """A device that asked to come in."""

    group = PublicIdField(read_only=True, allow_null=True)
    shop = PublicIdField(read_only=True, allow_null=True)
    device = PublicIdField(read_only=True, allow_null=True)

    class Meta:
        model = Pairing
        fields = list(PAIRING)
        read_only_fields = fields


@extend_schema_serializer(examples=[OpenApiExample("approval", APPROVAL, request_only=True)])
class ApprovalSerializer(StrictFields):
    """The code that a screen shows, what its device is called, and where it goes. One that was registered beforehand
    keeps its name and place."""

    code = serializers.CharField(max_length=20)
    name = serializers.CharField(
        max_length=NAME_MAX_LENGTH,
        allow_blank=True,
        allow_null=True,
        default=None,
        help_text="What people call it; null: as it calls itself.",
    )
    group = PublicIdField(queryset=Group.objects.all(), allow_null=True, default=None)
    shop = PublicIdField(queryset=Shop.objects.all(), allow_null=True, default=None)


@extend_schema_view(
    list=extend_schema(summary="Pairings, the latest first"), retrieve=extend_schema(summary="One pairing")
)
class PairingView(mixins.ListModelMixin, mixins.RetrieveModelMixin, ResourceView):
    """Screens that show a code and wait for an operator."""

    queryset = Pairing.objects.select_related("group", "shop", "device")
    serializer_class = PairingSerializer
    filterset_class = PairingFilter
    search_fields = ["code", "mobile_id", "name"]
    ordering_fields = ["created_at", "expires_at", "mobile_id"]
    action_permissions = {
        "approve": ["devices.change_pairing", "devices.add_device"],
        "refuse": ["devices.change_pairing"],
    }

    @property
    def operator(self) -> User:
        """Who decides; the permissions let nobody else through."""
        return cast("User", self.request.user)

    @extend_schema(
        summary="Let in the device whose screen shows this code",
        request=ApprovalSerializer,
        responses=PairingSerializer,
    )
    @action(detail=False, methods=["post"])
    def approve(self, request: Request) -> Response:
        approval = ApprovalSerializer(data=request.data, context=self.get_serializer_context())
        approval.is_valid(raise_exception=True)
        return self.answer(approve_code(**approval.validated_data, by=self.operator, now=timezone.now()))

    @extend_schema(summary="Turn a waiting device down", request=None, responses=PairingSerializer)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, ref: str) -> Response:
        pairing = self.get_object()
        if not refuse_pairings(Pairing.objects.filter(pk=pairing.pk), by=self.operator):
            raise Conflict(f"The pairing is {self.read_again(pairing).state} already.", code="pairing_decided")
        return self.answer(pairing)


@extend_schema_serializer(
    examples=[
        OpenApiExample("key", KEY, response_only=True),
        OpenApiExample("new key", NEW_KEY, request_only=True),
    ]
)
class EnrolmentKeySerializer(ResourceSerializer):
    """A key without its secret."""

    group = PublicIdField(queryset=Group.objects.all(), allow_null=True, required=False)
    shop = PublicIdField(queryset=Shop.objects.all(), allow_null=True, required=False)

    class Meta:
        model = EnrolmentKey
        fields = list(KEY)
        read_only_fields = ["prefix", "uses", "revoked_at", "created_at"]

    def validate_expires_at(self, value: datetime | None) -> datetime | None:
        return validate_future(value)


@extend_schema_serializer(examples=[OpenApiExample("made", {**KEY, "secret": "dgxe_Zq81bCd…"}, response_only=True)])
class NewEnrolmentKeySerializer(EnrolmentKeySerializer):
    """A key just made, with its secret, this once."""

    secret = serializers.CharField(read_only=True, help_text="Shown this once; we keep its SHA-256.")

    class Meta(EnrolmentKeySerializer.Meta):
        fields = [*KEY, "secret"]


@extend_schema_view(
    list=extend_schema(summary="Enrolment keys, the latest first"), retrieve=extend_schema(summary="One enrolment key")
)
class EnrolmentKeyView(SecretView):
    """Keys that let new devices in without a hand."""

    queryset = EnrolmentKey.objects.select_related("group", "shop")
    serializer_class = EnrolmentKeySerializer
    filterset_class = EnrolmentKeyFilter
    search_fields = ["label", "prefix"]
    ordering_fields = ["label", "created_at", "expires_at", "uses"]
    action_permissions = {"revoke": ["devices.change_enrolmentkey"]}

    @extend_schema(
        summary="Make an enrolment key; its secret is shown this once", responses={201: NewEnrolmentKeySerializer}
    )
    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.made(*make_enrolment_key(created_by=request.user, **serializer.validated_data))

    @extend_schema(
        summary="Take a key back; devices that came in with it stay", request=None, responses=EnrolmentKeySerializer
    )
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, ref: str) -> Response:
        return self.taken_back()
