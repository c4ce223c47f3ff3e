"""What every answer says to browsers: what may be loaded, framed and sniffed, and over which line."""

import os
import secrets
import subprocess
import sys

import pytest
from django.test import Client
from django.urls import resolve

from dgx.csp import policy, store_origin
from dgx.tests.admin_pages import AdminPages
from dgx.tests.environment import ROOT
from dgx.tests.inline_code import inline_code
from dgx.tests.two_shops import TwoShops

SECURE = {"SECURE_SSL_REDIRECT": True, "SECURE_HSTS_SECONDS": 31_536_000}


def directives(response) -> dict[str, str]:
    pairs = (part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in pairs}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/login/", "/docs", "/redoc", "/player/", "/health", "/api/v1/shops", "/link"])
def test_no_page_runs_an_inline_script_or_may_be_framed(client, path):
    response = client.get(path)
    policy_of_page = directives(response)
    assert "unsafe-inline" not in policy_of_page["script-src"]
    assert policy_of_page["frame-ancestors"] == "'none'"
    assert policy_of_page["object-src"] == "'none'"
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert {"camera=()", "microphone=()", "geolocation=()"} <= set(response["Permissions-Policy"].split(", "))


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "evaluates"), [("/admin/login/", True), ("/docs", False), ("/redoc", False)])
def test_only_the_admins_theme_may_evaluate_text(client, path, evaluates):
    assert ("'unsafe-eval'" in directives(client.get(path))["script-src"]) is evaluates


def test_media_and_tiles_are_the_only_things_from_elsewhere():
    asked = policy(store="https://media.example", tiles="https://*.tiles.example")["DIRECTIVES"]
    elsewhere = {name: [value for value in values if "//" in value] for name, values in asked.items()}
    assert {name: values for name, values in elsewhere.items() if values} == {
        "img-src": ["https://media.example", "https://*.tiles.example"],
        "media-src": ["https://media.example"],
        "connect-src": ["https://media.example"],
        "frame-src": ["https://media.example"],
    }


@pytest.mark.parametrize(
    ("endpoint", "origin"),
    [
        ("https://s3.example:9000/a/path", "https://s3.example:9000"),
        (None, "https://media.s3.eu-central-1.amazonaws.com"),
    ],
)
def test_the_stores_origin_is_the_one_that_browsers_reach(endpoint, origin):
    assert store_origin(endpoint=endpoint, bucket="media", region="eu-central-1") == origin


def test_over_http_it_leads_to_https_and_over_https_it_says_to_stay(settings):
    for name, value in SECURE.items():
        setattr(settings, name, value)
    client = Client()
    moved = client.get("/admin/login/")
    assert (moved.status_code, moved["Location"]) == (301, "https://testserver/admin/login/")
    assert client.get("/health").status_code == 200  # a probe inside the cluster


@pytest.mark.django_db
def test_hsts_is_said_over_https(settings):
    for name, value in SECURE.items():
        setattr(settings, name, value)
    assert Client().get("/admin/login/", secure=True)["Strict-Transport-Security"].startswith("max-age=31536000")


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/api/v1/shops",
        "/api/v1/device/poll",
        "/api/v1/auth/token",
        "/openapi.json",
        "/player/",
        "/player/sw.js",
    ],
)
@pytest.mark.parametrize("opened", [False, True])
def test_no_other_website_may_read_an_answer(client, settings, method, path, opened):
    """The setting that opens the old routes opens nothing else."""
    settings.DGX_LEGACY_CORS = opened
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    answer = client.generic(method, path, headers=asked)
    assert [name for name in answer.headers if name.startswith("Access-Control-")] == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/login/", "/docs", "/redoc", "/player/"])
def test_no_page_has_an_inline_script_or_handler(client, path):
    assert inline_code(client.get(path).content.decode()) == []


NO_PAGES = {
    "account_end": (405, "text/html"),
    "autocomplete": (200, "application/json"),
    "core_change_export": (200, "text/csv"),
    "devices_device_export_csv": (200, "text/csv"),
    "devices_group_export_csv": (200, "text/csv"),
    "jsi18n": (200, "text/javascript"),
    "locations_shop_export_csv": (200, "text/csv"),
    "locations_shop_map_data": (200, "application/json"),
    "media_library_link_export_csv": (200, "text/csv"),
    "telemetry_devicelog_export": (200, "text/csv"),
    "telemetry_playhour_export": (200, "text/csv"),
    "telemetry_playhour_export_days": (200, "text/csv"),
}
"""What the admin has besides pages, by the name of its address."""


@pytest.mark.django_db
def test_no_admin_page_has_an_inline_script_or_handler(admin_client):
    """Nor does the theme bring one: the policy would not let it run."""
    pages = AdminPages(TwoShops())
    seen, no_pages = {}, {}
    for path, method, _policy in (*pages.calls(), *pages.forms()):
        if method == "GET" and not path.endswith("/history/"):
            answer = admin_client.get(path, follow=True)
            kind = answer.headers["Content-Type"].partition(";")[0]
            if (answer.status_code, kind) == (200, "text/html"):
                seen[path] = inline_code(answer.content.decode())
            else:
                no_pages[resolve(path.partition("?")[0]).url_name] = (answer.status_code, kind)
    assert {path: code for path, code in seen.items() if code} == {}
    assert no_pages == NO_PAGES


@pytest.mark.parametrize(
    "page",
    [
        "<script>run()</script>",
        '<script type="module">run()</script>',
        "<a href=' JavaScript:run()'>",
        "<img src=x onerror=run()>",
        '<iframe srcdoc="&lt;script&gt;">',
    ],
)
def test_each_kind_of_inline_code_is_found(page):
    harmless = '<p>1 < 2</p><script src="a.js"></script><script type="application/json">{"on": 1}</script>'
    assert inline_code(f'{harmless}<a x-on:click="open = true" href="/on">') == []
    assert len(inline_code(f"{harmless}{page}{harmless}")) == 1


def test_the_deployment_check_is_clean():
    production = {
        "DGX_DEBUG": "false",
        "DGX_HTTPS": "true",
        "DGX_ALLOWED_HOSTS": "dgx.example",
        "DGX_SECRET_KEY": secrets.token_urlsafe(50),
    }
    checked = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**os.environ, **production},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (
        0,
        "System check identified no issues (0 silenced).\n",
    )
