"""What a list of shops can be narrowed to."""

from django_filters import rest_framework as filters

from locations.models import Shop


class ShopFilter(filters.FilterSet):
    """Shops by their own columns."""

    class Meta:
        model = Shop
        fields = {
            "name": ["exact", "icontains"],
            "code": ["exact"],
            "timezone": ["exact"],
        }
