"""Many waiting screens are let in at once, each under its name, and whoever cannot come in is told why."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from devices.models import Device, Pairing
from devices.services.enrolment import claim, start_pairing
from devices.services.pairing import Naming, approve_pairings, plan
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.errors import Invalid
from dgx.core.models import Change
from locations.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/devices/pairing/"


def wait(*names: str) -> list[str]:
    """Screens that ask to come in, one after another; their claim tokens."""
    return [start_pairing(mobile_id=name, details={"screen": "1920x1080"}).claim_token for name in names]


def let_in(admin_user: User, **fields: object):
    values = {"by": admin_user, "now": timezone.now(), "naming": Naming(), **fields}
    return approve_pairings(Pairing.objects.all(), **values)  # type: ignore[arg-type]


def test_they_come_in_where_they_are_put_under_the_pattern_s_names(admin_user: User):
    tokens = wait("a", "b", "c")
    group, shop = GroupFactory.create(), ShopFactory.create()
    let_in(admin_user, group=group, shop=shop, naming=Naming("Window {n} ({mobile_id})", 7))
    assert list(Device.objects.order_by("mobile_id").values_list("name", "group", "shop", "screen", "state")) == [
        (f"Window {number} ({name})", group.pk, shop.pk, "1920x1080", "registered")
        for number, name in ((7, "a"), (8, "b"), (9, "c"))
    ]
    assert {pairing.decided_by for pairing in Pairing.objects.all()} == {admin_user}
    enrolled = claim(claim_token=tokens[1], now=timezone.now())
    assert enrolled is not None
    assert (enrolled.device.mobile_id, enrolled.device.state) == ("b", "enrolled")


def test_whoever_cannot_come_in_is_left_alone_with_a_reason(admin_user: User):
    with time_machine.travel(timezone.now() - timedelta(hours=1), tick=False):
        wait("late")
    wait("twice", "enrolled", "done")
    DeviceFactory.create(mobile_id="enrolled", state="enrolled")
    Pairing.objects.filter(mobile_id="done").update(state="refused")
    wait("twice", "fine")
    done = let_in(admin_user)
    assert [pairing.mobile_id for pairing, _name in done.coming] == ["twice", "fine"]
    assert [(pairing.mobile_id, reason) for pairing, reason in done.left] == [
        ("late", "shows its code no more"),
        ("twice", "asked once more; the later code counts"),
        ("enrolled", "is enrolled already; allow its re-pairing first"),
        ("done", "is decided already"),
    ]
    assert Pairing.objects.filter(state="approved").count() == 2


def test_one_that_was_registered_beforehand_keeps_its_name_and_place(admin_user: User):
    shop, other = ShopFactory.create(), ShopFactory.create()
    registered = DeviceFactory.create(mobile_id="a", name="Entrance", shop=shop, group=None, state="registered")
    group = GroupFactory.create()
    wait("a")
    let_in(admin_user, shop=other, group=group, naming=Naming("Window {n}"))
    registered.refresh_from_db()
    assert (registered.name, registered.shop, registered.group) == ("Entrance", shop, group)
    assert Pairing.objects.get().device == registered


@pytest.mark.parametrize("pattern", ["{x}", "Window {", "{n}}", "{0}", "{n.real}"])
def test_a_placeholder_that_is_none_is_refused(pattern: str):
    with pytest.raises(Invalid) as refused:
        plan(Pairing.objects.all(), naming=Naming(pattern), now=timezone.now())
    assert list(refused.value.fields) == ["pattern"]


def test_for_many_it_takes_as_many_statements_as_for_one(admin_user: User):
    counts = []
    for number in (2, 60):
        Pairing.objects.all().delete()
        Device.objects.all().delete()
        wait(*(f"d-{each}" for each in range(number)))
        DeviceFactory.create(mobile_id="d-0", state="registered")
        with CaptureQueriesContext(connection) as queries:
            let_in(admin_user, group=GroupFactory.create(), naming=Naming("{n}"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_list_shows_the_names_before_it_lets_anybody_in(admin_client: Client):
    wait("a", "b")
    Pairing.objects.filter(mobile_id="b").update(name="own name")
    post = {"action": "let_in", "_selected_action": list(Pairing.objects.values_list("pk", flat=True))}
    values = {"pattern": "Window {n}", "first": "3", "group": "", "shop": ""}
    page = admin_client.post(LIST, {**post, **values, "chosen": "1"}).content.decode()
    assert "2 screens come in." in page
    assert "a → Window 3" in page
    assert not Device.objects.exists()
    admin_client.post(LIST, {**post, **values, "confirmed": "1"})
    assert list(Device.objects.order_by("pk").values_list("name", flat=True)) == ["Window 3", "Window 4"]
    act = Change.objects.get(door="action")
    assert (act.what, act.rows.count()) == ("Let screens in: 2 pairings", 4)


def test_a_wrong_pattern_is_an_error_of_the_form(admin_client: Client):
    wait("a")
    post = {"action": "let_in", "_selected_action": [Pairing.objects.get().pk], "chosen": "1", "first": "1"}
    page = admin_client.post(LIST, {**post, "pattern": "Window {nr}"})
    assert "Braces hold one of {n}, {mobile_id}, {code}." in page.content.decode()


def test_whoever_may_not_add_devices_lets_nobody_in(client: Client, user_with):
    wait("a")
    client.force_login(user_with("devices.view_pairing", "devices.change_pairing"))
    post = {"action": "let_in", "_selected_action": [Pairing.objects.get().pk], "confirmed": "1", "first": "1"}
    client.post(LIST, post)
    assert not Device.objects.exists()
