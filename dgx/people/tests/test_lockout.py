"""A name is locked for an address that guesses its password, at both doors, and for nobody else."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from dgx.core.api.throttles import LoginThrottle
from dgx.core.tests.contract import assert_refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("admin_user")]

ADMIN, API = "/admin/login/?next=/admin/", "/api/v1/auth/token"
RIGHT = {"username": "admin", "password": "correct horse battery"}
WRONG = RIGHT | {"password": "guess"}


@pytest.fixture(autouse=True)
def three_tries(settings):
    settings.AXES_FAILURE_LIMIT = 3


def guess(client, *, times=3, **where):
    for _ in range(times):
        client.post(ADMIN, WRONG, **where)


def test_after_too_many_guesses_even_the_right_password_is_refused_in_words(client):
    guess(client)
    response = client.post(ADMIN, RIGHT)
    assert response.status_code == 429
    assert response["Retry-After"] == "900"
    assert "Too many wrong passwords for this name from your address." in response.content.decode()


def test_the_api_refuses_too_and_says_when_to_come_back(api):
    for _ in range(3):
        api.post(API, WRONG)
    response = api.post(API, RIGHT)
    assert "Too many wrong passwords" in assert_refused(response, 429, "throttled")["message"]
    assert 900 <= int(response["Retry-After"]) <= 901


def test_both_doors_count_together(client, api):
    guess(client)
    assert_refused(api.post(API, RIGHT), 429, "throttled")


def test_a_guesser_does_not_lock_out_the_person_at_another_address(client):
    guess(client, REMOTE_ADDR="203.0.113.9")
    assert client.post(ADMIN, RIGHT, REMOTE_ADDR="203.0.113.10").status_code == 302


def test_a_guesser_does_not_lock_out_others_at_the_same_address(client, django_user_model):
    django_user_model.objects.create_superuser("other", password="correct horse battery")
    guess(client)
    assert client.post(ADMIN, RIGHT | {"username": "other"}).status_code == 302


def test_a_name_that_does_not_exist_is_locked_alike(client):
    for _ in range(3):
        client.post(ADMIN, WRONG | {"username": "nobody"})
    assert client.post(ADMIN, RIGHT | {"username": "nobody"}).status_code == 429


def test_the_lock_opens_by_itself(client):
    now = timezone.now()
    with time_machine.travel(now):
        guess(client)
    with time_machine.travel(now + timedelta(minutes=16)):
        assert client.post(ADMIN, RIGHT).status_code == 302


def test_a_success_in_between_starts_the_count_anew(client):
    guess(client, times=2)
    client.post(ADMIN, RIGHT)
    client.post("/admin/logout/")
    guess(client, times=2)
    assert client.post(ADMIN, RIGHT).status_code == 302


def test_whoever_is_logged_in_tries_the_names_of_others_no_faster(client, django_user_model, monkeypatch):
    client.force_login(django_user_model.objects.create_user("clerk", is_staff=True))
    monkeypatch.setattr(LoginThrottle, "THROTTLE_RATES", {"login": "2/min"})
    pages = [client.post(ADMIN, WRONG | {"username": f"name-{number}"}).content.decode() for number in range(3)]
    assert ["Too many attempts." in page for page in pages] == [False, False, True]


@pytest.mark.parametrize("username", ["a" * 300, "ä" * 300])
def test_a_name_that_nobody_can_have_is_refused_by_its_field(api, username):
    fields = assert_refused(api.post(API, WRONG | {"username": username}), 400, "invalid")["fields"]
    assert "150" in fields["username"][0]
