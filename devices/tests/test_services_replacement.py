"""New hardware takes a device's place in one step: everything moves, the old one is retired, and it says so first."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from devices.models import Device, Pairing
from devices.services.enrolment import claim, issue_token, start_pairing
from devices.services.replacement import Hardware, find_hardware, preview, replace
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.errors import Forbidden, Invalid
from dgx.core.models import Change
from locations.models import Shop, ShopLimit
from locations.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
RIGHTS = ["devices.view_device", "devices.change_device", "devices.change_pairing", "devices.add_device"]


@pytest.fixture
def old() -> Device:
    """An enrolled device with all that can move."""
    device: Device = DeviceFactory.create(
        mobile_id="screen-17",
        name="Window",
        group=GroupFactory.create(name="Windows"),
        shop=ShopFactory.create(name="Lyon"),
        notes="Behind the till.",
        report_interval_s=60,
        missed_reports=5,
        state="registered",
    )
    issue_token(device)
    return device


@pytest.fixture
def spare() -> Device:
    """Known hardware that stands nowhere."""
    made: Device = DeviceFactory.create(mobile_id="screen-18", name="", group=None, shop=None, state="enrolled")
    return made


def waiting(mobile_id: str = "screen-18") -> Pairing:
    return start_pairing(mobile_id=mobile_id, details={}).pairing


def test_another_device_takes_over_name_place_and_settings(old: Device, spare: Device, admin_user: User):
    new = replace(old, Hardware(device=spare), by=admin_user, now=NOW)
    new.refresh_from_db()
    assert (new.pk, new.name, new.group, new.shop) == (spare.pk, "Window", old.group, old.shop)
    assert (new.report_interval_s, new.missed_reports) == (60, 5)
    assert new.notes == "In the place of screen-17 since 10 Mar 2026 (admin).\nBehind the till."


def test_the_old_one_is_retired_with_a_note_under_the_name_of_its_time(old: Device, spare: Device, admin_user: User):
    replace(old, Hardware(device=spare), by=admin_user, now=NOW)
    group = old.group
    old.refresh_from_db()
    assert (old.state, old.name, old.group) == ("retired", "Window (until 10 Mar 2026)", group)
    assert old.notes == "Replaced by screen-18 on 10 Mar 2026 (admin).\nBehind the till."
    assert not old.tokens.valid(timezone.now()).exists()


def test_a_screen_that_shows_a_code_comes_in_by_it(old: Device, admin_user: User):
    started = start_pairing(mobile_id="screen-18", details={"screen": "1920x1080"})
    hardware = find_hardware(code=f" {started.pairing.code.lower()} ", by=admin_user, now=timezone.now())
    new = replace(old, hardware, by=admin_user, now=timezone.now())
    enrolled = claim(claim_token=started.claim_token, now=timezone.now())
    assert enrolled is not None
    assert (enrolled.device.pk, enrolled.device.name, enrolled.device.shop) == (new.pk, "Window", old.shop)


def test_it_says_first_what_will_happen(old: Device, spare: Device, admin_user: User):
    spare.name, spare.group = "Spare", GroupFactory.create(name="Shelf")
    spare.save()
    assert preview(old, Hardware(device=spare), by=admin_user) == [
        "Spare (screen-18) takes the place of Window (screen-17): group Windows, shop Lyon.",
        "It is called Window from then on.",
        "There is nothing linked to the old one alone.",
        "screen-17 is retired: its token stops working. Its logs and history stay with it, as “Window (until today)”.",
        "Its own name Spare, group Shelf give way.",
    ]
    old.refresh_from_db()
    assert old.state == "enrolled"


def test_it_is_one_act_of_the_audit(old: Device, spare: Device, admin_user: User, admin_client: Client):
    admin_client.post(f"/admin/devices/device/{old.pk}/replace/", {"device": spare.pk, "confirmed": "1"})
    act = Change.objects.get(door="action")
    assert (act.what, act.who) == ("Replace Window (screen-17) by screen-18", "admin")
    assert set(act.kinds) >= {"devices.device", "devices.devicetoken"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "retired"}, "is retired"),
        ({"kind": "sensor"}, "cannot take the place of a player"),
    ],
)
def test_hardware_that_cannot_stand_there_is_refused(old: Device, spare: Device, admin_user: User, fields, words: str):
    Device.objects.filter(pk=spare.pk).update(**fields)
    spare.refresh_from_db()
    with pytest.raises(Invalid, match=words):
        replace(old, Hardware(device=spare), by=admin_user, now=NOW)


def test_a_device_cannot_replace_itself(old: Device, admin_user: User):
    Device.objects.filter(pk=old.pk).update(state="registered")
    for hardware in (Hardware(device=old), Hardware(pairing=waiting("screen-17"))):
        with pytest.raises(Invalid, match="the same device"):
            replace(old, hardware, by=admin_user, now=NOW)


@pytest.mark.parametrize("code", ["", "ZZZZZZ", "\x00"])
def test_a_code_that_no_screen_shows_is_refused(admin_user: User, code: str):
    with pytest.raises(Invalid):
        find_hardware(code=code, by=admin_user, now=timezone.now())


def test_a_long_name_still_has_its_day(old: Device, spare: Device, admin_user: User):
    Device.objects.filter(pk=old.pk).update(name="x" * 255, notes="y" * 4000)
    old.refresh_from_db()
    replace(old, Hardware(device=spare), by=admin_user, now=NOW)
    old.refresh_from_db()
    assert old.name.endswith("x (until 10 Mar 2026)")
    assert (len(old.name), len(old.notes)) == (255, 4000)


def test_nothing_moves_where_the_person_may_not(old: Device, spare: Device, user_with):
    user = user_with(*RIGHTS)
    ShopLimit.objects.create(user=user).shops.add(Shop.objects.get(devices=old))
    spare.shop = ShopFactory.create()
    spare.save()
    with pytest.raises(Forbidden):
        replace(old, Hardware(device=spare), by=user, now=NOW)
    with pytest.raises(Forbidden):
        replace(spare, Hardware(device=old), by=user, now=NOW)
    old.refresh_from_db()
    assert (old.state, old.name) == ("enrolled", "Window")


def test_a_limited_person_replaces_by_code_within_their_shop(old: Device, user_with):
    user = user_with(*RIGHTS)
    ShopLimit.objects.create(user=user).shops.add(Shop.objects.get(devices=old))
    new = replace(old, Hardware(pairing=waiting()), by=user, now=timezone.now())
    assert new.shop == old.shop


def test_a_code_needs_the_rights_to_pair(old: Device, user_with):
    user = user_with("devices.view_device", "devices.change_device")
    with pytest.raises(Forbidden, match="right that you do not have: devices"):
        replace(old, Hardware(pairing=waiting()), by=user, now=timezone.now())


def test_it_takes_few_statements(old: Device, spare: Device, admin_user: User):
    with CaptureQueriesContext(connection) as queries:
        replace(old, Hardware(device=spare), by=admin_user, now=NOW)
    assert len(queries) <= 30


# --- the admin's page ----
def test_the_page_asks_then_shows_then_acts(admin_client: Client, old: Device):
    address = f"/admin/devices/device/{old.pk}/replace/"
    assert "Or another device" in admin_client.get(address).content.decode()
    code = waiting().code
    shown = admin_client.post(address, {"pairing_code": code, "device": ""})
    assert "takes the place of Window (screen-17)" in shown.content.decode()
    assert not Device.objects.filter(mobile_id="screen-18").exists()
    done = admin_client.post(address, {"pairing_code": code, "device": "", "confirmed": "1"})
    new = Device.objects.get(mobile_id="screen-18")
    assert done["Location"] == f"/admin/devices/device/{new.pk}/change/"
    assert new.name == "Window"


@pytest.mark.parametrize("given", [{}, {"pairing_code": "ZZZZZZ"}, {"device": "999999"}, {"device": "x"}])
def test_what_names_no_hardware_is_an_error_of_the_form(admin_client: Client, old: Device, given: dict[str, str]):
    answer = admin_client.post(f"/admin/devices/device/{old.pk}/replace/", {**given, "confirmed": "1"})
    assert (answer.status_code, bool(answer.context["form"].errors)) == (200, True)


def test_whoever_may_not_change_devices_does_not_get_there(client: Client, user_with, old: Device):
    client.force_login(user_with("devices.view_device"))
    assert client.get(f"/admin/devices/device/{old.pk}/replace/").status_code == 403
    assert client.post(f"/admin/devices/device/{old.pk}/replace/", {"confirmed": "1"}).status_code == 403


# --- /api/v1/devices/{ref}/replace ----
def test_the_api_says_what_would_happen_and_does_it(admin_api: APIClient, old: Device, spare: Device):
    address = "/api/v1/devices/mobile_id:screen-17/replace"
    dry = admin_api.post(address, {"device": "mobile_id:screen-18", "dry_run": True}, format="json").json()
    assert (dry["done"], dry["device"], len(dry["effect"])) == (False, None, 4)
    done = admin_api.post(address, {"device": str(spare.public_id)}, format="json").json()
    assert (done["done"], done["device"]) == (True, str(spare.public_id))
    old.refresh_from_db()
    assert old.state == "retired"
    act = Change.objects.get(door="api")
    assert act.what == "Replace Window (screen-17) by screen-18"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"pairing_code": "ZZZZZZ"}, 400),
        ({"pairing_code": "ABCDEF", "device": "mobile_id:screen-17"}, 400),
        ({"device": "mobile_id:nobody"}, 404),
        ({"device": "mobile_id:screen-17"}, 400),
        ({"hardware": "x"}, 400),
    ],
)
def test_the_api_refuses_in_words(admin_api: APIClient, old: Device, body: dict[str, str], status: int):
    answer = admin_api.post(f"/api/v1/devices/{old.public_id}/replace", body, format="json")
    assert (answer.status_code, bool(answer.json()["detail"]["message"])) == (status, True)


def test_the_api_refuses_whoever_may_not(api: APIClient, user_with, old: Device, spare: Device):
    address = f"/api/v1/devices/{old.public_id}/replace"
    assert api.post(address).status_code == 401
    api.force_authenticate(user_with("devices.view_device"))
    assert api.post(address, {"device": str(spare.public_id)}, format="json").status_code == 403
