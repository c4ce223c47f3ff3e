"""Tokens that nobody was given count as guesses. Those that were good once do not: their holders learn what to do."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from dgx.core.tests.contract import assert_refused
from dgx.people.models import TokenLogin
from dgx.people.tests.conftest import forged
from dgx.people.tokens import begin

SHOPS, OLD = "/api/v1/shops", "/devices"
REFRESH, LOGOUT = "/api/v1/auth/token/refresh", "/api/v1/auth/token/blacklist"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("admin_user")]


@pytest.fixture(autouse=True)
def two_guesses(rate):
    """A minute, from an address."""
    rate("failure", "2/min")


def part(value: object) -> str:
    """A header or a payload, as a token has it."""
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(token: object) -> str:
    """The same claims, and a header which says that there is no signature."""
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{str(token).split('.')[1]}."


def nested(depth: int) -> str:
    """A header that nests deeper than Python parses."""
    return f"{urlsafe_b64encode(b'[' * depth).decode()}.a.b"


def statuses(api, *tokens: object, path: str = SHOPS) -> list[int]:
    return [api.get(path, HTTP_AUTHORIZATION=f"Bearer {token}").status_code for token in tokens]


# --- as a credential ----
@pytest.mark.parametrize("path", [SHOPS, OLD])
def test_forged_tokens_are_counted_by_address_and_a_good_one_passes(api, admin_user, path):
    good = begin(admin_user).access_token
    guesses = [forged(good), unsigned(good), forged(good), "a.b.c"]
    assert statuses(api, *guesses, path=path) == [401, 401, 429, 429]
    assert statuses(api, good, good, path=path) == [200, 200]
    elsewhere = api.get(path, HTTP_AUTHORIZATION=f"Bearer {guesses[0]}", REMOTE_ADDR="192.0.2.7")
    assert elsewhere.status_code == 401


def test_a_guess_too_many_is_told_so_and_when_to_come_back(api, admin_user):
    guesses = [forged(begin(admin_user).access_token)] * 2
    with time_machine.travel(NOON, tick=False):
        statuses(api, *guesses)
        response = api.get(SHOPS, HTTP_AUTHORIZATION="Bearer a.b.c")
    message = assert_refused(response, 429, "throttled")["message"]
    assert message == (
        "More than 2 calls in 60 s from 127.0.0.1, with credentials that are not known. Try again later."
    )
    assert (response["Retry-After"], response["RateLimit-Policy"]) == ("15", '"failure";q=2;w=60')


def test_tokens_and_keys_are_counted_together(api):
    assert statuses(api, "a.b.c", "dgxk_1", "a.b.c", "dgxk_2") == [401, 401, 429, 429]


def test_a_token_that_ran_out_is_no_guess_however_often_it_comes(api, admin_user):
    with time_machine.travel(NOON, tick=False):
        tokens = begin(admin_user)
        access = str(tokens.access_token)
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        for _ in range(4):
            assert_refused(api.get(SHOPS, HTTP_AUTHORIZATION=f"Bearer {access}"), 401, "token_not_valid")
        assert api.post(REFRESH, {"refresh": str(tokens)}).status_code == 200


def test_tokens_that_were_taken_back_or_are_for_something_else_are_no_guesses(api, admin_user):
    ended, refresh = begin(admin_user), begin(admin_user)
    TokenLogin.objects.get(public_id=ended["login"]).end("person", now=timezone.now())
    assert statuses(api, *[ended.access_token, refresh] * 2) == [401] * 4


def test_the_tokens_of_a_person_who_may_not_log_in_are_no_guesses(api, admin_user):
    access = begin(admin_user).access_token
    User.objects.update(is_active=False)
    assert statuses(api, *[access] * 4) == [401] * 4


@pytest.mark.parametrize("header", ["Bearer\ta.b.c", "Bearer  a.b.c", "Bearer a.b.c d", " Bearer a.b.c "])
def test_a_guess_is_counted_however_it_is_spaced(api, header):
    assert [api.get(SHOPS, HTTP_AUTHORIZATION=header).status_code for _ in range(3)] == [401, 401, 429]


def test_no_token_at_all_is_no_guess(api):
    assert [api.get(SHOPS, HTTP_AUTHORIZATION=header).status_code for header in ["Bearer", "Bearer "] * 2] == [401] * 4


def test_while_redis_is_gone_a_guess_is_refused_as_ever(api, settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    assert statuses(api, *["a.b.c"] * 4) == [401] * 4


@pytest.mark.parametrize(
    "token",
    ["x" * 513, "a b", "é.é.é", nested(5_000), nested(200), f"{part({'b64': False})}.a.b", f"{part([])}.a.b"],
)
def test_whatever_is_brought_is_refused_and_never_a_fault(api, token):
    assert_refused(api.get(SHOPS, headers={"Authorization": f"Bearer {token}".encode().decode("latin-1")}), 401)


# --- at the refresh and the logout ----
@pytest.mark.parametrize("path", [REFRESH, LOGOUT])
def test_forged_refresh_tokens_are_counted_and_a_good_one_passes(api, admin_user, path):
    good = begin(admin_user)
    guesses = [api.post(path, {"refresh": token}) for token in (forged(good), unsigned(good), forged(good))]
    assert [response.status_code for response in guesses] == [401, 401, 429]
    assert TokenLogin.objects.get().ended_at is None
    assert api.post(path, {"refresh": str(good)}).status_code in {200, 204}


@pytest.mark.parametrize("path", [REFRESH, LOGOUT])
def test_used_ended_and_old_refresh_tokens_are_no_guesses(api, admin_user, path):
    with time_machine.travel(NOON, tick=False):
        old = str(begin(admin_user))
    used, access = begin(admin_user), begin(admin_user).access_token
    api.post(REFRESH, {"refresh": str(used)})
    for token in (used, used, old, access, f" {used} "):
        assert_refused(api.post(path, {"refresh": str(token)}), 401, "token_not_valid")


@pytest.mark.parametrize("path", [REFRESH, LOGOUT])
@pytest.mark.parametrize("token", [nested(5_000), "x" * 513])
def test_a_refresh_token_that_is_too_long_is_refused_by_its_field(api, path, token):
    fields = assert_refused(api.post(path, {"refresh": token}), 400, "invalid")["fields"]
    assert "512" in fields["refresh"][0]
