"""The server calls its stores and nobody else: whatever address a person writes somewhere, nothing fetches it."""

import ast
import socket
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from dgx.tests.environment import ROOT
from locations.tests.factories import ShopFactory
from media_library.models import Link, Video
from media_library.services import processing, uploads
from media_library.tests import files

CLIENTS = {"urllib.request", "http.client", "urllib3", "requests", "httpx", "aiohttp", "socket", "smtplib", "ftplib"}
TOOLS = (
    "dgx/stack",
    "dgx/chaos",
    "dgx/fuzz",
    "dgx/protocol/simulator",
    "dgx/protocol/conformance",
    "dgx/web/sockets.py",
)
"""Commands that a person starts to try a server out, and the web's own listening sockets."""
STORE = {"media_library/services/storage.py", "media_library/services/store.py", "dgx/health.py"}
"""What opens connections of its own: to the object store that the settings name."""


def imports(path) -> set[str]:
    tree = ast.parse(path.read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def modules() -> Iterator[str]:
    for app in ("dgx", "locations", "devices", "media_library", "telemetry"):
        for path in sorted((ROOT / app).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "/tests/" not in name and not name.startswith(TOOLS):
                yield name


def test_no_module_of_the_server_can_fetch_an_address():
    found = {name: imports(ROOT / name) for name in modules()}
    assert len(found) > 200
    assert {name: used & CLIENTS for name, used in found.items() if used & CLIENTS} == {}
    assert {name for name, used in found.items() if "boto3" in used} == STORE


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A machine inside: it must never be called."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@pytest.mark.django_db
@pytest.mark.parametrize(
    "form", ["http://{}/x.mp4", "http://user:pw@{}/x.png", "s3://{}/x.mp4", "file:///etc/passwd", "gopher://{}/_x"]
)
def test_an_address_in_the_place_of_a_file_is_handed_on_and_never_fetched(
    admin_api, device, device_api, listener, form
):
    address = form.format(f"127.0.0.1:{listener.getsockname()[1]}")
    video = uploads.upload_video(file=files.uploaded(files.image()), name="Film")
    Link.objects.create(video=video, device=device)
    person = Client()
    person.force_login(User.objects.get())
    changed = person.put(f"/video/{video.name}", {"s3_link": address}, content_type="application/json")
    assert changed.status_code < 500
    Video.objects.filter(pk=video.pk).update(source_url=address)
    assert processing.process(video.pk) in {"ready", "failed"}
    processing.find_stuck(now=timezone.now())
    for client, path in (
        (device_api, "/api/v1/device/manifest"),
        (admin_api, f"/api/v1/videos/{video.public_id}/"),
        (person, f"/video/{video.name}"),
        (person, f"/device/{device.mobile_id}/videos/downloads"),
        (person, f"/admin/media_library/video/{video.pk}/change/"),
        (person, "/admin/media_library/video/"),
    ):
        assert client.get(path).status_code < 500, path
    assert nobody_called(listener)


@pytest.mark.django_db
def test_an_address_in_a_page_a_name_or_a_shop_is_text(admin_api, listener):
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    page = f'<!doctype html><title>x</title><img src="{url}a.png"><iframe src="{url}b"></iframe><link href="{url}c">'
    for name, content in ((url, page.encode()), ("paper", files.pdf()), (f"file://{url}", files.film())):
        processing.process(uploads.upload_video(file=files.uploaded(content, f"{url}x"), name=name).pk)
    ShopFactory.create(name=url, address=url)
    assert admin_api.get("/api/v1/shops").status_code == 200
    assert set(Video.objects.values_list("state", flat=True)) == {"ready"}
    assert nobody_called(listener)


def nobody_called(listener: socket.socket) -> bool:
    listener.settimeout(0.2)
    try:
        listener.accept()
    except TimeoutError:
        return True
    return False
