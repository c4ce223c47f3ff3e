"""/api/v1/auth/token: JWT, and sessions with their CSRF check."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import jwt
import pytest
import time_machine
from django.db import connection
from rest_framework.test import APIClient
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken as LibrarysRefreshToken

from dgx.core.api.throttles import LoginThrottle
from dgx.core.models import Change
from dgx.core.scope import limit_of
from dgx.core.tests.contract import assert_refused
from dgx.people.models import TokenLogin
from dgx.people.tests.conftest import wrong
from dgx.people.tokens import begin

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


# --- a refresh token that comes twice ----
def refresh(api, token):
    return api.post(REFRESH, {"refresh": token})


def test_a_stolen_refresh_token_ends_the_login_of_thief_and_owner(api, admin_user, caplog):
    owner = api.post(LOGIN, GOOD).json()
    thief = refresh(api, owner["refresh"]).json()
    assert api.get("/api/v1/shops", **bearer(thief["access"])).status_code == 200
    reused = refresh(api, owner["refresh"])
    assert "used before" in assert_refused(reused, 401, "token_not_valid")["message"]
    assert_refused(refresh(api, thief["refresh"]), 401, "token_not_valid")
    for access in (owner["access"], thief["access"]):
        assert_refused(api.get("/api/v1/shops", **bearer(access)), 401, "token_not_valid")
    assert TokenLogin.objects.get().ended_by == "reuse"
    assert "came twice, now from 127.0.0.1: its login has ended" in caplog.text
    act = Change.objects.get(what="A refresh token of admin came twice: its login was ended")
    assert act.door == "api"
    assert act.rows.get().fields["token_login"][1] is None


def test_whoever_steals_after_the_owner_refreshed_ends_it_as_well(api):
    owner = api.post(LOGIN, GOOD).json()
    fresh = refresh(api, owner["refresh"]).json()
    assert_refused(refresh(api, owner["refresh"]), 401, "token_not_valid")
    assert_refused(refresh(api, fresh["refresh"]), 401, "token_not_valid")


def test_the_end_of_one_login_is_none_of_the_others(api):
    first, second = api.post(LOGIN, GOOD).json(), api.post(LOGIN, GOOD).json()
    for _ in range(2):
        refresh(api, first["refresh"])
    assert refresh(api, second["refresh"]).status_code == 200


def test_a_used_token_at_the_logout_ends_the_login_too(api):
    tokens = api.post(LOGIN, GOOD).json()
    fresh = refresh(api, tokens["refresh"]).json()
    assert_refused(api.post(LOGOUT, {"refresh": tokens["refresh"]}), 401, "token_not_valid")
    assert_refused(refresh(api, fresh["refresh"]), 401, "token_not_valid")


def test_a_logout_ends_the_access_tokens_at_once(api):
    tokens = api.post(LOGIN, GOOD).json()
    assert api.post(LOGOUT, {"refresh": tokens["refresh"]}).status_code == 204
    assert_refused(api.get("/api/v1/shops", **bearer(tokens["access"])), 401, "token_not_valid")


def test_of_a_token_the_database_keeps_its_id_alone(api):
    first, other = api.post(LOGIN, GOOD).json()["refresh"], api.post(LOGIN, GOOD).json()["refresh"]
    second = refresh(api, first).json()["refresh"]
    assert_refused(refresh(api, first), 401, "token_not_valid")
    assert api.post(LOGOUT, {"refresh": other}).status_code == 204
    kept = {row.jti: row.token for row in OutstandingToken.objects.all()}
    claims = [jwt.decode(token, options={"verify_signature": False}) for token in (first, second, other)]
    assert kept == {claim["jti"]: "" for claim in claims}
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM token_blacklist_outstandingtoken t")
        assert "eyJ" not in cursor.fetchone()[0], "each part of a token begins so"


def test_a_token_of_no_login_opens_nothing(api, admin_user):
    plain = LibrarysRefreshToken.for_user(admin_user)
    assert_refused(api.get("/api/v1/shops", **bearer(plain.access_token)), 401, "token_not_valid")
    assert_refused(refresh(api, str(plain)), 401, "token_not_valid")


def test_two_who_bring_the_same_token_at_once_do_not_both_get_the_next(transactional_db, admin_user):
    token = str(begin(admin_user))

    def bring(_number):
        try:
            return APIClient().post(REFRESH, {"refresh": token}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(bring, range(4))) == [200, 401, 401, 401]
    assert TokenLogin.objects.get().ended_by == "reuse"


def test_an_access_token_is_found_with_its_person_in_one_query(api, admin_user, django_assert_num_queries):
    access = begin(admin_user).access_token
    limit_of(admin_user)
    with django_assert_num_queries(2):
        assert api.get("/api/v1/api-keys/00000000-0000-0000-0000-000000000000", **bearer(access)).status_code == 404


# --- the second factor ----
def test_a_person_with_a_second_factor_gives_its_code_as_well(api, protected):
    detail = assert_refused(api.post(LOGIN, GOOD), 401, "second_factor_required")
    assert list(detail["fields"]) == ["code"]
    assert TokenLogin.objects.count() == 0
    tokens = api.post(LOGIN, GOOD | {"code": protected.shown()}).json()
    assert api.get("/api/v1/shops", **bearer(tokens["access"])).status_code == 200


def test_a_recovery_code_will_do(api, protected):
    assert api.post(LOGIN, GOOD | {"code": protected.codes[0]}).status_code == 200
    assert_refused(api.post(LOGIN, GOOD | {"code": protected.codes[0]}), 401, "second_factor_invalid")


def test_a_wrong_code_is_refused_and_the_next_has_to_wait(api, protected):
    code = protected.shown()
    detail = assert_refused(api.post(LOGIN, GOOD | {"code": wrong(code)}), 401, "second_factor_invalid")
    assert list(detail["fields"]) == ["code"]
    response = api.post(LOGIN, GOOD | {"code": code})
    assert_refused(response, 429, "throttled")
    assert int(response["Retry-After"]) >= 1


def test_wrong_codes_lock_the_name_as_wrong_passwords_do(api, protected, settings):
    settings.AXES_FAILURE_LIMIT, settings.OTP_TOTP_THROTTLE_FACTOR = 3, 0
    for _ in range(2):
        assert_refused(api.post(LOGIN, GOOD | {"code": wrong(protected.shown())}), 401, "second_factor_invalid")
    assert_refused(api.post(LOGIN, GOOD | {"code": wrong(protected.shown())}), 429, "throttled")
    assert_refused(api.post(LOGIN, GOOD | {"code": protected.shown()}), 429, "throttled")


@pytest.mark.parametrize("code", ["", "1" * 21, "a\x00b", ["123456"], None])
def test_what_is_no_code_is_refused_by_its_field(api, protected, code):
    assert list(assert_refused(api.post(LOGIN, GOOD | {"code": code}), 400, "invalid")["fields"]) == ["code"]


def test_a_code_as_a_number_is_a_code(api, protected):
    assert_refused(api.post(LOGIN, GOOD | {"code": 12}), 401, "second_factor_invalid")


def test_without_the_password_nobody_learns_who_has_a_second_factor(api, protected):
    assert_refused(api.post(LOGIN, GOOD | {"password": "guess"}), 401, "no_active_account")


def test_whoever_must_have_one_and_has_none_gets_no_token(api, settings):
    settings.DGX_REQUIRE_SECOND_FACTOR = "administrators"
    assert_refused(api.post(LOGIN, GOOD), 403, "second_factor_missing")


@pytest.mark.parametrize(("required", "status"), [("none", 200), ("administrators", 403), ("everyone", 403)])
def test_a_login_from_before_it_was_required_goes_no_further_without(api, settings, required, status):
    token = api.post(LOGIN, GOOD).json()["refresh"]
    settings.DGX_REQUIRE_SECOND_FACTOR = required
    response = refresh(api, token)
    assert response.status_code == status
    if status == 403:
        assert_refused(response, 403, "second_factor_missing")
        settings.DGX_REQUIRE_SECOND_FACTOR = "none"
        assert refresh(api, token).status_code == 200, "what was refused used nothing up"


def test_whoever_gave_a_code_refreshes_also_where_one_is_required(api, protected, settings):
    settings.DGX_REQUIRE_SECOND_FACTOR = "everyone"
    token = api.post(LOGIN, GOOD | {"code": protected.shown()}).json()["refresh"]
    assert refresh(api, token).status_code == 200


def test_a_session_reads_and_writes_with_a_csrf_token_alone(admin_user):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert client.get("/api/v1/shops").status_code == 200
    assert_refused(client.post("/api/v1/shops", {"name": "Lyon"}), 403, "permission_denied")
    client.get("/admin/login/")
    token = client.get("/admin/password_change/").cookies["csrftoken"].value
    assert client.post("/api/v1/shops", {"name": "Lyon"}, HTTP_X_CSRFTOKEN=token).status_code == 201
