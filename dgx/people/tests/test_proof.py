"""A login that is under way while the password, the standing or the second factor changes does not survive it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher, make_password
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from rest_framework.test import APIClient

from dgx.core.tests.contract import assert_refused
from dgx.people.models import Session, TokenLogin
from dgx.people.second_factor import new_key, turn_on
from dgx.people.tests.conftest import PASSWORD, code_of

DOOR, API = "/admin/login/", "/api/v1/auth/token"
RIGHT = {"username": "admin", "password": PASSWORD}

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("admin_user")]


class Slow(MD5PasswordHasher):
    """Compares so slowly that something happens meanwhile, once."""

    meanwhile: ClassVar[list[Callable[[], Any]]] = []

    def verify(self, password: str, encoded: str) -> bool:
        is_right = super().verify(password, encoded)
        while self.meanwhile:
            self.meanwhile.pop()()
        return is_right


@pytest.fixture(autouse=True)
def slow(settings):
    settings.PASSWORD_HASHERS = [f"{__name__}.Slow"]
    yield
    Slow.meanwhile.clear()


CHANGES = {
    "a new password": lambda: User.objects.update(password=make_password("battery staple 9")),
    "not active any more": lambda: User.objects.update(is_active=False),
    "gone": lambda: User.objects.all().delete(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_login_at_the_api_that_is_overtaken_gets_no_tokens(api, change):
    Slow.meanwhile.append(change)
    assert_refused(api.post(API, RIGHT), 401, "no_active_account")
    assert not TokenLogin.objects.exists()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_login_at_the_door_that_is_overtaken_starts_anew(client, change):
    Slow.meanwhile.append(change)
    answer = client.post(DOOR, RIGHT)
    assert (answer.status_code, answer["Location"]) == (302, DOOR)
    assert "Your password has just changed. Log in again." in client.get(DOOR).content.decode()
    assert not Session.objects.exclude(user=None).exists()


def test_a_login_that_nothing_overtakes_gets_in(api, client):
    Slow.meanwhile.append(lambda: User.objects.update(first_name="Ann"))
    assert api.post(API, RIGHT).status_code == 200
    assert client.post(DOOR, RIGHT)["Location"] == "/admin/"


# --- a second factor that is being turned on ----
def is_waited_for() -> bool:
    """Somebody waits for a lock that somebody else holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def at_the_api() -> Any:
    return APIClient().post(API, RIGHT)


def at_the_door() -> Any:
    return Client().post(DOOR, RIGHT)


@pytest.mark.parametrize("log_in", [at_the_api, at_the_door])
def test_a_login_beside_a_second_factor_that_is_being_turned_on_needs_its_code(transactional_db, admin_user, log_in):
    def run() -> Any:
        try:
            return log_in()
        finally:
            connection.close()

    key = new_key()
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            turn_on(admin_user, key=key, code=code_of(key))
            answer = pool.submit(run)
            while not is_waited_for():
                assert not answer.done()
        got = answer.result(timeout=30)
    assert (got.status_code, got.get("Location")) in {(401, None), (302, DOOR)}
    assert not TokenLogin.objects.exists()
    assert not Session.objects.exclude(user=None).exists()
