"""Somebody protects their account with a phone, comes in by it, loses it, and sees by what they are logged in."""

import pytest

from dgx.people.account import NEW_KEY
from dgx.people.models import Authenticator
from dgx.people.second_factor import new_key
from dgx.people.sessions import SessionStore
from dgx.people.tests.conftest import code_of
from dgx.tests.journeys.visit import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "correct horse battery"


def log_in(person):
    person.open("/admin/")
    person.page.fill("[name=username]", "admin")
    person.page.fill("[name=password]", PASSWORD)
    person.page.click("[type=submit]")


def key_of(person):
    """What the app has read from the QR code."""
    cookie = next(each for each in person.page.context.cookies() if each["name"] == "sessionid")
    return SessionStore(cookie["value"])[NEW_KEY]


def test_a_phone_protects_an_account(visit, admin_user):
    person = visit()
    log_in(person)
    person.open("/admin/account/").look("account")
    assert person.says("Browsers")
    person.page.get_by_text("Set up…").click()
    person.look("account-set-up")
    person.page.get_by_text("The camera does not work?").click()
    person.page.fill("[name=code]", "000000")
    person.page.fill("[name=password]", PASSWORD)
    person.page.get_by_role("button", name="Turn on").click()
    assert person.says("This code is not right.")
    person.page.fill("[name=code]", code_of(key_of(person)))
    person.page.fill("[name=password]", PASSWORD)
    person.page.get_by_role("button", name="Turn on").click()
    assert person.says("Your second factor is on")
    person.look("account-codes")
    codes = person.page.locator(".dgx-codes code").all_inner_texts()
    assert len(codes) == 10
    person.page.get_by_text("I have kept them").click()
    assert person.says("Recovery codes left: 10")
    person.look("account-protected")

    phone = visit(color_scheme="dark")
    phone.page.set_viewport_size(PHONE)
    log_in(phone)
    assert phone.says("Open your authenticator app")
    phone.look("login-code-phone")
    phone.page.fill("[name=code]", "000000")
    phone.page.click("[type=submit]")
    assert phone.says("This code is not right.")
    phone.page.fill("[name=code]", codes[0])
    phone.page.click("[type=submit]")
    phone.page.wait_for_url(f"{phone.address}/admin/")
    phone.open("/admin/account/").look("account-phone")

    person.open("/admin/account/")
    row = person.page.locator("li", has_text="since").filter(has=person.page.get_by_role("button", name="End"))
    row.get_by_role("button", name="End").click()
    assert person.says("Ended.")
    phone.open("/admin/account/")
    assert phone.says("Log in")


def test_whoever_must_have_one_is_led_there(visit, admin_user, settings):
    settings.DGX_REQUIRE_SECOND_FACTOR = "administrators"
    person = visit(color_scheme="dark")
    log_in(person)
    assert person.says("Everything else opens once it is set up.")
    person.look("account-must")
    person.open("/admin/devices/device/")
    assert person.says("Everything else opens once it is set up.")


def test_an_administrator_helps_who_lost_a_phone(visit, admin_user, django_user_model):
    clerk = django_user_model.objects.create_user("anna", password=PASSWORD, is_staff=True)
    Authenticator.objects.create(user=clerk, key=new_key(), name=Authenticator.NAME)
    admin = visit(admin_user).open(f"/admin/auth/user/{clerk.pk}/change/")
    admin.page.get_by_text("Sessions and second factor").first.click()
    assert admin.says("Is the phone gone")
    admin.look("person-access")
    admin.page.get_by_role("button", name="Take the second factor away…").click()
    assert admin.says("Take the second factor of anna away?")
    admin.look("person-take-away")
    admin.page.get_by_text("Back, nothing is saved yet").click()
    assert admin.says("Is the phone gone")
    admin.page.get_by_role("button", name="Take the second factor away…").click()
    admin.page.get_by_role("button", name="Take it away").click()
    assert admin.says("anna logs in with the password alone")
