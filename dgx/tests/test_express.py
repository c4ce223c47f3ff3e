"""The short way past the middleware: the same answers as the long one, and nothing on it but plain requests."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections, connection
from django.test import RequestFactory
from django.urls import include, path, re_path

from devices.models import Device
from devices.tests.factories import DeviceFactory, GroupFactory, enrolled_device
from dgx import express
from dgx.core.api.legacy_fallback import unknown_route
from dgx.core.models import ApiKey
from dgx.express import Express
from locations.tests.factories import ShopFactory
from media_library.services.manifest import tag_of
from media_library.tests.factories import LinkFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
POLL, MANIFEST = "/api/v1/device/poll", "/api/v1/device/manifest"
Answer = tuple[int, dict[str, str], bytes]

urlpatterns = [
    path("api/v1/device/", include("dgx.protocol.urls")),
    re_path(r"^(?P<path>.*)$", unknown_route),
]
"""What DGX_SERVICE=shop leaves of the routes in question."""


class LongWay:
    """Django as a whole; counts what comes by, but for the one that shows which headers all answers have."""

    def __init__(self) -> None:
        self.handler, self.calls = WSGIHandler(), 0

    def __call__(self, environ: Any, start_response: Any) -> Any:
        self.calls += environ["PATH_INFO"] != express.SIMPLEST
        return self.handler(environ, start_response)


@pytest.fixture(autouse=True)
def _frozen(settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def _kept_connection(monkeypatch):
    """Neither way may close the connection that holds the test's transaction; Django's own client does the same."""
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def screen():
    device, token = enrolled_device(mobile_id="screen-1", group=GroupFactory.create(), shop=ShopFactory.create())
    for _ in range(2):
        LinkFactory.create(group=device.group)
    device.headers = {"Authorization": f"Device {token}"}  # type: ignore[attr-defined]
    return device


def environ_of(method: str, address: str, body: Any = None, **headers: str) -> dict[str, Any]:
    kind = headers.pop("kind", "application/json")
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    environ = RequestFactory().generic(method, address, raw, content_type=kind, headers=headers).environ
    return {name: value for name, value in environ.items() if name != "HTTP_COOKIE" or "Cookie" in headers}


def ask(application: Any, environ: dict[str, Any]) -> Answer:
    """Status, headers and body."""
    heads: list[Any] = []
    answer = application(environ, lambda status, headers: heads.append((status, headers)))
    body = b"".join(answer)
    getattr(answer, "close", lambda: None)()
    return int(heads[0][0].split()[0]), dict(heads[0][1]), body


def both(method: str, address: str, body: Any = None, **headers: str) -> Answer:
    """The answer of the short way, after a check that the long one gives the same."""
    long_way = LongWay()
    short = ask(Express(long_way), environ_of(method, address, body, **headers))
    assert long_way.calls == 0, "it took the long way"
    status, head, content = ask(long_way, environ_of(method, address, body, **headers))
    for found in (short[1], head):
        assert len(found.pop("X-Request-Id")) in {32, len(headers.get("X-Request-Id", ""))}
        found.pop("Vary", None)  # the long way looked for a session
    assert short == (status, head, content)
    return short


def takes_the_long_way(method: str, address: str, body: Any = None, **headers: str) -> int:
    """The status of a request that must not take the short way."""
    long_way = LongWay()
    status = ask(Express(long_way), environ_of(method, address, body, **headers))[0]
    assert long_way.calls == 1
    return status


def key_of(user: Any, scope: str = "write") -> dict[str, str]:
    return {"Authorization": f"Bearer {ApiKey.issue(user=user, name='t', scope=scope)[1]}"}


def test_a_poll_is_answered_alike(screen):
    status, headers, body = both("POST", POLL, {"temperature": 4.5}, **screen.headers)
    assert (status, len(json.loads(body)["manifest"]["items"])) == (200, 2)
    assert headers["Content-Length"] == str(len(body))
    assert {"X-Frame-Options", "X-Content-Type-Options", "Content-Security-Policy"} <= set(headers)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ({}, {"Authorization": "Device nonsense"}, 401),
        ({}, {"Authorization": ""}, 401),
        (b"{", {}, 400),
        ({"colour": "red"}, {}, 400),
        (b" " * 300_000, {}, 413),
        (b"{}", {"kind": "text/plain"}, 415),
    ],
)
def test_a_poll_is_refused_alike(screen, body, headers, status):
    assert both("POST", POLL, body, **{**screen.headers, **headers})[0] == status


def test_a_call_too_many_is_refused_alike(screen, admin_user, rate):
    for scope in ("device", "old_device", "failure"):
        rate(scope, "1/day")
    old, key, unknown = "/device/screen-1/online", key_of(admin_user), {"Authorization": "Device nonsense"}
    for call, headers in ((("POST", POLL, {}), screen.headers), (("GET", old), key), (("POST", POLL, {}), unknown)):
        ask(Express(LongWay()), environ_of(*call, **headers))
        status, told, body = both(*call, **headers)
        assert (status, told["Retry-After"], b"Try again later" in body) == (429, "43200", True)


def test_a_manifest_is_answered_alike(screen):
    status, headers, _ = both("GET", MANIFEST, **screen.headers)
    held = tag_of(Device.objects.with_presence().get(pk=screen.pk))
    assert (status, headers["ETag"]) == (200, f'"{held}"')
    assert both("GET", MANIFEST, **screen.headers, **{"If-None-Match": headers["ETag"]})[0] == 304
    assert both("GET", MANIFEST)[0] == 401


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (("GET", "/device/screen-1/presigned_urls"), 200),
        (("GET", "/device/screen-1/videos?limit=1"), 200),
        (("GET", "/device/screen-1/videos?limit=no"), 422),
        (("GET", "/device/screen-1/online"), 200),
        (("GET", "/device/nobody/video"), 404),
        (("POST", "/device/screen-1/online", {"is_online": True}), 200),
        (("POST", "/device/screen-1/temperature", {"temperature": "warm"}), 422),
        (("POST", "/device/screen-1/temperature", b"{"), 422),
        (("POST", "/device/nobody/door_open"), 404),
        (("POST", "/device/screen-1/online", b" " * 3_000_000), 413),
    ],
)
def test_the_old_routes_are_answered_alike(screen, admin_user, call, status):
    assert both(*call, **key_of(admin_user))[0] == status


def test_the_old_routes_let_the_same_callers_in(screen, admin_user, user_with):
    address = "/device/screen-1/online"
    assert both("GET", address)[0] == 401
    assert both("GET", address, **{"X-Api-Key": "dgxk_nonsense"})[0] == 401
    assert both("GET", address, **key_of(user_with()))[0] == 403
    assert both("POST", address, {"is_online": True}, **key_of(admin_user, "read"))[0] == 403


def test_scripts_of_other_sites_are_let_in_alike(screen, settings):
    settings.DGX_LEGACY_ANONYMOUS = settings.DGX_LEGACY_CORS = True
    headers = both("GET", "/device/screen-1/online", Origin="https://elsewhere.example")[1]
    assert headers["Access-Control-Allow-Origin"] == "https://elsewhere.example"


def test_a_request_id_is_taken_over(screen):
    express_way = Express(LongWay())
    given = environ_of("POST", POLL, {}, **screen.headers, **{"X-Request-Id": "mine-1"})
    assert ask(express_way, given)[1]["X-Request-Id"] == "mine-1"


def test_over_https_browsers_are_told_to_stay_there(screen, settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 60
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    headers = both("POST", POLL, {}, **screen.headers, **{"X-Forwarded-Proto": "https"})[1]
    assert headers["Strict-Transport-Security"].startswith("max-age=60")
    assert takes_the_long_way("POST", POLL, {}, **screen.headers) == 301


def test_a_database_that_is_away_is_told_alike(screen, admin_user, monkeypatch):
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("dgx.protocol.views.token_hash", away)
    monkeypatch.setattr("dgx.core.api.legacy.authorise", away)
    for method, address in (("POST", POLL), ("GET", "/device/screen-1/presigned_urls")):
        status, headers, _ = both(method, address, {} if method == "POST" else None)
        assert (status, headers["Retry-After"]) == (503, "5")


def test_a_fault_is_told_alike_and_logged(screen, monkeypatch, caplog):
    monkeypatch.setattr("dgx.protocol.views.token_hash", lambda *_, **__: 1 / 0)
    with caplog.at_level(logging.ERROR, "django.request"):
        assert both("POST", POLL, {})[0] == 500
    assert [record.message for record in caplog.records] == [f"Internal Server Error: {POLL}"] * 2


@pytest.mark.parametrize(
    ("method", "address", "headers", "status"),
    [
        ("GET", POLL, {}, 405),
        ("HEAD", MANIFEST, {}, 401),
        ("POST", POLL + "/", {}, 401),
        ("POST", POLL, {"Host": "elsewhere.example"}, 400),
        ("POST", POLL, {"Cookie": "sessionid=x"}, 401),
        ("OPTIONS", "/device/screen-1/online", {}, 401),
        ("DELETE", "/device/screen-1/online", {}, 401),
        ("GET", "/device/screen%201/online", {}, 401),
        ("GET", "/device/sch%C3%B6n/online", {}, 401),
        ("GET", "/device/screen-1/counts", {}, 401),
    ],
)
def test_whatever_is_not_plain_takes_the_long_way(method, address, headers, status):
    assert takes_the_long_way(method, address, **headers) == status


@pytest.mark.urls(__name__)
def test_routes_that_this_service_leaves_out_are_not_there(settings):
    settings.DGX_LEGACY_ANONYMOUS = True
    DeviceFactory.create(mobile_id="screen-1")
    assert takes_the_long_way("GET", "/device/screen-1/online") == 404


def test_every_name_of_the_short_way_is_an_old_route():
    assert all(express._old(name) for names in express.OLD.values() for name in names)
