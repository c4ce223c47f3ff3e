"""A sheet of keys: a QR code for each screen, shown once, each good for one device."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from devices.models import EnrolmentKey
from devices.services.enrolment import enrol_with_key
from devices.tests.factories import GroupFactory
from dgx.core.credentials import hash_secret
from dgx.core.errors import Invalid
from dgx.core.models import Change, ChangedRow
from locations.models import ShopLimit
from locations.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db
SHEET = "/admin/devices/enrolmentkey/sheet/"
VALUES = {"label": "Lyon", "count": "3", "days": "30", "group": "", "shop": ""}


def secrets_on(answer) -> list[str]:
    return [secret for _key, _code, secret in answer.context["cards"]]


def test_each_card_has_a_key_of_its_own_for_one_screen(admin_client: Client, admin_user: User):
    group, shop = GroupFactory.create(), ShopFactory.create()
    answer = admin_client.post(SHEET, {**VALUES, "group": group.pk, "shop": shop.pk})
    secrets = secrets_on(answer)
    keys = EnrolmentKey.objects.order_by("pk")
    assert [key.label for key in keys] == ["Lyon 1/3", "Lyon 2/3", "Lyon 3/3"]
    assert [key.key_hash for key in keys] == [hash_secret(secret) for secret in secrets]
    assert {(key.group, key.shop, key.max_uses, key.created_by) for key in keys} == {(group, shop, 1, admin_user)}
    page = answer.content.decode()
    assert page.count("<svg") == 3
    assert "style=" not in page
    assert not re.search(r"<script(?![^>]*src=)", page)
    assert "no-store" in answer["Cache-Control"]


def test_a_card_lets_in_one_screen_until_it_ends(admin_client: Client):
    first, second, _third = secrets_on(admin_client.post(SHEET, VALUES))
    enrol_with_key(mobile_id="a", key=first, details={}, now=timezone.now())
    with pytest.raises(Invalid):
        enrol_with_key(mobile_id="b", key=first, details={}, now=timezone.now())
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False), pytest.raises(Invalid):
        enrol_with_key(mobile_id="c", key=second, details={}, now=timezone.now())


def test_the_keys_are_shown_this_once_and_kept_nowhere(admin_client: Client):
    secrets = secrets_on(admin_client.post(SHEET, VALUES))
    key = EnrolmentKey.objects.first()
    assert key is not None
    pages = [
        admin_client.get(SHEET).content.decode(),
        admin_client.get(f"/admin/devices/enrolmentkey/{key.pk}/change/").content.decode(),
        admin_client.get(f"/admin/devices/enrolmentkey/{key.pk}/history/").content.decode(),
        repr(list(ChangedRow.objects.values())),
        repr(list(Change.objects.values())),
    ]
    assert not [secret for secret in secrets for page in pages if secret in page]


def test_the_list_leads_there(admin_client: Client):
    assert "Print a sheet" in admin_client.get("/admin/devices/enrolmentkey/").content.decode()
    assert admin_client.get(SHEET).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"count": "0"}, "count"), ({"count": "97"}, "count"), ({"days": "0"}, "days"), ({"label": ""}, "label")],
)
def test_wrong_values_are_errors_of_the_form(admin_client: Client, wrong: dict[str, str], field: str):
    answer = admin_client.post(SHEET, {**VALUES, **wrong})
    assert list(answer.context["form"].errors) == [field]
    assert not EnrolmentKey.objects.exists()


def test_whoever_may_not_add_keys_makes_no_sheet(client: Client, user_with):
    client.force_login(user_with("devices.view_enrolmentkey"))
    assert client.get(SHEET).status_code == 403
    assert client.post(SHEET, VALUES).status_code == 403
    assert not EnrolmentKey.objects.exists()


def test_a_limited_person_makes_keys_for_their_shops_alone(client: Client, user_with):
    mine, other = ShopFactory.create(), ShopFactory.create()
    user = user_with("devices.view_enrolmentkey", "devices.add_enrolmentkey")
    ShopLimit.objects.create(user=user).shops.add(mine)
    client.force_login(user)
    for shop in ("", other.pk):
        assert list(client.post(SHEET, {**VALUES, "shop": shop}).context["form"].errors) == ["shop"]
    assert len(secrets_on(client.post(SHEET, {**VALUES, "shop": mine.pk}))) == 3
    assert not EnrolmentKey.objects.exclude(shop=mine).exists()
