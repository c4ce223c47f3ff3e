"""Pairing in the admin: a code is typed, the device is shown, and it comes in or does not."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from devices.models import Device, Pairing
from devices.services.enrolment import start_pairing
from devices.tests.factories import GroupFactory
from locations.models import ShopLimit
from locations.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/devices/pairing/"
APPROVE = "/admin/devices/pairing/approve/"
RIGHTS = ("devices.view_pairing", "devices.change_pairing", "devices.add_device", "devices.change_device")
UNKNOWN = "No screen shows this code now. Codes live 15 minutes."
TOO_MANY = "Too many codes: 30 in 60 seconds are allowed. Try again in 1 second."


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


# --- guessing ----
def said_to(client: Client, code: str) -> str:
    """What the person is told who types this; empty where a screen shows it."""
    answer = client.get(APPROVE, {"code": code})
    return [str(each) for each in get_messages(answer.wsgi_request)][-1] if answer.status_code == 302 else ""


@pytest.fixture
def limited(user_with) -> User:
    """Lets screens in to some shops, and sees in no list which ones wait."""
    person: User = user_with(*RIGHTS)
    ShopLimit.objects.create(user=person)
    return person


def test_wrong_codes_are_limited_by_person(client: Client, admin_client: Client, limited: User, pairing: Pairing):
    client.force_login(limited)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert [said_to(client, "ZZZZZZ") for _ in range(31)] == [UNKNOWN] * 30 + [TOO_MANY]
        assert said_to(client, pairing.code) == TOO_MANY  # nor are they told that this one is right
        assert client.post(APPROVE, {"code": pairing.code}).status_code == 302
        assert not Device.objects.exists()
        assert said_to(admin_client, "ZZZZZZ") == UNKNOWN
        clock.shift(1)
        assert said_to(client, pairing.code) == ""


def test_whoever_reads_the_codes_in_the_list_lets_in_as_many_as_there_are(admin_client: Client, pairing: Pairing):
    with time_machine.travel(timezone.now(), tick=False):
        assert [said_to(admin_client, "ZZZZZZ") for _ in range(31)] == [UNKNOWN] * 30 + [TOO_MANY]
    assert said_to(admin_client, pairing.code) == ""


def test_a_replacement_is_another_door_for_the_same_count(client: Client, limited: User):
    shop = ShopFactory.create()
    limited.shop_limit.shops.add(shop)
    device = Device.objects.create(mobile_id="window-6", shop=shop)
    client.force_login(limited)
    with time_machine.travel(timezone.now(), tick=False):
        for _ in range(30):
            said_to(client, "ZZZZZZ")
        answer = client.post(f"/admin/devices/device/{device.pk}/replace/", {"pairing_code": "ZZZZZZ"})
    assert (answer.status_code, answer.context["form"].non_field_errors()) == (200, [TOO_MANY])


def test_without_redis_codes_are_read_all_the_same(client: Client, limited: User, pairing: Pairing, settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    client.force_login(limited)
    assert {said_to(client, "ZZZZZZ") for _ in range(40)} == {UNKNOWN}
    assert said_to(client, pairing.code) == ""


# --- letting in ----
def test_letting_it_in_makes_the_device_at_its_place(admin_client: Client, admin_user: User, pairing: Pairing):
    group, shop = GroupFactory.create(), ShopFactory.create()
    values = {"code": pairing.code, "name": "Front door", "group": group.pk, "shop": shop.pk}
    answer = admin_client.post(APPROVE, values, follow=True)
    pairing.refresh_from_db()
    device = Device.objects.get(mobile_id="window-7")
    assert (device.group, device.shop, device.name) == (group, shop, "Front door")
    assert f'href="/admin/devices/device/{device.pk}/change/">Front door (window-7)</a>' in answer.content.decode()
    assert (pairing.state, pairing.decided_by) == ("approved", admin_user)


def test_the_form_proposes_the_name_that_the_screen_gives_itself(admin_client: Client, pairing: Pairing):
    assert admin_client.get(APPROVE, {"code": pairing.code}).context["form"]["name"].value() == "Window"


def test_one_that_was_registered_keeps_its_name_and_gets_one_where_it_has_none(admin_client: Client, pairing: Pairing):
    device = Device.objects.create(mobile_id="window-7", name="Left window")
    other = start_pairing(mobile_id="window-8", details={}).pairing
    Device.objects.create(mobile_id="window-8")
    for one in (pairing, other):
        admin_client.post(APPROVE, {"code": one.code, "name": "Front door"})
    device.refresh_from_db()
    assert device.name == "Left window"
    assert Device.objects.get(mobile_id="window-8").name == "Front door"


@pytest.mark.parametrize("name", ["x" * 256, "a\x00b"])
def test_a_name_that_cannot_be_is_an_error_of_the_form(admin_client: Client, pairing: Pairing, name: str):
    answer = admin_client.post(APPROVE, {"code": pairing.code, "name": name})
    assert (answer.status_code, list(answer.context["form"].errors)) == (200, ["name"])
    assert not Device.objects.exists()


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
