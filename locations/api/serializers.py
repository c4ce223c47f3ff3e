"""Shops as /api/v1 shows and takes them."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer

from dgx.core.api.serializers import ResourceSerializer
from locations.models import Shop

WRITTEN: dict[str, Any] = {
    "name": "Lyon Part-Dieu",
    "code": "L-014",
    "address": "17 rue du Docteur Bouchut, 69003 Lyon",
    "timezone": "Europe/Paris",
    "latitude": 45.761,
    "longitude": 4.8566,
}
READ: dict[str, Any] = {
    "id": "2f1c5a0e-6a57-4a0e-9b65-0f7f7b0d8c11",
    **WRITTEN,
    "created_at": "2026-01-01T08:00:00Z",
    "updated_at": "2026-01-01T08:00:00Z",
}


@extend_schema_serializer(
    examples=[
        OpenApiExample("shop", READ, response_only=True),
        OpenApiExample("new shop", WRITTEN, request_only=True),
    ]
)
class ShopSerializer(ResourceSerializer):
    """A place of the chain."""

    class Meta:
        model = Shop
        fields = [
            "id",
            "name",
            "code",
            "address",
            "timezone",
            "latitude",
            "longitude",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["created_at", "updated_at"]
