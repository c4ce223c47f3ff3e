"""What the database breaks off on the way uses nothing up: the same password, the same code and the same form are good
once it answers again. What fails is a table that nobody may write to, or not insert into."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.db import connection
from django.test import Client

from dgx.core.tests.contract import assert_refused
from dgx.core.tests.failing import out_of_reach
from dgx.people.models import Authenticator, RecoveryCodes
from dgx.people.second_factor import codes_left
from dgx.people.tests.conftest import PASSWORD, Protected, code_of

LOGIN, CODE, API = "/admin/login/", "/admin/login/code/", "/api/v1/auth/token"
ACCOUNT, SET_UP = "/admin/account/", "/admin/account/second-factor/"
OFF, CODES = f"{SET_UP}off/", f"{ACCOUNT}recovery-codes/"
SAME_CODE = pytest.mark.parametrize(
    "code", [Protected.shown, lambda protected: protected.codes[0]], ids=["app", "paper"]
)


def is_in(client: Client) -> bool:
    return bool(client.get(ACCOUNT).status_code == 200)


def assert_nothing_counted() -> None:
    assert not AccessAttempt.objects.exists()
    assert (Authenticator.objects.get().last_t, RecoveryCodes.objects.get().throttling_failure_count) == (-1, 0)


# --- logins ----
@SAME_CODE
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["people_tokenlogin", "token_blacklist_outstandingtoken", "auth_user"])
def test_the_same_code_gives_tokens_once_the_database_answers(api, protected, table, code):
    given = protected.login | {"code": code(protected)}
    with out_of_reach(table, "SHARE"):
        assert_refused(api.post(API, given), 503, "unavailable")
    assert_nothing_counted()
    assert api.post(API, given).status_code == 200
    assert_refused(api.post(API, given), 401, "second_factor_invalid")


class Form:
    """A browser that shows a form, and sends it again as it is."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.client.get(LOGIN)
        self.token = self.client.cookies["csrftoken"].value

    def send(self, path: str, values: dict[str, str]) -> Any:
        return self.client.post(path, values | {"csrfmiddlewaretoken": self.token})


@SAME_CODE
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["people_session", "auth_user"])
def test_the_same_code_lets_in_at_the_door_once_the_database_answers(protected, table, code):
    form, given = Form(), {"code": code(protected)}
    form.send(LOGIN, protected.login)
    with out_of_reach(table, "SHARE"):
        assert form.send(CODE, given).status_code == 503
    assert_nothing_counted()
    assert form.send(CODE, given)["Location"] == "/admin/"
    assert is_in(form.client)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["people_session", "auth_user"])
def test_the_same_password_lets_in_at_the_door_once_the_database_answers(admin_user, table):
    form, given = Form(), {"username": admin_user.username, "password": PASSWORD}
    with out_of_reach(table, "SHARE"):
        assert form.send(LOGIN, given).status_code == 503
    assert form.send(LOGIN, given)["Location"] == "/admin/"
    assert is_in(form.client)


# --- one's own second factor ----
@contextmanager
def inserts_fail(table: str) -> Iterator[None]:
    """A lock would hold up already what comes before the insert: the sessions that end, the codes that are deleted."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE lock_not_available; END'"
        )
        cursor.execute(f"CREATE TRIGGER fail BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION fail()")
        yield
        cursor.execute("DROP FUNCTION fail() CASCADE")


def about_to_turn_it_on(client: Client) -> dict[str, str]:
    """Opens the page; returns what is typed there."""
    client.get(SET_UP)
    return {"code": code_of(client.session["people_new_key"]), "password": PASSWORD}


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["otp_static_statictoken", "people_session"])
def test_a_second_factor_that_could_not_be_turned_on_is_turned_on_by_the_same_code(visitor, admin_user, table):
    client = visitor(admin_user)
    given = about_to_turn_it_on(client)
    with inserts_fail(table):
        assert client.post(SET_UP, given).status_code == 503
    assert not Authenticator.objects.exists()
    assert is_in(client)
    assert len(client.post(SET_UP, given).context["codes"]) == 10
    assert is_in(client)


@pytest.mark.django_db(transaction=True)
def test_recovery_codes_that_cannot_be_shown_are_not_made(visitor, admin_user):
    client = visitor(admin_user)
    given = about_to_turn_it_on(client)
    with out_of_reach("locations_shoplimit"):  # the page reads it, and nothing before the page
        assert client.post(SET_UP, given).status_code == 503
    assert not Authenticator.objects.exists()
    assert len(client.post(SET_UP, given).context["codes"]) == 10


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "table", "left"), [(OFF, "people_session", 0), (CODES, "otp_static_statictoken", 10)], ids=["off", "codes"]
)
def test_the_code_that_proves_oneself_is_not_used_up_either(visitor, protected, path, table, left):
    client = visitor(protected.user)
    client.post(CODE, {"code": protected.shown()})
    with inserts_fail(table):
        assert client.post(path, {"code": protected.codes[0]}).status_code == 503
    assert (codes_left(protected.user), is_in(client)) == (10, True)
    assert client.post(path, {"code": protected.codes[0]}).status_code in {200, 302}
    assert (codes_left(protected.user), is_in(client)) == (left, True)
