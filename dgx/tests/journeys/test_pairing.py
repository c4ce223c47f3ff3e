"""A new screen shows a code; an operator types it and gives the screen its place."""

import pytest

from devices.models import Device
from devices.services.enrolment import start_pairing
from dgx.tests.journeys.visit import choose

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_code_is_typed_and_the_screen_has_its_place(visit, admin_user):
    details = {"name": "Bern, window", "screen": "1920x1080", "app_version": "web 1.0"}
    code = start_pairing(mobile_id="bern-window", details=details).pairing.code
    operator = visit(admin_user).open("/admin/devices/pairing/")
    operator.look("pairing-list")
    operator.page.fill("[name=code]", code.lower())
    operator.page.get_by_role("button", name="Continue").click()
    assert operator.says("bern-window")
    choose(operator, "group", "Window")
    choose(operator, "shop", "Berlin")
    operator.look("pairing")
    operator.page.get_by_role("button", name="Let it in").click()
    assert operator.says("Bern, window")
    paired = Device.objects.filter(mobile_id="bern-window").values_list("group__name", "shop__name")
    assert list(paired) == [("Window screens", "Berlin Mitte")]
