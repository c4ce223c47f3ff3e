"""A viewer of one shop: nothing else is seen, counted, found or completed, and nothing can be changed."""

import pytest
from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User

from devices.models import Device
from locations.models import Shop, ShopLimit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ELSEWHERE = ["Toronto", "Lisbon", "yyz", "demo-lis"]

PAGES = ["", "devices/device/", "locations/shop/", "devices/group/", "media_library/link/", "telemetry/devicelog/"]


@pytest.fixture
def viewer(chain):
    user = User.objects.create_user("berlin", password="correct horse battery", is_staff=True)
    user.groups.add(Role.objects.get(name="Viewer"))
    ShopLimit.objects.create(user=user).shops.add(Shop.objects.get(name="Berlin Mitte"))
    return user


def test_a_viewer_of_one_shop_sees_that_shop_alone(visit, viewer):
    person = visit(viewer).open("/admin/")
    person.look("one-shop-home")
    for name in (
        "home",
        "devices/device",
        "locations/shop",
        "devices/group",
        "media_library/link",
        "telemetry/devicelog",
    ):
        person.open("/admin/" if name == "home" else f"/admin/{name}/")
        shown = person.page.inner_text("body")
        assert not [word for word in ELSEWHERE if word in shown], name
    person.open("/admin/devices/device/")
    assert person.says("Berlin, window")
    person.look("one-shop-devices")
    person.open("/admin/devices/device/?q=toronto")
    assert person.says("No results found")


def test_a_viewer_is_offered_nothing_that_changes_something(visit, viewer):
    person = visit(viewer).open("/admin/devices/device/")
    assert person.page.get_by_role("link", name="Add").count() == 0
    device = Device.objects.get(mobile_id="demo-ber-window")
    person.open(f"/admin/devices/device/{device.pk}/change/")
    person.look("one-shop-device")
    assert person.page.get_by_role("button", name="Save").count() == 0
