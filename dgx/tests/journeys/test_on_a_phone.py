"""The night shift has a phone: the pages fit, and a screen is found and looked at."""

import pytest

from devices.models import Device
from dgx.tests.journeys.visit import PHONE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser_context_args(viewport=PHONE, color_scheme="dark", has_touch=True),
]


def test_a_screen_is_found_and_looked_at(visit, admin_user):
    operator = visit(admin_user).open("/admin/")
    assert fits(operator)
    operator.look("phone-home")
    operator.open("/admin/devices/device/?status=offline")
    assert fits(operator)
    operator.look("phone-devices")
    operator.page.get_by_text("Toronto, cooler door").first.click()
    assert operator.says("Offline for")
    assert f"/{Device.objects.get(mobile_id='demo-yyz-cooler').pk}/change/" in operator.page.url
    assert fits(operator)
    operator.look("phone-device")


def fits(visit):
    """Nothing makes the page itself wider than the screen."""
    return visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
