"""Shops in and out as CSV."""

from typing import Any

from django.core.exceptions import ValidationError

from dgx.core.csv_cells import DecimalWidget, TextWidget
from dgx.core.resources import CsvResource, column
from locations.models import Shop


class ShopResource(CsvResource):
    """Shops by their names."""

    keys = ("name",)
    name = column("name", TextWidget())
    code = column("code", TextWidget())
    address = column("address", TextWidget())
    timezone = column("timezone", TextWidget())
    latitude = column("latitude", DecimalWidget())
    longitude = column("longitude", DecimalWidget())

    class Meta:
        model = Shop
        fields = ("name", "code", "address", "timezone", "latitude", "longitude")
        import_id_fields = ("name",)

    def check(self, instance: Any) -> None:
        super().check(instance)
        if (instance.latitude is None) != (instance.longitude is None):
            missing = "latitude" if instance.latitude is None else "longitude"
            raise ValidationError({missing: "Give both latitude and longitude, or neither."})
