"""The second factor at the admin's door: asked for, checked, slowed down, required."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.http import HttpRequest
from django.test import RequestFactory
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from dgx.core.errors import TooManyRequests
from dgx.core.models import Change, ChangedRow
from dgx.people.door import HALF_IN_S
from dgx.people.models import Authenticator
from dgx.people.second_factor import CodeRefused, check_code, codes_left
from dgx.people.tests.conftest import PASSWORD, code_of, wrong

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
LOGIN, CODE, SET_UP = "/admin/login/", "/admin/login/code/", "/admin/account/second-factor/"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("admin_user")]


def request_of(user: User) -> HttpRequest:
    """A login of theirs."""
    request = RequestFactory().post(LOGIN)
    request.user = user
    return request


def is_in(client) -> bool:
    return bool(client.get("/admin/account/").status_code == 200)


def test_the_password_alone_leads_to_the_code_and_no_further(client, protected):
    answer = client.post(f"{LOGIN}?next=/admin/devices/device/", protected.login)
    assert (answer.status_code, answer["Location"]) == (302, CODE)
    assert not is_in(client)
    assert client.get("/api/v1/shops").status_code == 401
    page = client.get(CODE)
    assert page.status_code == 200
    assert 'autocomplete="one-time-code"' in page.content.decode()


def test_the_code_lets_in_and_leads_where_the_person_wanted_to_go(client, protected):
    client.post(f"{LOGIN}?next=/admin/devices/device/", protected.login)
    answer = client.post(CODE, {"code": protected.shown()})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/devices/device/")
    assert is_in(client)


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "http:///evil.example"],
)
def test_no_address_of_another_site_is_gone_to(client, protected, target):
    client.post(f"{LOGIN}?{urlencode({'next': target})}", protected.login | {"next": target})
    assert client.post(CODE, {"code": protected.shown()})["Location"] == "/admin/"


def test_whoever_knew_the_browser_s_cookie_before_the_password_is_not_half_in(client, visitor, protected):
    client.post(LOGIN, protected.login)
    known = client.cookies["sessionid"].value
    client.post(LOGIN, protected.login)
    thief = visitor()
    thief.cookies["sessionid"] = known
    assert thief.post(CODE, {"code": protected.shown()})["Location"] == LOGIN
    assert client.post(CODE, {"code": protected.shown()})["Location"] == "/admin/"


def test_whoever_knew_the_cookie_between_password_and_code_is_not_in(client, visitor, protected):
    client.post(LOGIN, protected.login)
    thief = visitor()
    thief.cookies["sessionid"] = client.cookies["sessionid"].value
    client.post(CODE, {"code": protected.shown()})
    assert is_in(client)
    assert not is_in(thief)


def test_a_code_works_once_also_for_four_at_the_same_instant(transactional_db, protected):
    code = protected.shown()

    def bring(_number):
        try:
            return bool(check_code(protected.user, code, request=RequestFactory().post(LOGIN)))
        except (CodeRefused, TooManyRequests):
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(bring, range(4))) == [False, False, False, True]


def test_the_code_that_turned_it_on_lets_nobody_in(visitor, admin_user):
    client = visitor(admin_user)
    client.get(SET_UP)
    code = code_of(client.session["people_new_key"])
    assert client.post(SET_UP, {"code": code, "password": PASSWORD}).status_code == 200
    other = visitor(admin_user)
    assert other.post(CODE, {"code": code}).status_code == 200
    assert not is_in(other)


@pytest.mark.parametrize("guess", ["app", "recovery"])
def test_each_wrong_code_makes_the_next_wait_twice_as_long(protected, guess):
    code = wrong(protected.shown()) if guess == "app" else "aaaa-aaaa"
    waits: list[int] = []
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(6):
            with pytest.raises(CodeRefused):
                check_code(protected.user, code, request=request_of(protected.user))
            with pytest.raises(TooManyRequests) as refused:
                check_code(protected.user, code, request=request_of(protected.user))
            waits.append(refused.value.retry_after_s)
            clock.shift(waits[-1] + 1)
    assert waits == [1, 2, 4, 8, 16, 32]


def test_a_code_written_with_a_space_is_the_same(client, protected):
    client.post(LOGIN, protected.login)
    code = protected.shown()
    assert client.post(CODE, {"code": f"{code[:3]} {code[3:]}"}).status_code == 302


@pytest.mark.parametrize("code", ["", "x", "000000x", "١٢٣٤٥٦", "1" * 21, "a\x00b"])
def test_what_is_no_code_is_refused_in_words(client, protected, code):
    client.post(LOGIN, protected.login)
    page = client.post(CODE, {"code": code})
    assert page.status_code == 200
    assert page.context["form"].errors["code"]
    assert not is_in(client)


def test_a_wrong_code_is_refused(client, protected):
    client.post(LOGIN, protected.login)
    page = client.post(CODE, {"code": wrong(protected.shown())})
    assert "This code is not right." in page.content.decode()
    assert not is_in(client)


def test_a_code_works_once(client, visitor, protected):
    code = protected.shown()
    client.post(LOGIN, protected.login)
    client.post(CODE, {"code": code})
    other = visitor(protected.user)
    assert other.post(CODE, {"code": code}).status_code == 200
    assert not is_in(other)


def test_a_code_of_long_ago_is_refused(client, protected):
    client.post(LOGIN, protected.login)
    assert client.post(CODE, {"code": code_of(protected.key, steps=-3)}).status_code == 200


def test_a_recovery_code_lets_in_once_and_is_audited(client, visitor, protected):
    code = protected.codes[3]
    client.post(LOGIN, protected.login)
    assert client.post(CODE, {"code": code.upper()}).status_code == 302
    assert is_in(client)
    assert codes_left(protected.user) == 9
    assert ChangedRow.objects.filter(fields={"recovery_code": ["one more", "used"]}).count() == 1
    other = visitor(protected.user)
    assert other.post(CODE, {"code": code}).status_code == 200


def test_wrong_codes_have_to_wait_longer_and_longer(client, protected):
    client.post(LOGIN, protected.login)
    with time_machine.travel(NOON, tick=False):
        client.post(LOGIN, protected.login)
        for _ in range(2):
            page = client.post(CODE, {"code": wrong(protected.shown())})
        assert "Too many wrong codes. Try again in 1 seconds." in page.content.decode()
        assert client.post(CODE, {"code": protected.shown()}).status_code == 200, "the right one waits as well"
    with time_machine.travel(NOON + timedelta(seconds=2), tick=False):
        assert client.post(CODE, {"code": protected.shown()}).status_code == 302


def test_wrong_codes_count_as_failed_logins(client, protected, settings):
    settings.AXES_FAILURE_LIMIT = 3
    settings.OTP_TOTP_THROTTLE_FACTOR = 0
    client.post(LOGIN, protected.login)
    for _ in range(3):
        answer = client.post(CODE, {"code": wrong(protected.shown())})
    assert answer.status_code == 429
    assert "Too many wrong passwords" in answer.content.decode()
    assert client.post(CODE, {"code": protected.shown()}).status_code != 302
    assert client.post(LOGIN, protected.login).status_code == 429
    assert not is_in(client)


def test_whoever_is_half_in_for_too_long_starts_anew(client, protected):
    with time_machine.travel(NOON, tick=False):
        client.post(LOGIN, protected.login)
    with time_machine.travel(NOON + timedelta(seconds=HALF_IN_S + 1), tick=False):
        answer = client.post(CODE, {"code": protected.shown()})
        assert (answer.status_code, answer["Location"]) == (302, LOGIN)
        assert not is_in(client)


def test_whoever_is_not_half_in_has_no_second_step(client):
    for answer in (client.get(CODE), client.post(CODE, {"code": "123456"})):
        assert (answer.status_code, answer["Location"]) == (302, LOGIN)


def test_a_password_that_changed_in_between_starts_anew(client, protected):
    client.post(LOGIN, protected.login)
    protected.user.set_password("battery staple 9")
    protected.user.save()
    assert client.post(CODE, {"code": protected.shown()})["Location"] == LOGIN


def test_a_person_without_one_is_not_asked(client, admin_user, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        assert client.post(LOGIN, {"username": "admin", "password": PASSWORD})["Location"] == "/admin/"
    assert is_in(client)


def test_a_copy_of_the_database_opens_nothing(protected, settings):
    kept = TOTPDevice.objects.get()
    assert kept.key == protected.key
    assert kept.bin_key != Authenticator.objects.get().bin_key, "the row alone is not the app's secret"
    tokens = set(StaticToken.objects.values_list("token", flat=True))
    assert not tokens & {code.replace("-", "") for code in protected.codes}
    secret = Authenticator.objects.get().bin_key
    settings.SECRET_KEY = "another one"
    assert Authenticator.objects.get().bin_key != secret


# --- who has to have one ----
@pytest.fixture
def clerk(user_with: Callable[..., User]) -> User:
    return user_with("devices.view_device")


@pytest.mark.parametrize(
    ("required", "who_must"),
    [("none", set()), ("administrators", {"admin"}), ("everyone", {"admin", "someone"})],
)
def test_whoever_must_have_one_is_led_to_set_it_up(settings, visitor, clerk, required, who_must):
    settings.DGX_REQUIRE_SECOND_FACTOR = required
    for person in User.objects.all():
        client, must = visitor(person), person.username in who_must
        for path in ("/admin/", "/admin/devices/device/", "/admin/account/"):
            answer = client.get(path)
            assert (answer.status_code == 302 and answer["Location"] == SET_UP) == must, (person, path)
        assert client.get("/api/v1/devices").status_code == (401 if must else 200)


def admin_addresses() -> list[str]:
    """One of each of the admin's pages; what they name need not exist."""
    routes = []
    for part in admin.site.get_urls():
        pages = getattr(part, "url_patterns", None)
        routes += [str(part.pattern)] if pages is None else [f"{part.pattern}{page.pattern}" for page in pages]
    return [f"/admin/{re.sub('<[^>]+>', '1', route)}" for route in routes]


def test_no_page_of_the_admin_is_open_until_then(settings, client, admin_user):
    settings.DGX_REQUIRE_SECOND_FACTOR = "everyone"
    client.force_login(admin_user)
    led = {path: client.get(path).get("Location") == SET_UP for path in admin_addresses()}
    open_ones = {path.removeprefix("/admin/") for path, is_led in led.items() if not is_led}
    assert open_ones == {
        *("login/", "login/code/", "logout/", "jsi18n/", "account/second-factor/"),
        *("password_change/", "password_change/done/"),
    }
    assert len(led) > 100


def test_until_then_nothing_else_can_be_done(settings, visitor, admin_user):
    settings.DGX_REQUIRE_SECOND_FACTOR = "everyone"
    client = visitor(admin_user)
    answer = client.post("/admin/auth/user/add/", {"username": "anna", "password1": PASSWORD, "password2": PASSWORD})
    assert answer["Location"] == SET_UP
    assert not User.objects.filter(username="anna").exists()
    page = client.get(SET_UP)
    assert (page.status_code, "Everything else opens once it is set up." in page.content.decode()) == (200, True)
    key = client.session["people_new_key"]
    assert client.post(SET_UP, {"code": code_of(key), "password": PASSWORD}).status_code == 200
    assert client.get("/admin/").status_code == 200


def test_whoever_has_one_is_not_led_anywhere(settings, client, protected):
    settings.DGX_REQUIRE_SECOND_FACTOR = "everyone"
    client.post(LOGIN, protected.login)
    client.post(CODE, {"code": protected.shown()})
    assert client.get("/admin/").status_code == 200
    assert client.get("/api/v1/devices").status_code == 200


def test_turning_one_on_and_off_is_audited(protected):
    Authenticator.objects.all().delete()
    kept = list(ChangedRow.objects.filter(fields__has_key="second_factor").order_by("pk"))
    name = Authenticator.NAME
    assert [row.fields["second_factor"] for row in kept] == [[None, name], [name, None]]
    assert {(row.kind, row.label) for row in kept} == {("auth.user", "admin")}
    assert Change.objects.exists()
