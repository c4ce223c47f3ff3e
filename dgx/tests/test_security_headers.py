"""What every answer says to browsers: what may be loaded, framed and sniffed, and over which line."""

import pytest
from django.test import Client

from dgx.csp import policy, store_origin

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
