"""One's own account: what one sees of it, ends, turns on and off; and what strangers get."""

import re

import pytest
from django.contrib.auth.models import User

from dgx.core.models import ApiKey, ChangedRow
from dgx.people.models import Authenticator, Session, TokenLogin
from dgx.people.second_factor import codes_left
from dgx.people.tests.conftest import CHROME, PASSWORD, code_of, wrong
from dgx.people.tokens import begin

ACCOUNT, END = "/admin/account/", "/admin/account/end/"
SET_UP, OFF, CODES = f"{ACCOUNT}second-factor/", f"{ACCOUNT}second-factor/off/", f"{ACCOUNT}recovery-codes/"

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", [ACCOUNT, END, SET_UP, OFF, CODES])
def test_a_stranger_is_sent_to_log_in(client, path):
    for answer in (client.get(path), client.post(path, {"all": "1"})):
        assert answer["Location"].startswith("/admin/login/")


def test_the_page_lists_by_what_one_is_logged_in(visitor, admin_user, django_assert_max_num_queries):
    client, _other = visitor(admin_user), visitor(admin_user, CHROME)
    begin(admin_user)
    ApiKey.issue(user=admin_user, name="stock system")
    with django_assert_max_num_queries(12):
        page = client.get(ACCOUNT)
    said = page.content.decode()
    for words in ("Firefox on Windows", "Chrome on Linux", "This one", "Another program", "stock system"):
        assert words in said
    assert client.cookies["sessionid"].value not in said


def test_the_page_costs_the_same_with_many_sessions(visitor, admin_user, django_assert_max_num_queries):
    client = visitor(admin_user)
    for _ in range(60):
        begin(admin_user)
    with django_assert_max_num_queries(12):
        assert len(client.get(ACCOUNT).context["access"].logins) == 50


def test_one_session_is_ended_by_its_row(visitor, admin_user):
    client, other = visitor(admin_user), visitor(admin_user, CHROME)
    row = Session.objects.exclude(session_key=client.get(ACCOUNT).context["current"]).get()
    assert client.post(END, {"session": row.session_key})["Location"] == ACCOUNT
    assert (client.get(ACCOUNT).status_code, other.get(ACCOUNT).status_code) == (200, 302)
    assert ChangedRow.objects.get(fields__has_key="session").fields == {"session": [str(row), None]}


def test_all_others_end_at_once(visitor, admin_user, api):
    client, other, tokens = visitor(admin_user), visitor(admin_user, CHROME), begin(admin_user)
    client.post(END, {"all": "1"})
    assert (client.get(ACCOUNT).status_code, other.get(ACCOUNT).status_code) == (200, 302)
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {tokens.access_token}"}
    assert api.get("/api/v1/shops", **bearer).status_code == 401
    assert TokenLogin.objects.get().ended_by == "person"


def test_a_token_login_is_ended(visitor, admin_user, api):
    client, tokens, kept = visitor(admin_user), begin(admin_user), begin(admin_user)
    client.post(END, {"login": tokens["login"]})
    for token, status in ((tokens, 401), (kept, 200)):
        assert api.get("/api/v1/shops", HTTP_AUTHORIZATION=f"Bearer {token.access_token}").status_code == status


@pytest.mark.parametrize("named", [{}, {"session": "x"}, {"login": "x"}, {"session": "a\tb"}, {"login": "é" * 300}])
def test_what_names_nothing_ends_nothing(visitor, admin_user, named):
    client = visitor(admin_user)
    assert client.post(END, named)["Location"] == ACCOUNT
    assert client.get(ACCOUNT).status_code == 200


def test_nobody_ends_what_is_another_s(visitor, admin_user, user_with):
    client, tokens = visitor(admin_user), begin(admin_user)
    stranger = visitor(user_with("devices.view_device"))
    row = Session.objects.get(user=admin_user)
    stranger.post(END, {"session": row.session_key})
    stranger.post(END, {"login": tokens["login"]})
    stranger.post(END, {"all": "1"})
    assert client.get(ACCOUNT).status_code == 200
    assert TokenLogin.objects.get().ended_at is None


def test_a_get_ends_nothing(visitor, admin_user):
    assert visitor(admin_user).get(END).status_code == 405


# --- the second factor ----
def set_up(client, **values):
    """Opens the page, and posts what the app shows."""
    client.get(SET_UP)
    key = client.session["people_new_key"]
    return client.post(SET_UP, {"code": code_of(key), "password": PASSWORD, **values})


def test_the_page_shows_a_qr_code_and_the_same_secret_to_type(visitor, admin_user):
    page = visitor(admin_user).get(SET_UP)
    said = page.content.decode()
    assert "<svg" in page.context["qr"]
    assert "style=" not in page.context["qr"]
    assert re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", said)
    assert "no-store" in page["Cache-Control"]


def test_turning_it_on_shows_ten_codes_once_and_ends_all_others(visitor, admin_user, api):
    client, other, tokens = visitor(admin_user), visitor(admin_user, CHROME), begin(admin_user)
    page = set_up(client)
    codes = page.context["codes"]
    assert (page.status_code, len(codes), "no-store" in page["Cache-Control"]) == (200, 10, True)
    assert all(re.fullmatch(r"[a-z2-7]{4}-[a-z2-7]{4}", code) for code in codes)
    assert (client.get(ACCOUNT).status_code, other.get(ACCOUNT).status_code) == (200, 302)
    assert api.get("/api/v1/shops", HTTP_AUTHORIZATION=f"Bearer {tokens.access_token}").status_code == 401
    assert codes[0] not in client.get(ACCOUNT).content.decode()
    assert client.get(SET_UP)["Location"] == ACCOUNT


@pytest.mark.parametrize(
    ("values", "field"), [({"code": "000000x"}, "code"), ({"code": ""}, "code"), ({"password": "guess"}, "password")]
)
def test_a_wrong_code_or_password_turns_nothing_on(visitor, admin_user, values, field):
    client, other = visitor(admin_user), visitor(admin_user, CHROME)
    assert list(set_up(client, **values).context["form"].errors) == [field]
    assert not Authenticator.objects.exists()
    assert (client.get(ACCOUNT).status_code, other.get(ACCOUNT).status_code) == (200, 200)


def test_the_qr_code_stays_the_same_while_the_person_tries(visitor, admin_user):
    client = visitor(admin_user)
    first = client.get(SET_UP).context["typed"]
    assert client.post(SET_UP, {"code": "123456", "password": PASSWORD}).context["typed"] == first


@pytest.fixture
def inside(visitor, protected):
    """The browser of somebody who came in with a recovery code."""
    client = visitor(protected.user)
    client.post("/admin/login/code/", {"code": protected.codes[0]})
    return client


def test_turning_it_off_needs_a_code(inside, protected):
    assert inside.get(OFF).status_code == 200
    assert inside.post(OFF, {"code": wrong(protected.shown())}).status_code == 200
    assert Authenticator.objects.exists()
    assert inside.post(OFF, {"code": protected.codes[1]})["Location"] == ACCOUNT
    assert not Authenticator.objects.exists()
    assert inside.get(ACCOUNT).status_code == 200


def test_new_recovery_codes_take_the_place_of_the_old(inside, protected, visitor):
    page = inside.post(CODES, {"code": protected.shown()})
    assert len(page.context["codes"]) == 10
    assert codes_left(protected.user) == 10
    old = visitor(protected.user)
    assert old.post("/admin/login/code/", {"code": protected.codes[5]}).status_code == 200


def test_without_one_there_is_nothing_to_turn_off(visitor, admin_user):
    client = visitor(admin_user)
    assert [client.get(path)["Location"] for path in (OFF, CODES)] == [ACCOUNT, ACCOUNT]


def test_a_person_who_may_next_to_nothing_has_an_account_too(visitor, db):
    person = User.objects.create_user("clerk", password=PASSWORD, is_staff=True)
    client = visitor(person)
    assert client.get(ACCOUNT).status_code == 200
    assert set_up(client).status_code == 200
    assert Authenticator.objects.get().user_id == person.pk
