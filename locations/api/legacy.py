"""The old routes of shops."""

from typing import Any

from pydantic import BaseModel

from dgx.core.api.legacy import Route, list_named
from dgx.core.api.legacy_reading import NewName, Page, Text
from dgx.core.errors import NotFound
from locations.models import Shop
from locations.querysets import ShopQuerySet
from locations.services import register_shop, rename_shop

Json = dict[str, Any]


class NewShop(BaseModel):
    """A shop's name."""

    shop_name: NewName


class ShopPatch(BaseModel):
    """Null or absent leaves the name as it is."""

    shop_name: NewName | None = None


def insert_shop(body: NewShop) -> Json:
    """POST /insert_shop."""
    return {"id": register_shop(name=body.shop_name).pk, "message": "Shop inserted successfully"}


def get_shop(shop_name: Text) -> Json:
    """GET /shop/{shop_name}."""
    return shop_row(Shop.objects.named(shop_name), "Shop not found")


def list_shops(query: Page) -> Json:
    """GET /shops."""
    return list_named(Shop.objects.all(), query, shop_rows)


def update_shop(shop_name: Text, body: ShopPatch) -> Json:
    """PUT /shop/{shop_name}."""
    shop = Shop.objects.named(shop_name).first()
    if shop is None:
        raise NotFound("Shop not found or no changes")
    if body.shop_name is not None:
        rename_shop(shop, name=body.shop_name)
    return {"message": "Shop updated", "item": shop_row(Shop.objects.filter(pk=shop.pk), "Shop not found")}


def shop_rows(shops: ShopQuerySet) -> list[Json]:
    """Shops as the old services wrote them, in one statement."""
    rows = shops.values_list("id", "name", "created_at", "updated_at")
    return [dict(zip(("id", "shop_name", "created_at", "updated_at"), row, strict=True)) for row in rows]


def shop_row(shops: ShopQuerySet, missing: str) -> Json:
    """The only one of them. Raises NotFound with `missing`."""
    rows = shop_rows(shops)
    if not rows:
        raise NotFound(missing)
    return rows[0]


ROUTES = [
    Route("POST", "insert_shop", insert_shop, "shop"),
    Route("GET", "shop/<shop_name>", get_shop, "shop"),
    Route("PUT", "shop/<shop_name>", update_shop, "shop"),
    Route("GET", "shops", list_shops, "shop"),
]
