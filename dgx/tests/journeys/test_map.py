"""Where is something wrong? The map of shops, and the same as a list."""

import pytest

from locations.models import Shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MAP = "/admin/locations/shop/map/"


def test_an_operator_finds_the_shop_in_trouble(visit, admin_user):
    for n, shop in enumerate(Shop.objects.order_by("pk")):
        Shop.objects.filter(pk=shop.pk, latitude=None).update(latitude=45 + n, longitude=5 + 10 * n)
    operator = visit(admin_user).open(MAP)
    page = operator.page
    page.locator("[data-map][data-state=ready]").wait_for()
    rows = page.locator(".dgx-map__row")
    assert rows.count() == Shop.objects.count()
    operator.look("map")
    first = rows.first.locator("a").inner_text()
    rows.first.get_by_role("button").click()
    popup = page.locator(".dgx-map__popup")
    popup.wait_for()
    assert first in popup.inner_text()
    page.locator("[data-search]").fill("no such shop")
    assert operator.says("No shop is like that.")
    page.locator("[data-search]").fill(first.lower())
    assert rows.count() == 1
    for box in page.locator("[data-tone]").all():
        box.evaluate("box => box.click()")
    assert rows.count() == 0
    page.locator("[data-tone]").first.evaluate("box => box.click()")
    page.locator("[data-tone]").nth(1).evaluate("box => box.click()")
    rows.first.get_by_role("link").click()
    assert "/admin/locations/shop/" in page.url
    assert "/change/" in page.url
