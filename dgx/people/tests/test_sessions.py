"""Sessions: whose cookie, from which browser, for how long, and what ends them."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import UpdateError

from dgx.core.models import ApiKey, Change, ChangedRow
from dgx.core.tests.contract import assert_refused
from dgx.people.models import Session, TokenLogin
from dgx.people.sessions import SessionStore, row_key
from dgx.people.tests.conftest import CHROME, FIREFOX, PASSWORD
from dgx.people.tokens import begin

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("key", ["\x00abcdefghijk", "a" * 5000, "ABCDEFGHIJKL", "é" * 12, "short", "a'b OR 1=1 --"])
def test_a_session_key_that_we_never_made_is_nobodys(client, key, django_assert_num_queries):
    client.cookies["sessionid"] = key
    with django_assert_num_queries(0):
        response = client.get("/admin/")
    assert (response.status_code, response["Location"]) == (302, "/admin/login/?next=/admin/")
    assert client.get("/api/v1/devices/").status_code == 401


def test_whoever_logged_in_stays_logged_in(client, admin_user):
    client.force_login(admin_user)
    assert client.get("/api/v1/devices/").status_code == 200


# --- where and how long ----
def last_seen(user):
    return Session.objects.get(user=user)


def page_of(client, **headers):
    return client.get("/admin/account/", headers=headers).status_code


def test_the_database_keeps_no_cookie(visitor, admin_user):
    client = visitor(admin_user)
    cookie = client.cookies["sessionid"].value
    row = last_seen(admin_user)
    assert row.session_key == row_key(cookie)
    assert cookie not in f"{row.session_key}{row.session_data}"
    assert (row.browser, row.address) == ("Firefox on Windows", "127.0.0.1")


def test_what_the_database_keeps_is_no_cookie(visitor, admin_user):
    thief = visitor()
    visitor(admin_user)
    thief.cookies["sessionid"] = last_seen(admin_user).session_key
    assert page_of(thief) == 302


@time_machine.travel(NOON, tick=False)
def test_a_session_in_use_goes_on_and_an_idle_one_ends(visitor, admin_user):
    client = visitor(admin_user)
    for hours in (23, 46):
        with time_machine.travel(NOON + timedelta(hours=hours), tick=False):
            assert page_of(client) == 200
            assert last_seen(admin_user).last_seen_at == NOON + timedelta(hours=hours)
    with time_machine.travel(NOON + timedelta(hours=46 + 24), tick=False):
        assert page_of(client) == 302


def test_a_session_ends_after_its_longest_life_however_busy(visitor, admin_user, settings):
    settings.DGX_SESSION_IDLE_HOURS = 24 * 30
    with time_machine.travel(NOON, tick=False):
        client = visitor(admin_user)
    for days, status in ((7, 200), (13.9, 200), (14, 302)):
        with time_machine.travel(NOON + timedelta(days=days), tick=False):
            assert page_of(client) == status


@time_machine.travel(NOON, tick=False)
def test_being_seen_is_written_once_a_minute(visitor, admin_user, django_assert_num_queries):
    client = visitor(admin_user)
    with django_assert_num_queries(2), time_machine.travel(NOON + timedelta(seconds=59), tick=False):
        client.get("/admin/login/")  # leads on: session and user
    with django_assert_num_queries(3), time_machine.travel(NOON + timedelta(seconds=60), tick=False):
        client.get("/admin/login/")


def test_a_session_that_ended_meanwhile_is_not_begun_anew_by_saving_it():
    store = SessionStore()
    store["seen"] = 1
    store.save()
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        store.save()
    assert not Session.objects.exists()


# --- bound to a browser ----
def test_another_address_and_a_newer_version_are_the_same_browser(visitor, admin_user):
    client = visitor(admin_user)
    newer = FIREFOX.replace("140.0", "141.0")
    assert client.get("/admin/account/", headers={"User-Agent": newer}, REMOTE_ADDR="203.0.113.9").status_code == 200


def test_a_cookie_in_another_browser_ends_the_session_and_is_told(visitor, admin_user, caplog):
    client = visitor(admin_user)
    assert page_of(client, **{"User-Agent": CHROME}) == 302
    assert page_of(client) == 302, "not even its own browser comes in by it any more"
    assert not Session.objects.exists()
    assert "its cookie came from Chrome on Linux at 127.0.0.1" in caplog.text
    act = Change.objects.latest("pk")
    assert (act.door, act.what) == ("system", "Ended a session: its cookie came from another browser")
    assert ChangedRow.objects.get(change=act).fields == {
        "session": ["Firefox on Windows at 127.0.0.1", None],
        "came_from": [None, "Chrome on Linux at 127.0.0.1"],
    }


def test_the_api_knows_the_session_s_browser_too(visitor, admin_user):
    client = visitor(admin_user)
    assert client.get("/api/v1/shops").status_code == 200
    assert client.get("/api/v1/shops", headers={"User-Agent": "curl/8"}).status_code == 401
    assert client.get("/api/v1/shops").status_code == 401


# --- what ends them all ----
def test_a_new_password_ends_all_other_sessions_and_all_token_logins(visitor, admin_user, api):
    client, other, tokens = visitor(admin_user), visitor(admin_user, CHROME), begin(admin_user)
    values = {"old_password": PASSWORD, "new_password1": "battery staple 9", "new_password2": "battery staple 9"}
    assert client.post("/admin/password_change/", values).status_code == 302
    assert (page_of(client), page_of(other)) == (200, 302)
    assert Session.objects.filter(user=admin_user).count() == 1
    assert TokenLogin.objects.get().ended_by == "credentials"
    assert_refused(api.get("/api/v1/shops", HTTP_AUTHORIZATION=f"Bearer {tokens.access_token}"), 401)
    assert_refused(api.post("/api/v1/auth/token/refresh", {"refresh": str(tokens)}), 401, "token_not_valid")


def test_a_new_password_by_a_command_ends_them_too(visitor, admin_user):
    client = visitor(admin_user)
    admin_user.set_password("battery staple 9")
    admin_user.save()
    assert not Session.objects.exists()
    assert page_of(client) == 302


def test_deactivating_a_person_ends_everything_and_nothing_of_it_comes_back(visitor, admin_user, api):
    client, tokens = visitor(admin_user), begin(admin_user)
    _key, secret = ApiKey.issue(user=admin_user, name="stock")
    User.objects.update(is_active=False)
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {tokens.access_token}"}
    assert page_of(client) == 302
    assert_refused(api.get("/api/v1/shops", **bearer), 401)
    assert_refused(api.get("/api/v1/shops", HTTP_X_API_KEY=secret), 401, "api_key_invalid")
    User.objects.update(is_active=True)
    assert page_of(client) == 302
    assert_refused(api.get("/api/v1/shops", **bearer), 401)
    assert_refused(api.post("/api/v1/auth/token/refresh", {"refresh": str(tokens)}), 401)


def test_what_else_changes_of_a_person_ends_nothing(visitor, admin_user):
    client = visitor(admin_user)
    User.objects.update(first_name="Ann", last_login=NOON, is_active=True)
    assert page_of(client) == 200
