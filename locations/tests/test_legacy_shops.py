"""Shops over the old routes."""

import pytest

from dgx.core.tests.old_client import OldClient
from locations.models import Shop
from locations.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def old(settings) -> OldClient:
    settings.DGX_LEGACY_ANONYMOUS = True
    return OldClient()


def test_a_repeated_insert_gives_the_known_id(old):
    first = old.call("POST", "/insert_shop", {"shop_name": "Café Ö"})
    assert first == (200, {"id": Shop.objects.get().pk, "message": "Shop inserted successfully"})
    assert old.call("POST", "/insert_shop", {"shop_name": "Café Ö"}) == first
    assert old.call("GET", "/shop/Café Ö")[1]["shop_name"] == "Café Ö"


def test_a_shop_does_not_take_the_name_of_another(old):
    ShopFactory.create(name="a")
    ShopFactory.create(name="b")
    assert old.call("PUT", "/shop/a", {"shop_name": "b"}) == (409, {"detail": "Shop exists: b"})
    assert old.call("PUT", "/shop/a", {"shop_name": "c"})[1]["item"]["shop_name"] == "c"


def test_an_unknown_shop_is_not_found(old):
    assert old.call("GET", "/shop/x") == (404, {"detail": "Shop not found"})
    assert old.call("PUT", "/shop/x", {}) == (404, {"detail": "Shop not found or no changes"})
    assert old.call("DELETE", "/shop/x") == (404, {"detail": "Shop not found"})


def test_the_list_has_the_newest_first_in_one_statement(old, django_assert_num_queries):
    for name in ("a", "b", "c"):
        ShopFactory.create(name=name)
    with django_assert_num_queries(1):
        answer = old.call("GET", "/shops?limit=2&offset=1")[1]
    assert [row["shop_name"] for row in answer["items"]] == ["b", "a"]
