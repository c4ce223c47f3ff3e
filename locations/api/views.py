"""Shops over /api/v1."""

from drf_spectacular.utils import extend_schema, extend_schema_view

from dgx.core.api.views import ResourceViewSet
from locations.api.filters import ShopFilter
from locations.api.serializers import ShopSerializer
from locations.models import Shop


@extend_schema_view(
    list=extend_schema(summary="Shops"),
    create=extend_schema(summary="Add a shop"),
    retrieve=extend_schema(summary="One shop"),
    update=extend_schema(summary="Replace a shop's fields"),
    partial_update=extend_schema(summary="Change some of a shop's fields"),
    destroy=extend_schema(summary="Delete a shop; 409 with its uses while devices or links name it"),
)
class ShopView(ResourceViewSet):
    """The places of the chain."""

    queryset = Shop.objects.all()
    serializer_class = ShopSerializer
    filterset_class = ShopFilter
    search_fields = ["name", "code", "address"]
    ordering_fields = ["name", "code", "timezone", "created_at", "updated_at"]
