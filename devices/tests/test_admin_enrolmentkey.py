"""Enrolment keys in the admin: shown once, revoked for good."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from devices.models import EnrolmentKey
from devices.services.enrolment import make_enrolment_key
from devices.tests.factories import GroupFactory
from dgx.core.credentials import hash_secret
from dgx.core.models import ChangedRow

pytestmark = pytest.mark.django_db

LIST = "/admin/devices/enrolmentkey/"
FORM = {"label": "Opening", "group": "", "shop": "", "expires_at_0": "", "expires_at_1": "", "max_uses": ""}


def test_the_page_after_saving_shows_the_key_this_once(admin_client: Client, admin_user: User):
    group = GroupFactory.create()
    answer = admin_client.post(f"{LIST}add/", {**FORM, "group": group.pk, "max_uses": 5})
    (_whose, secret) = answer.context["secrets"][0]
    key = EnrolmentKey.objects.get()
    assert (key.key_hash, key.group, key.max_uses, key.created_by) == (hash_secret(secret), group, 5, admin_user)
    assert "no-store" in answer["Cache-Control"]
    assert secret not in admin_client.get(f"{LIST}{key.pk}/change/").content.decode()
    assert secret not in repr(list(ChangedRow.objects.values()))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("label", ""),
        ("label", "x" * 101),
        ("label", "a\x00b"),
        ("max_uses", "0"),
        ("max_uses", "-1"),
        ("group", "9999"),
    ],
)
def test_what_is_not_allowed_is_an_error_at_its_field(admin_client: Client, field: str, value: str):
    answer = admin_client.post(f"{LIST}add/", {**FORM, field: value})
    assert (answer.status_code, list(answer.context["adminform"].form.errors)) == (200, [field])
    assert not EnrolmentKey.objects.exists()


def test_changing_the_label_keeps_the_secret_and_the_uses(admin_client: Client):
    key, _secret = make_enrolment_key(label="Old")
    EnrolmentKey.objects.update(uses=3)
    assert admin_client.post(f"{LIST}{key.pk}/change/", {**FORM, "label": "New"}).status_code == 302
    changed = EnrolmentKey.objects.get()
    assert (changed.label, changed.uses, changed.key_hash) == ("New", 3, key.key_hash)


def test_revoking_asks_first(admin_client: Client):
    key, _secret = make_enrolment_key(label="Key")
    values = {"action": "revoke", "_selected_action": [key.pk]}
    assert admin_client.post(LIST, values).status_code == 200
    assert EnrolmentKey.objects.get().revoked_at is None
    admin_client.post(LIST, {**values, "confirmed": 1})
    assert EnrolmentKey.objects.get().revoked_at is not None


def test_whoever_may_only_view_cannot_revoke(client: Client, user_with):
    key, _secret = make_enrolment_key(label="Key")
    client.force_login(user_with("devices.view_enrolmentkey"))
    client.post(LIST, {"action": "revoke", "_selected_action": [key.pk], "confirmed": 1})
    assert EnrolmentKey.objects.get().revoked_at is None
