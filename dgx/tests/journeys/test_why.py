"""Somebody calls: “why does the menu board in Lisbon show coffee?” The device's page has the answer."""

import pytest

from devices.models import Device

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_operator_finds_out_why_a_screen_shows_something(visit, admin_user):
    device = Device.objects.get(mobile_id="demo-lis-menu")
    operator = visit(admin_user).open("/admin/")
    operator.page.keyboard.press("Control+k")
    operator.page.locator("#search-input-command").press_sequentially("lis-menu")
    operator.page.get_by_role("link", name="Lisbon, menu board").first.click()
    assert operator.says("What it plays now")
    operator.look("device")
    operator.page.get_by_role("link", name="Why?").first.click()
    operator.page.fill("[name=at]", "2026-11-23T08:30")
    operator.page.get_by_role("button", name="Show").click()
    assert operator.says("At 08:30 on Monday, 23 November 2026")
    playing = operator.page.locator(".dgx-reasons__row", has_text="Coffee bar")
    assert "Plays" in playing.inner_text()
    operator.look("why")
    operator.page.fill("[name=at]", "2026-11-23T12:00")
    operator.page.get_by_role("button", name="Show").click()
    kept_out = operator.page.locator(".dgx-reasons__row--out", has_text="Coffee bar")
    assert "07:00" in kept_out.inner_text()
    assert str(device.pk) in operator.page.url
