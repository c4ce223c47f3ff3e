"""The water is cut off in Berlin: one notice takes its screens over, and leaves them again."""

import pytest
from django.utils import timezone

from devices.models import Device
from dgx.tests.journeys.visit import choose
from media_library.services.resolver import playing_at, playlist, zone_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_emergency_takes_a_shop_over_and_ends(visit, admin_user):
    before = on_screen("demo-ber-window")
    operator = visit(admin_user).open("/admin/media_library/emergency/")
    operator.page.get_by_role("link", name="Start an emergency").click()
    operator.page.fill("[name=name]", "Water cut off")
    choose(operator, "shops", "Berlin")
    operator.page.locator(".dgx-pick", has_text="Opening hours").click()
    operator.look("emergency-start")
    operator.page.get_by_role("button", name="Continue").click()
    operator.look("emergency-asks")
    operator.page.get_by_role("button", name="Take over 3 screens").click()
    assert operator.says("Water cut off")
    operator.look("emergency-running")
    assert on_screen("demo-ber-window") == ["Opening hours"]
    assert on_screen("demo-lis-window") != ["Opening hours"]
    operator.open("/admin/")
    assert operator.says("Emergency on air")
    operator.look("home-emergency")
    operator.open("/admin/media_library/emergency/")
    operator.page.get_by_role("button", name="End now").click()
    if operator.page.get_by_role("button", name="End").count():
        operator.page.get_by_role("button", name="End").first.click()
    assert operator.says("No emergency is running")
    assert on_screen("demo-ber-window") == before


def on_screen(mobile_id):
    """What it plays at this moment."""
    device = Device.objects.select_related("shop").get(mobile_id=mobile_id)
    return [placement.video.name for placement in playing_at(playlist(device), timezone.now(), zone_of(device))]
