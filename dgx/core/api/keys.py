"""A user's own API keys: shown once when made, told apart by their first characters, taken back at any time."""

from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dgx.core.api.permissions import OwnKeysPermission
from dgx.core.api.serializers import ResourceSerializer
from dgx.core.api.views import ResourceView
from dgx.core.models import ApiKey

EXAMPLE: dict[str, Any] = {
    "id": "a8f7a6f1-4f6e-4b8c-9f55-9c2f0b3c7d10",
    "name": "stock system",
    "scope": "read",
    "prefix": "dgxk_3kQ9xTf",
    "expires_at": "2027-01-01T08:00:00Z",
    "revoked_at": None,
    "last_used_at": "2026-01-31T09:59:58Z",
    "created_at": "2026-01-01T08:00:00Z",
}


def validate_future(value: datetime | None) -> datetime | None:
    """An end that has already come would make a credential that never works."""
    if value is not None and value <= timezone.now():
        raise serializers.ValidationError("Must be in the future.", code="past")
    return value


@extend_schema_serializer(
    examples=[
        OpenApiExample("key", EXAMPLE, response_only=True),
        OpenApiExample("new key", {"name": "stock system", "scope": "read"}, request_only=True),
    ]
)
class ApiKeySerializer(ResourceSerializer):
    """A key without its secret."""

    class Meta:
        model = ApiKey
        fields = ["id", "name", "scope", "prefix", "expires_at", "revoked_at", "last_used_at", "created_at"]
        read_only_fields = ["prefix", "revoked_at", "last_used_at", "created_at"]

    def validate_expires_at(self, value: datetime | None) -> datetime | None:
        return validate_future(value)


@extend_schema_serializer(examples=[OpenApiExample("made", {**EXAMPLE, "secret": "dgxk_3kQ9xTf…"}, response_only=True)])
class NewApiKeySerializer(ApiKeySerializer):
    """A key just made, with its secret, this once."""

    secret = serializers.CharField(read_only=True, help_text="Shown this once; we keep its SHA-256.")

    class Meta(ApiKeySerializer.Meta):
        fields = [*ApiKeySerializer.Meta.fields, "secret"]


class SecretView(mixins.ListModelMixin, mixins.RetrieveModelMixin, ResourceView):
    """Rows with a secret: shown once when made, taken back at any time (`revoked_at`, `revoke()`)."""

    def made(self, row: Model, secret: str) -> Response:
        """201 with the row and its secret, this once."""
        return Response({**self.get_serializer(row).data, "secret": secret}, status=status.HTTP_201_CREATED)

    def taken_back(self) -> Response:
        """The row that the address names, revoked; harmless to repeat."""
        row = self.get_object()
        if row.revoked_at is None:
            row.revoke()
        return self.answer(row)


@extend_schema_view(list=extend_schema(summary="Your API keys"), retrieve=extend_schema(summary="One of your API keys"))
class ApiKeyView(SecretView):
    """The caller's own keys; nobody sees another's."""

    queryset = ApiKey.objects.all()
    serializer_class = ApiKeySerializer
    permission_classes = [OwnKeysPermission]
    ordering_fields = ["name", "created_at", "expires_at", "last_used_at"]
    search_fields = ["name", "prefix"]

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return ApiKey.objects.none()
        own: dict[str, Any] = {"user": self.request.user.pk}
        return ApiKey.objects.filter(**own).order_by("-created_at")

    @extend_schema(summary="Make an API key; its secret is shown this once", responses={201: NewApiKeySerializer})
    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.made(*ApiKey.issue(user=request.user, **serializer.validated_data))

    @extend_schema(summary="Take an API key back, at once and for good", request=None, responses=ApiKeySerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, ref: str) -> Response:
        return self.taken_back()
