"""/api/v1/api-keys: a user's own."""

from datetime import UTC, datetime

import pytest
import time_machine
from rest_framework.test import APIClient

from dgx.core.models import ApiKey
from dgx.core.tests.contract import assert_refused, key_client

ROUTE = "/api/v1/api-keys"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(user_with):
    """Somebody without any permission: their own keys are their own business."""
    return user_with("locations.view_shop")


@pytest.fixture
def client(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_a_stranger_has_no_keys(api):
    assert_refused(api.get(ROUTE), 401, "not_authenticated")
    assert_refused(api.post(ROUTE, {"name": "x"}), 401, "not_authenticated")


@time_machine.travel(NOON, tick=False)
def test_a_new_key_shows_its_secret_once_and_works(client, api):
    response = client.post(ROUTE, {"name": "stock system"})
    made = response.json()
    secret = made.pop("secret")
    assert (response.status_code, made) == (
        201,
        {
            "id": made["id"],
            "name": "stock system",
            "scope": "read",
            "prefix": secret[:12],
            "expires_at": "2027-01-31T12:00:00Z",
            "revoked_at": None,
            "last_used_at": None,
            "created_at": "2026-01-31T12:00:00Z",
        },
    )
    assert client.get(f"{ROUTE}/{made['id']}").json() == made
    assert secret not in ApiKey.objects.values_list("key_hash", flat=True)
    for credential in ({"HTTP_AUTHORIZATION": f"Bearer {secret}"}, {"HTTP_X_API_KEY": secret}):
        assert api.get("/api/v1/shops", **credential).status_code == 200


def test_nobody_sees_or_revokes_the_keys_of_another(client, admin_user):
    key, _secret = ApiKey.issue(user=admin_user, name="theirs")
    assert client.get(ROUTE).json()["count"] == 0
    assert_refused(client.get(f"{ROUTE}/{key.public_id}"), 404)
    assert_refused(client.post(f"{ROUTE}/{key.public_id}/revoke"), 404)


def test_a_revoked_key_opens_nothing(client, user, api):
    key, secret = ApiKey.issue(user=user, name="old")
    revoked = client.post(f"{ROUTE}/{key.public_id}/revoke/").json()
    assert revoked["revoked_at"]
    assert client.post(f"{ROUTE}/{key.public_id}/revoke/").json() == revoked
    response = api.get("/api/v1/shops", HTTP_X_API_KEY=secret)
    assert_refused(response, 401, "api_key_invalid")


def test_a_key_cannot_make_or_revoke_keys(user):
    client = key_client(user, "write")
    assert client.get(ROUTE).json()["count"] == 1
    assert_refused(client.post(ROUTE, {"name": "heir"}), 403, "api_key_not_allowed")
    own = ApiKey.objects.get()
    assert_refused(client.post(f"{ROUTE}/{own.public_id}/revoke"), 403, "api_key_not_allowed")


def test_a_key_of_an_inactive_user_opens_nothing(user, api):
    _key, secret = ApiKey.issue(user=user, name="old")
    user.is_active = False
    user.save()
    assert_refused(api.get("/api/v1/shops", HTTP_X_API_KEY=secret), 401, "api_key_invalid")


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"name": "a", "scope": "admin"}, "scope"),
        ({"name": "a", "expires_at": "2026-01-31T12:00:00Z"}, "expires_at"),
        ({"name": "a", "expires_at": "soon"}, "expires_at"),
        ({"name": "a", "expires_at": "2027-01-31T12:00:01Z"}, "expires_at"),
        ({"name": "a", "user": 1}, "user"),
        ({"name": "a", "prefix": "dgxk_"}, "prefix"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_by_its_field(client, body, field):
    assert list(assert_refused(client.post(ROUTE, body), 400, "invalid")["fields"]) == [field]


@time_machine.travel(NOON, tick=False)
def test_a_key_ends_at_the_latest_when_the_setting_says_so(client, settings):
    assert client.post(ROUTE, {"name": "a", "expires_at": None}).json()["expires_at"] == "2027-01-31T12:00:00Z"
    far = assert_refused(client.post(ROUTE, {"name": "a", "expires_at": "2028-01-31T12:00:00Z"}), 400, "invalid")
    assert far["fields"] == {"expires_at": ["At most 365 days after it was made: 2027-01-31."]}
    settings.DGX_API_KEY_DAYS = 0
    assert client.post(ROUTE, {"name": "a"}).json()["expires_at"] is None
    given = client.post(ROUTE, {"name": "a", "expires_at": "2099-01-01T00:00:00Z"})
    assert given.json()["expires_at"] == "2099-01-01T00:00:00Z"


def test_a_key_that_ran_out_opens_nothing(user, api):
    with time_machine.travel(NOON, tick=False):
        _key, secret = ApiKey.issue(user=user, name="old")
    with time_machine.travel(NOON.replace(year=2027, second=1), tick=False):
        assert_refused(api.get("/api/v1/shops", HTTP_X_API_KEY=secret), 401, "api_key_invalid")


@pytest.mark.parametrize("secret", ["dgxk_unknown", "dgxk_", "dgxk_" + "x" * 10_000, "dgxk_a\x00b"])
def test_an_unknown_key_is_told_apart_from_none(api, secret):
    assert_refused(api.get("/api/v1/shops", HTTP_X_API_KEY=secret), 401, "api_key_invalid")


def test_each_use_is_noted_at_most_once_a_minute(user, api, django_assert_num_queries):
    key, secret = ApiKey.issue(user=user, name="busy")
    for at, noted in ((NOON, NOON), (NOON.replace(second=30), NOON), (NOON.replace(minute=2), NOON.replace(minute=2))):
        with time_machine.travel(at, tick=False):
            api.get("/api/v1/shops", HTTP_X_API_KEY=secret)
        key.refresh_from_db()
        assert key.last_used_at == noted
