"""/api/v1/auth/token: JWT, and sessions with their CSRF check."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from rest_framework.test import APIClient

from dgx.core.api.throttles import LoginThrottle
from dgx.core.tests.contract import assert_refused

LOGIN, REFRESH, LOGOUT = "/api/v1/auth/token", "/api/v1/auth/token/refresh", "/api/v1/auth/token/blacklist"
GOOD = {"username": "admin", "password": "correct horse battery"}
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("admin_user")]


def bearer(token):
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"}


def test_a_name_and_a_password_give_a_token_that_opens_the_api(api):
    tokens = api.post(f"{LOGIN}/", GOOD).json()
    assert set(tokens) == {"access", "refresh"}
    assert api.get("/api/v1/shops", **bearer(tokens["access"])).status_code == 200


@pytest.mark.parametrize("wrong", [{"password": "guess"}, {"username": "nobody"}])
def test_a_wrong_name_and_a_wrong_password_are_not_told_apart(api, wrong):
    detail = assert_refused(api.post(LOGIN, GOOD | wrong), 401, "no_active_account")
    assert detail["message"] == "No active account found with the given credentials"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "username"),
        ({**GOOD, "username": "a\x00"}, "username"),
        ({**GOOD, "password": ["a"]}, "password"),
        ({**GOOD, "remember": True}, "remember"),
    ],
)
def test_a_login_that_makes_no_sense_is_refused_by_its_field(api, body, field):
    assert field in assert_refused(api.post(LOGIN, body), 400, "invalid")["fields"]


def test_passwords_cannot_be_tried_without_end(api, monkeypatch):
    monkeypatch.setattr(LoginThrottle, "THROTTLE_RATES", {"login": "3/min"})
    for _ in range(3):
        assert_refused(api.post(LOGIN, GOOD | {"password": "guess"}), 401)
    response = api.post(LOGIN, GOOD)
    assert_refused(response, 429, "throttled")
    assert 0 < int(response["Retry-After"]) <= 61


def test_a_login_works_while_redis_is_gone(api, settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    assert api.post(LOGIN, GOOD).status_code == 200


def test_a_written_forwarded_for_is_not_believed(api, monkeypatch):
    monkeypatch.setattr(LoginThrottle, "THROTTLE_RATES", {"login": "1/min"})
    assert api.post(LOGIN, GOOD, HTTP_X_FORWARDED_FOR="1.1.1.1").status_code == 200
    assert_refused(api.post(LOGIN, GOOD, HTTP_X_FORWARDED_FOR="2.2.2.2"), 429)


def test_an_access_token_ends_and_a_refresh_gives_the_next(api):
    with time_machine.travel(NOON, tick=False):
        tokens = api.post(LOGIN, GOOD).json()
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        assert_refused(api.get("/api/v1/shops", **bearer(tokens["access"])), 401, "token_not_valid")
        fresh = api.post(REFRESH, {"refresh": tokens["refresh"]}).json()
        assert api.get("/api/v1/shops", **bearer(fresh["access"])).status_code == 200


def test_a_refresh_token_works_once(api):
    tokens = api.post(LOGIN, GOOD).json()
    assert api.post(REFRESH, {"refresh": tokens["refresh"]}).status_code == 200
    assert_refused(api.post(REFRESH, {"refresh": tokens["refresh"]}), 401, "token_not_valid")


def test_a_refresh_token_that_was_taken_back_gives_nothing(api):
    tokens = api.post(LOGIN, GOOD).json()
    assert api.post(LOGOUT, {"refresh": tokens["refresh"]}).status_code == 204
    assert_refused(api.post(REFRESH, {"refresh": tokens["refresh"]}), 401, "token_not_valid")


@pytest.mark.parametrize("body", [{"refresh": "x"}, {"refresh": "a.b.c"}])
def test_what_is_no_refresh_token_is_refused(api, body):
    assert_refused(api.post(REFRESH, body), 401, "token_not_valid")


def test_a_refresh_token_opens_nothing_but_the_refresh(api):
    tokens = api.post(LOGIN, GOOD).json()
    assert_refused(api.get("/api/v1/shops", **bearer(tokens["refresh"])), 401, "token_not_valid")


@pytest.mark.parametrize("header", ["Bearer x", "Bearer a.b.c"])
def test_a_broken_bearer_is_refused(api, header):
    assert_refused(api.get("/api/v1/shops", HTTP_AUTHORIZATION=header), 401)


def test_a_session_reads_and_writes_with_a_csrf_token_alone(admin_user):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert client.get("/api/v1/shops").status_code == 200
    assert_refused(client.post("/api/v1/shops", {"name": "Lyon"}), 403, "permission_denied")
    client.get("/admin/login/")
    token = client.get("/admin/password_change/").cookies["csrftoken"].value
    assert client.post("/api/v1/shops", {"name": "Lyon"}, HTTP_X_CSRFTOKEN=token).status_code == 201
