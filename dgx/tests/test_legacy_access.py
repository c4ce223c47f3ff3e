"""Who may call the old routes, from where, and what answers where there is no route."""

from typing import Any

import pytest
from django.test import override_settings
from rest_framework.settings import api_settings

from devices.tests.factories import DeviceFactory
from dgx.core.api.legacy import served
from dgx.core.models import ApiKey
from dgx.core.tests.old_client import OldClient
from dgx.legacy_urls import ROUTES
from dgx.people.tokens import begin

pytestmark = pytest.mark.django_db
PERMISSION = "devices.use_old_routes"
ORIGIN = {"Origin": "https://dashboard.example"}


@pytest.fixture
def old() -> OldClient:
    """A stranger."""
    return OldClient()


def key_of(user: Any, scope: str = "write", **fields: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {ApiKey.issue(user=user, name='t', scope=scope, **fields)[1]}"}


def test_a_stranger_is_refused_before_anything_else(old):
    assert old.call("GET", "/devices?limit=0") == (401, {"detail": "Not authenticated"})
    assert old.call("POST", "/insert_device", {}) == (401, {"detail": "Not authenticated"})
    assert old.send("DELETE", "/devices").headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_probes_answer_strangers(old):
    assert old.call("GET", "/health") == (200, {"status": "ok"})
    status, body = old.call("GET", "/db_health")
    assert (status, body.pop("db_user") != "") == (200, True)
    assert body == {
        "ok": True,
        "dvsg_table_exists": True,
        "device_table_exists": True,
        "group_table_exists": True,
        "shop_table_exists": True,
    }


def test_an_api_key_of_a_user_with_the_permission_opens_them(old, user_with):
    headers = key_of(user_with(PERMISSION))
    assert old.call("POST", "/insert_device", {"mobile_id": "a"}, **headers)[0] == 200
    assert old.call("GET", "/device/a", **headers)[0] == 200


def test_a_key_of_a_user_without_the_permission_is_forbidden(old, user_with):
    assert old.call("GET", "/devices", **key_of(user_with()))[0] == 403


def test_a_read_only_key_only_reads(old, admin_user):
    headers = key_of(admin_user, "read")
    assert old.call("GET", "/devices", **headers)[0] == 200
    assert old.call("POST", "/insert_device", {"mobile_id": "a"}, **headers)[0] == 403


def test_an_unknown_or_revoked_key_is_refused(old, admin_user):
    headers = key_of(admin_user)
    ApiKey.objects.get().revoke()
    assert old.call("GET", "/devices", **headers)[0] == 401
    assert old.call("GET", "/devices", Authorization="Bearer dgxk_nonsense")[0] == 401
    assert old.call("GET", "/devices", Authorization="Bearer a.b.c")[0] == 401


def test_a_jwt_opens_them(old, admin_user):
    headers = {"Authorization": f"Bearer {begin(admin_user).access_token}"}
    assert old.call("POST", "/insert_device", {"mobile_id": "a"}, **headers)[0] == 200


def test_a_session_reads_and_never_writes(old, admin_user):
    old.force_login(admin_user)
    assert old.call("GET", "/devices")[0] == 200
    assert old.call("POST", "/insert_device", {"mobile_id": "a"})[0] == 401


def test_a_session_is_not_lent_to_other_sites(old, admin_user):
    old.force_login(admin_user)
    assert old.call("GET", "/devices", **ORIGIN)[0] == 401


@override_settings(DGX_LEGACY_ANONYMOUS=True)
def test_the_anonymous_setting_opens_all(old):
    assert old.call("POST", "/insert_device", {"mobile_id": "a"})[0] == 200


def test_scripts_of_other_sites_stay_outside_unless_the_setting_lets_them_in(old, admin_user):
    headers = key_of(admin_user)
    assert "Access-Control-Allow-Origin" not in old.send("GET", "/devices", **headers, **ORIGIN).headers
    preflight = {**ORIGIN, "Access-Control-Request-Method": "POST"}
    assert old.send("OPTIONS", "/insert_device", **preflight).status_code == 401


@override_settings(DGX_LEGACY_CORS=True)
def test_every_origin_may_call_with_credentials_where_the_setting_says_so(old, admin_user):
    answer = old.send("GET", "/devices", **key_of(admin_user), **ORIGIN)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://dashboard.example"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"


@override_settings(DGX_LEGACY_CORS=True)
def test_a_preflight_is_answered_without_a_credential(old):
    wanted = {"Access-Control-Request-Method": "DELETE", "Access-Control-Request-Headers": "authorization,x-y"}
    answer = old.send("OPTIONS", "/link/7", **ORIGIN, **wanted)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization,x-y"
    assert "DELETE" in answer.headers["Access-Control-Allow-Methods"]


@override_settings(DGX_LEGACY_ANONYMOUS=True)
def test_known_paths_refuse_other_methods(old):
    for method, path in (("DELETE", "/links"), ("HEAD", "/devices"), ("PATCH", "/device/a"), ("OPTIONS", "/devices")):
        answer = old.send(method, path)
        assert answer.status_code == 405, (method, path)
        assert answer.headers["Content-Type"] == "application/json"
    assert old.call("DELETE", "/links") == (405, {"detail": "Method Not Allowed"})
    assert old.call("GET", "/admin/mark_offline_devices")[0] == 405


@override_settings(DGX_LEGACY_ANONYMOUS=True)
@pytest.mark.parametrize("path", ["/no-such-route", "/device/", "/device/a/b/c", "/insert_device/x", "/device/a%2Fb"])
def test_unknown_routes_are_json(old, path):
    assert old.call("GET", path.replace("%2F", "/")) == (404, {"detail": "Not Found"})


@override_settings(DGX_LEGACY_ANONYMOUS=True)
def test_a_slash_at_the_end_is_redirected_with_the_query(old):
    answer = old.send("POST", "/insert_device/?a=1", {"mobile_id": "a"})
    assert (answer.status_code, answer.headers["Location"]) == (307, "/insert_device?a=1")
    assert old.send("GET", "/device/caf é/").headers["Location"] == "/device/caf%20%C3%A9"


@override_settings(DGX_LEGACY_ANONYMOUS=True)
def test_a_device_may_be_called_create(old):
    assert old.call("POST", "/insert_device", {"mobile_id": "create"})[0] == 200
    assert old.call("GET", "/device/create")[1]["mobile_id"] == "create"


@pytest.mark.parametrize(
    ("service", "has", "lacks"),
    [
        ("device", "insert_device", "link"),
        ("group", "insert_group", "insert_shop"),
        ("shop", "shops", "devices"),
        ("video", "upload_video", "links"),
        ("combined", "link", "upload_video"),
    ],
)
def test_one_old_service_is_served_alone(service, has, lacks):
    paths = {route.path for route in served(ROUTES, service)}
    assert has in paths
    assert lacks not in paths
    assert "db_health" in paths


def test_all_routes_together_are_the_contract_s():
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES) == len(served(ROUTES, "all"))
    assert {name for route in ROUTES for name in route.services.split()} == {
        "device",
        "group",
        "shop",
        "video",
        "combined",
    }


@override_settings(DGX_LEGACY_ANONYMOUS=True)
def test_the_pool_s_figures_are_integers(old):
    status, body = old.call("GET", "/pool_stats")
    assert status == 200
    assert {name: type(value) for name, value in body.items()} == dict.fromkeys(
        ("minconn", "maxconn", "used", "free"), int
    )


def test_a_device_may_call_as_often_as_it_likes_unless_a_limit_is_set(old, admin_user, rate):
    key = key_of(admin_user)
    DeviceFactory.create(mobile_id="ratelimit-1")
    DeviceFactory.create(mobile_id="ratelimit-2")
    assert str(api_settings.DEFAULT_THROTTLE_RATES["old_device"]) == "off"
    assert {old.call("GET", "/device/ratelimit-1/online", **key)[0] for _ in range(3)} == {200}
    rate("old_device", "2/day")
    assert old.call("GET", "/device/ratelimit-1/online")[0] == 401  # a stranger uses nothing of it up
    assert [old.call("GET", "/device/ratelimit-1/online", **key)[0] for _ in range(2)] == [200, 200]
    refused = old.send("POST", "/device/ratelimit-1/door_open", **key)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "21600")
    assert refused.json() == {"detail": "More than 2 calls in 86400 s from this device. Try again later."}
    assert old.call("GET", "/device/ratelimit-2/online", **key)[0] == 200
    assert old.call("GET", "/devices", **key)[0] == 200


def test_keys_that_open_nothing_are_counted_by_address_and_good_ones_pass(old, admin_user, rate):
    rate("failure", "2/min")
    wrong = {"X-Api-Key": "dgxk_nonsense"}
    assert [old.call("GET", "/devices", **wrong)[0] for _ in range(3)] == [401, 401, 429]
    assert old.call("GET", "/devices", **key_of(admin_user))[0] == 200


def test_a_probe_answers_any_method_without_a_credential(client):
    assert client.put("/db_health").status_code == 405
