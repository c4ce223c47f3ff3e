"""Passwords that are easily guessed are refused wherever a person gives one, and no page lets them be tried at will."""

import pytest
from django.contrib.auth.models import User

from dgx.core.api.throttles import LoginThrottle
from dgx.people.tests.conftest import PASSWORD

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


# --- the old one ----
CHANGE = "/admin/password_change/"
NEW = {"new_password1": "battery staple 9", "new_password2": "battery staple 9"}


def change(client, old):
    return client.post(CHANGE, {"old_password": old, **NEW})


def test_the_old_password_is_asked_for(visitor, admin_user):
    client = visitor(admin_user)
    page = change(client, "guess")
    assert page.context["form"].errors == {"old_password": ["This is not your password."]}
    assert change(client, PASSWORD)["Location"] == "/admin/password_change/done/"
    assert visitor().post("/admin/login/", {"username": "admin", "password": "battery staple 9"}).status_code == 302


def test_an_open_browser_does_not_give_the_old_password_away(visitor, admin_user, settings):
    settings.AXES_FAILURE_LIMIT = 3
    client = visitor(admin_user)
    pages = [change(client, f"guess {number}") for number in range(3)]
    assert [page.status_code for page in pages] == [200, 200, 429]
    page = change(client, PASSWORD)
    assert (page.status_code, "Too many wrong passwords" in page.content.decode()) == (429, True)
    assert User.objects.get().check_password(PASSWORD)


def test_the_old_password_is_tried_at_the_login_s_rate(visitor, admin_user, monkeypatch):
    client = visitor()
    client.force_login(admin_user)
    monkeypatch.setattr(LoginThrottle, "THROTTLE_RATES", {"login": "2/min"})
    said = [change(client, "guess").context["form"].errors["old_password"][0] for _ in range(3)]
    assert said[:2] == ["This is not your password."] * 2
    assert said[2].startswith("Too many attempts.")


@pytest.mark.parametrize("old", ["", "a\x00b", "x" * 5000])
def test_what_is_no_password_is_refused_by_its_field(visitor, admin_user, old):
    assert list(change(visitor(admin_user), old).context["form"].errors) == ["old_password"]
