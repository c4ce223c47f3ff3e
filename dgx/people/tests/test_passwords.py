"""Passwords that are easily guessed are refused wherever a person gives one."""

import pytest
from django.contrib.auth.models import User

pytestmark = pytest.mark.django_db

WEAK = {
    "short": "too short",
    "password1": "too common",
    "481516234200": "entirely numeric",
    "anna.keller": "too similar",
}


@pytest.mark.parametrize(("password", "why"), WEAK.items())
def test_a_new_person_gets_none(admin_client, password, why):
    values = {"username": "anna.keller", "usable_password": "true", "password1": password, "password2": password}
    page = admin_client.post("/admin/auth/user/add/", values)
    assert (page.status_code, why in page.content.decode()) == (200, True)
    assert not User.objects.filter(username="anna.keller").exists()


@pytest.mark.parametrize(("password", "why"), WEAK.items())
def test_nobody_gives_themselves_one(client, password, why):
    person = User.objects.create_user("anna.keller", password="correct horse battery", is_staff=True)
    client.force_login(person)
    values = {"old_password": "correct horse battery", "new_password1": password, "new_password2": password}
    page = client.post("/admin/password_change/", values)
    assert (page.status_code, why in page.content.decode()) == (200, True)
    person.refresh_from_db()
    assert person.check_password("correct horse battery")
