"""Fifty devices move to another shop in one step, which says beforehand what it will do."""

import pytest

from devices.models import Device
from devices.tests.factories import DeviceFactory
from dgx.tests.journeys.chain import let_report
from dgx.tests.journeys.visit import choose
from locations.models import Shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_fifty_devices_are_moved_at_once(visit, admin_user):
    lisbon = Shop.objects.get(name="Lisbon Baixa")
    for number in range(50):
        DeviceFactory.create(mobile_id=f"till-{number:02}", name=f"Till {number + 1}", shop=lisbon)
    let_report()
    operator = visit(admin_user).open("/admin/devices/device/?q=till-")
    operator.page.check("#action-toggle")
    operator.page.select_option("[name=action]", label="Assign a shop…")
    operator.look("bulk-selected")
    operator.page.get_by_role("button", name="Run").click()
    choose(operator, "target", "Berlin")
    operator.page.get_by_role("button", name="Show what will happen").click()
    assert operator.says("50 devices move to Berlin Mitte from 1 shop.")
    operator.look("bulk-effect")
    operator.page.get_by_role("button", name="Assign").click()
    assert operator.says("50 devices are now in Berlin Mitte.")
    assert Device.objects.filter(mobile_id__startswith="till-", shop__name="Berlin Mitte").count() == 50
