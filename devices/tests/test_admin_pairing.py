"""Pairing in the admin: a code is typed, the device is shown, and it comes in or does not."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from devices.models import Device, Pairing
from devices.services.enrolment import start_pairing
from devices.tests.factories import GroupFactory
from locations.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/devices/pairing/"
APPROVE = "/admin/devices/pairing/approve/"


@pytest.fixture
def pairing(db: None) -> Pairing:
    return start_pairing(mobile_id="window-7", details={"name": "Window"}).pairing


def test_the_list_opens_with_a_field_for_the_code(admin_client: Client, pairing: Pairing):
    assert b'id="pairing-code"' in admin_client.get(LIST).content


def test_a_code_in_any_case_shows_which_device_asks(admin_client: Client, pairing: Pairing):
    page = admin_client.get(APPROVE, {"code": f" {pairing.code.lower()} "})
    assert page.status_code == 200
    assert "window-7" in page.content.decode()


@pytest.mark.parametrize("code", ["", "ZZZZZZ", "a\x00b", "x" * 300])
def test_a_code_that_no_screen_shows_is_refused_in_words(admin_client: Client, code: str):
    answer = admin_client.get(APPROVE, {"code": code}, follow=True)
    assert "No screen shows this code now" in answer.content.decode()


def test_an_expired_code_is_nobodys(admin_client: Client, pairing: Pairing):
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        answer = admin_client.post(APPROVE, {"code": pairing.code})
    assert answer.status_code == 302
    assert not Device.objects.exists()


def test_letting_it_in_makes_the_device_at_its_place(admin_client: Client, admin_user: User, pairing: Pairing):
    group, shop = GroupFactory.create(), ShopFactory.create()
    values = {"code": pairing.code, "group": group.pk, "shop": shop.pk}
    assert admin_client.post(APPROVE, values).status_code == 302
    pairing.refresh_from_db()
    device = Device.objects.get(mobile_id="window-7")
    assert (device.group, device.shop, device.name) == (group, shop, "Window")
    assert (pairing.state, pairing.decided_by) == ("approved", admin_user)


def test_a_place_that_is_not_there_is_an_error_of_the_form(admin_client: Client, pairing: Pairing):
    answer = admin_client.post(APPROVE, {"code": pairing.code, "group": "999999"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (200, ["group"])
    assert not Device.objects.exists()


def test_a_device_that_was_enrolled_meanwhile_is_refused_in_words(admin_client: Client, pairing: Pairing):
    Device.objects.create(mobile_id="window-7", state="enrolled")
    answer = admin_client.post(APPROVE, {"code": pairing.code})
    assert "already enrolled" in answer.content.decode()


def test_the_page_refuses_it_as_well(admin_client: Client, pairing: Pairing):
    admin_client.post(APPROVE, {"code": pairing.code, "refuse": 1})
    pairing.refresh_from_db()
    assert pairing.state == "refused"


def test_many_are_refused_from_the_list(admin_client: Client, pairing: Pairing):
    admin_client.post(LIST, {"action": "refuse", "_selected_action": [pairing.pk], "confirmed": "1"})
    pairing.refresh_from_db()
    assert pairing.state == "refused"


def test_whoever_may_only_view_neither_lets_in_nor_refuses(client: Client, user_with, pairing: Pairing):
    client.force_login(user_with("devices.view_pairing"))
    assert client.get(APPROVE, {"code": pairing.code}).status_code == 403
    assert client.post(APPROVE, {"code": pairing.code}).status_code == 403
    client.post(LIST, {"action": "refuse", "_selected_action": [pairing.pk]})
    pairing.refresh_from_db()
    assert pairing.state == "pending"


def test_whoever_may_not_add_devices_refuses_and_never_lets_in(client: Client, user_with, pairing: Pairing):
    client.force_login(user_with("devices.view_pairing", "devices.change_pairing"))
    assert client.get(APPROVE, {"code": pairing.code}).status_code == 200
    assert client.post(APPROVE, {"code": pairing.code}).status_code == 403
    assert client.post(APPROVE, {"code": pairing.code, "refuse": 1}).status_code == 302
    pairing.refresh_from_db()
    assert (pairing.state, Device.objects.exists()) == ("refused", False)


def test_a_stranger_is_sent_to_log_in(client: Client, pairing: Pairing):
    assert client.post(APPROVE, {"code": pairing.code})["Location"].startswith("/admin/login/")
