"""GET /player/: the page, its service worker, its web manifest and the QR code."""

import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
import segno
from django.conf import settings

from media_library.api import player

FOLDER = Path(player.FOLDER)


def test_the_page_is_open_to_all_and_the_same_for_all(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/player/?key=dgxe_secret")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Set-Cookie" not in response.headers
    assert b"dgxe_secret" not in response.content


def test_the_page_runs_its_own_files_alone(client):
    response = client.get("/player/")
    policy = dict(part.split(" ", 1) for part in response.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["script-src"] == "'self'"
    assert policy["connect-src"] == f"'self' {settings.S3_PUBLIC_ENDPOINT_URL}"
    assert policy["frame-ancestors"] == "'none'"
    assert not re.search(rb"<script(?![^>]*src=)|<style|\son\w+=|https?://", response.content)


def test_without_the_slash_it_leads_there_with_its_key(client):
    response = client.get("/player?key=1")
    assert (response.status_code, response.headers["Location"]) == (302, "/player/?key=1")


def test_the_service_worker_lists_every_file_and_each_is_served(client):
    response = client.get("/player/sw.js")
    assert response.headers["Content-Type"].startswith("text/javascript")
    head = response.content.decode().splitlines()[:2]
    assert json.loads(head[0].removeprefix("const VERSION = ").rstrip(";")) == player.version()
    listed = json.loads(head[1].removeprefix("const FILES = ").rstrip(";"))
    assert {"/static/player/main.js", "/static/player/player.css"} <= set(listed)
    assert [address for address in listed if client.get(address).status_code != 200] == []


def test_every_module_that_a_module_imports_is_listed():
    listed = set(player.files())
    for module in FOLDER.glob("*.js"):
        for name in re.findall(r'(?:from|import\()\s*"\./([^"]+)"', module.read_text()):
            assert name in listed, f"{module.name} imports {name}"


def test_the_web_manifest_opens_the_player_full_screen(client):
    response = client.get("/player/manifest.webmanifest")
    assert response.headers["Content-Type"] == "application/manifest+json"
    manifest = response.json()
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/player/", "/player/", "fullscreen")


def test_the_qr_code_opens_the_admins_pairing_page(client):
    response = client.get("/player/qr.svg?code=K7M2QX", headers={"host": "dgx.example"})
    assert response.headers["Content-Type"] == "image/svg+xml"
    assert drawn(response.content.decode()) == qr_of("http://dgx.example/admin/devices/pairing/approve/?code=K7M2QX")


def test_behind_a_proxy_the_qr_code_opens_the_address_that_people_know(client, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    response = client.get("/player/qr.svg?code=K7M2QX", headers={"host": "dgx.example", "x-forwarded-proto": "https"})
    assert drawn(response.content.decode()) == qr_of("https://dgx.example/admin/devices/pairing/approve/?code=K7M2QX")


def drawn(svg: str) -> str:
    path = re.search(r' d="([^"]+)"', svg)
    assert path
    return path[1]


def qr_of(address: str) -> str:
    """The path of its squares, with the quiet edge that readers need."""
    return drawn(segno.make_qr(address, error="m").svg_inline(scale=8, border=4))


@pytest.mark.parametrize("code", ["", "SHORT", "TOOLONG7", "k7m2qx", "K7M2Q\x00", "<svg/>", "K7M2QX\n"])
def test_what_is_no_code_has_no_picture(client, code):
    assert client.get(f"/player/qr.svg?code={quote(code)}").status_code == 404


@pytest.mark.parametrize("address", ["", "sw.js", "manifest.webmanifest", "qr.svg"])
def test_it_is_read_only(client, address):
    assert client.post(f"/player/{address}").status_code == 405


def test_it_is_small_enough_to_be_read_in_an_hour():
    """Blank lines apart, with its styles and its service worker, without pdf.js."""
    own = [*FOLDER.glob("*.js"), *FOLDER.glob("*.css")]
    assert sum(bool(line.strip()) for file in own for line in file.read_text().splitlines()) < 1200
    assert "https://" not in "".join(file.read_text() for file in own)
