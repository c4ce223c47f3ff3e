"""/api/v1/shops."""

import pytest

from devices.tests.factories import DeviceFactory
from dgx.core.tests.contract import WriteContract, assert_refused
from locations.models import Shop
from locations.tests.factories import ShopFactory
from media_library.tests.factories import LinkFactory

ROUTE = "/api/v1/shops"


class TestShops(WriteContract):
    route = ROUTE
    permission = "locations.shop"
    list_queries = 2
    change = {"address": "17 rue du Docteur Bouchut, Lyon"}

    def make(self):
        return ShopFactory.create()

    def body(self):
        return {
            "name": "Lyon",
            "code": "L-1",
            "timezone": "Europe/Paris",
            "latitude": 45.76,
            "longitude": 4.85,
        }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"latitude": 91, "longitude": 0}, "latitude"),
        ({"latitude": "45", "longitude": "nan"}, "longitude"),
        ({"latitude": "inf", "longitude": 0}, "latitude"),
        ({"latitude": 45}, "non_field_errors"),
        ({"name": "   "}, "name"),
        ({"name": None}, "name"),
        ({"code": "x" * 51}, "code"),
    ],
)
def test_a_value_out_of_range_is_refused_by_its_field(admin_api, body, field):
    detail = assert_refused(admin_api.post(ROUTE, {"name": "Lyon", **body}), 400, "invalid")
    assert list(detail["fields"]) == [field]
    assert not Shop.objects.exists()


@pytest.mark.django_db
def test_a_shop_in_use_is_not_deleted_and_its_uses_are_listed(admin_api):
    shop = ShopFactory.create(name="Lyon")
    device = DeviceFactory.create(shop=shop, name="Door", mobile_id="screen-1")
    link = LinkFactory.create(shop=shop, video__name="spring.mp4")
    detail = assert_refused(admin_api.delete(f"{ROUTE}/{shop.public_id}"), 409, "in_use")
    assert detail == {
        "code": "in_use",
        "message": "Shop Lyon is used by 1 device and 1 link.",
        "type": "InUse",
        "uses": [
            {"type": "device", "id": str(device.public_id), "name": "Door (screen-1)"},
            {"type": "link", "id": str(link.public_id), "name": "spring.mp4 → Lyon"},
        ],
        "total": 2,
    }


@pytest.mark.django_db
def test_a_shop_with_many_uses_lists_fifty_and_counts_all(admin_api, django_assert_max_num_queries):
    shop = ShopFactory.create(name="Lyon")
    DeviceFactory.create_batch(60, shop=shop)
    with django_assert_max_num_queries(10):
        detail = assert_refused(admin_api.delete(f"{ROUTE}/{shop.public_id}"), 409, "in_use")
    assert (detail["message"], len(detail["uses"]), detail["total"]) == ("Shop Lyon is used by 60 devices.", 50, 60)


@pytest.mark.django_db
def test_shops_are_filtered_searched_and_ordered(admin_api):
    for name, code, zone in (("Lyon", "L-1", "Europe/Paris"), ("Bonn", "B-1", "Europe/Berlin"), ("Köln", "K-1", "UTC")):
        ShopFactory.create(name=name, code=code, timezone=zone)

    def names(**query):
        return [shop["name"] for shop in admin_api.get(ROUTE, query).json()["results"]]

    assert names() == ["Bonn", "Köln", "Lyon"]
    assert names(ordering="-name") == ["Lyon", "Köln", "Bonn"]
    assert names(timezone="Europe/Paris") == ["Lyon"]
    assert names(name__icontains="O", ordering="name") == ["Bonn", "Lyon"]
    assert names(search="k-1") == ["Köln"]


@pytest.mark.django_db
def test_a_renamed_shop_may_not_take_another_ones_name(admin_api):
    ShopFactory.create(name="Bonn")
    shop = ShopFactory.create(name="Lyon")
    assert_refused(admin_api.patch(f"{ROUTE}/{shop.public_id}", {"name": "Bonn"}), 409, "duplicate")
    shop.refresh_from_db()
    assert shop.name == "Lyon"
