"""/api/v1: how often a key, a person and an address may call, and what they are told of it."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.test import APIClient

from dgx.core.models import ApiKey
from dgx.core.tests.contract import assert_refused, key_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
SHOPS = "/api/v1/shops"


@pytest.fixture
def operator(user_with):
    return user_with("locations.view_shop")


def limit_of(response) -> tuple[str | None, str | None]:
    return response.get("RateLimit-Policy"), response.get("RateLimit")


def statuses(client: APIClient, times: int, path: str = SHOPS) -> list[int]:
    return [client.get(path).status_code for _ in range(times)]


def test_an_answer_tells_a_key_what_is_left(operator):
    client = key_client(operator, "read")
    assert limit_of(client.get(SHOPS)) == ('"key";q=1200;w=60', '"key";r=1199;t=1')
    assert limit_of(client.get(SHOPS)) == ('"key";q=1200;w=60', '"key";r=1198;t=1')


def test_a_key_is_refused_beyond_its_rate_and_told_when_to_come_back(operator, rate, frozen):
    rate("key", "2/min")
    client = key_client(operator, "read")
    assert statuses(client, 2) == [200, 200]
    response = client.get(SHOPS)
    assert_refused(response, 429, "throttled")
    assert limit_of(response) == ('"key";q=2;w=60', '"key";r=0;t=15')
    assert int(response["Retry-After"]) >= 15
    frozen.shift(int(response["Retry-After"]))
    assert statuses(client, 2) == [200, 429]


def test_each_key_counts_by_itself_and_so_does_its_user(operator, rate):
    rate("key", "1/min")
    rate("user", "1/min")
    one, other, person = key_client(operator, "read"), key_client(operator, "read"), APIClient()
    person.force_login(operator)
    assert [statuses(client, 2) for client in (one, other, person)] == [[200, 429]] * 3
    assert limit_of(person.get(SHOPS))[0] == '"user";q=1;w=60'


def test_another_person_is_not_held_up(operator, user_with, rate):
    rate("user", "1/min")
    clients = APIClient(), APIClient()
    clients[0].force_login(operator)
    clients[1].force_login(user_with("locations.view_shop", username="another"))
    assert [statuses(client, 2) for client in clients] == [[200, 429]] * 2


def test_strangers_count_by_their_address(api, rate):
    rate("anonymous", "2/min")
    assert statuses(api, 3) == [401, 401, 429]
    assert api.get(SHOPS, REMOTE_ADDR="192.0.2.7").status_code == 401
    assert [api.get(SHOPS, REMOTE_ADDR=f"2001:db8::{n}").status_code for n in (1, 2, 3)] == [401, 401, 429]


def test_a_call_that_is_refused_or_finds_nothing_counts_as_well(user_with, rate):
    rate("key", "3/min")
    client = key_client(user_with("locations.view_shop"), "read")
    assert client.get("/api/v1/devices").status_code == 403
    assert client.post(SHOPS, {}).status_code == 403
    assert client.get(f"{SHOPS}/nothing").status_code == 404
    assert_refused(client.get(SHOPS), 429, "throttled")


def test_an_export_is_a_call_like_any_other(user_with, rate):
    rate("key", "2/min")
    client = key_client(user_with("telemetry.view_devicelog"), "read")
    response = client.get("/api/v1/logs/export")
    assert (response.status_code, limit_of(response)[1]) == (200, '"key";r=1;t=15')
    assert statuses(client, 2, "/api/v1/logs/export") == [200, 429]


def test_a_limit_can_be_turned_off(operator, rate):
    rate("key", "off")
    response = key_client(operator, "read").get(SHOPS)
    assert (response.status_code, limit_of(response)) == (200, (None, None))


def test_without_redis_it_answers_and_says_nothing_of_limits(operator, rate, settings):
    rate("key", "1/min")
    client = key_client(operator, "read")
    assert statuses(client, 2) == [200, 429]
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    response = client.get(SHOPS)
    assert (response.status_code, limit_of(response)) == (200, (None, None))


# --- keys that open nothing ----
def test_keys_that_open_nothing_are_counted_by_address_and_a_good_one_passes(api, operator, rate):
    rate("failure", "2/min")
    guesses = [api.get(SHOPS, HTTP_X_API_KEY=f"dgxk_{n}") for n in range(3)]
    assert [response.status_code for response in guesses] == [401, 401, 429]
    detail = assert_refused(guesses[2], 429, "throttled")
    assert detail["message"].startswith(
        "More than 2 calls in 60 s from 127.0.0.1, with credentials that are not known."
    )
    assert (int(guesses[2]["Retry-After"]), limit_of(guesses[2])[0]) == (15, '"failure";q=2;w=60')
    assert statuses(key_client(operator, "read"), 3) == [200] * 3
    assert api.get(SHOPS, HTTP_X_API_KEY="dgxk_0", REMOTE_ADDR="192.0.2.7").status_code == 401


def test_a_key_that_was_good_once_is_no_guess(api, operator, user_with, rate):
    rate("failure", "1/min")
    revoked, secret = ApiKey.issue(user=operator, name="revoked")
    revoked.revoke()
    _expired, other = ApiKey.issue(user=operator, name="expired", expires_at=timezone.now())
    gone = user_with("locations.view_shop", username="gone")
    _rests, third = ApiKey.issue(user=gone, name="of somebody who left")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    for key in [secret, other, third] * 2:
        assert_refused(api.get(SHOPS, HTTP_X_API_KEY=key), 401, "api_key_invalid")
    assert [api.get(SHOPS, HTTP_X_API_KEY="dgxk_guess").status_code for _ in range(2)] == [401, 429]


def test_a_login_is_told_its_limit(api, admin_user):
    response = api.post("/api/v1/auth/token", {"username": "admin", "password": "correct horse battery"})
    assert (response.status_code, limit_of(response)) == (200, ('"login";q=20;w=60', '"login";r=19;t=2'))
