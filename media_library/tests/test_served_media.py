"""Uploaded files are served by the store alone, as what they are: never from the admin's origin, never as markup."""

import io
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3
from django.conf import settings as conf
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from devices.models import Device
from media_library.models import Link, Video
from media_library.services import processing, storage, uploads
from media_library.services.signing import download_url, signed_url
from media_library.tests import files

pytestmark = pytest.mark.django_db
HTTP = urllib3.PoolManager(retries=False, timeout=10)
GIF_AND_SCRIPT = b"GIF89a/*\x00\x01\x00\x80\x00\x00" + b"*/=1;alert(document.cookie);//"
PDF_AND_PAGE = b"%PDF-1.4\n<html><script>alert(1)</script></html>\n" + files.pdf()[9:]
PNG_AND_PAGE = files.image() + b"<html><script>alert(document.cookie)</script></html>"


def served(content: bytes, name: str = "Film") -> Video:
    """The row of these bytes, with its thumbnail where they are whole."""
    video = uploads.upload_video(file=files.uploaded(content, "x.html", "text/html"), name=name)
    processing.process(video.pk)
    video.refresh_from_db()
    return video


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (GIF_AND_SCRIPT, "image/gif"),
        (PDF_AND_PAGE, "application/pdf"),
        (PNG_AND_PAGE, "image/png"),
        (files.PAGE, "text/html; charset=utf-8"),
    ],
)
def test_a_file_that_is_two_things_is_served_as_the_one_that_it_was_taken_for(content, mime):
    row = served(content)
    url = signed_url(row.key, mime=row.mime, now=timezone.now(), lifetime=60)
    assert HTTP.request("GET", url).headers["Content-Type"] == mime


@pytest.mark.parametrize("extension", ["png", "jpg"])
def test_an_address_forces_the_type_whatever_the_store_holds(extension):
    """Of an object that somebody else wrote as a page, under the very key."""
    row = served(files.image(extension))
    for key, mime in ((row.key, row.mime), (str(row.thumbnail.name), "image/jpeg")):
        storage._client().put_object(
            Bucket=conf.S3_BUCKET, Key=key, Body=b"<script>1</script>", ContentType="text/html"
        )
        url = signed_url(key, mime=mime, now=timezone.now(), lifetime=60)
        assert HTTP.request("GET", url).headers["Content-Type"] == mime
        for changed in (
            url.replace("response-content-type=image", "response-content-type=text"),
            re.sub(r"response-content-type=[^&]+&", "", url),
            url + "&response-content-type=text%2Fhtml",
            url + "&response-content-disposition=inline",
        ):
            assert HTTP.request("GET", changed).status in {400, 403}, changed


def test_a_download_is_an_attachment_under_a_name_that_cannot_break_the_header():
    row = served(files.PAGE)
    url = download_url(
        row.key, mime=row.mime, now=timezone.now(), expires=60, filename='"; filename=x.html\r\nSet-Cookie: a=b\\ü'
    )
    headers = HTTP.request("GET", url).headers
    assert headers["Content-Disposition"].startswith("attachment;")
    assert "Set-Cookie" not in headers
    assert headers["Content-Type"] == "text/html; charset=utf-8"


def test_every_address_of_a_file_is_the_stores(admin_user: User, device: Device, device_api, admin_api):
    row = served(files.PAGE, "page.html")
    Link.objects.create(video=row, device=device)
    client = Client()
    client.force_login(admin_user)
    texts = [
        device_api.get("/api/v1/device/manifest").content.decode(),
        admin_api.get(f"/api/v1/videos/{row.public_id}/").content.decode(),
        client.get(f"/admin/media_library/video/{row.pk}/change/").content.decode(),
        client.get("/admin/media_library/video/").content.decode(),
    ]
    store = urlsplit(conf.S3_PUBLIC_ENDPOINT_URL).netloc
    found = [url for text in texts for url in re.findall(r'[^"\'\s]*(?:\.html|\.jpg)\?[^"\'\s]*', text)]
    assert len(found) >= len(texts)
    assert {urlsplit(url).netloc for url in found} == {store}
    assert all("response-content-type" in parse_qs(urlsplit(url.replace("&amp;", "&")).query) for url in found)


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("prefix", ["media/", "static/", "player/", "admin/", "", "files/", "static/player/"])
def test_no_address_of_ours_serves_an_object_not_even_in_debug(client, settings, debug, prefix):
    settings.DEBUG = debug
    row = served(files.PAGE)
    answer = client.get(f"/{prefix}{row.key}")
    assert answer.status_code in {302, 404}
    assert b"Soup" not in answer.content
    assert (conf.MEDIA_ROOT, conf.MEDIA_URL) == ("", "/")


@pytest.mark.parametrize(
    "content", [files.SVG, b"<svg onload=alert(1)>", b"II*\x00" + bytes(99), b"MM\x00*" + bytes(99)]
)
def test_svg_and_tiff_are_not_taken_at_any_door(admin_api, admin_user, content):
    whole = admin_api.post(
        "/api/v1/videos/", {"file": files.uploaded(content, "a.png"), "name": "A"}, format="multipart"
    )
    assert (whole.status_code, list(whole.json()["detail"]["fields"])) == (415, ["file"])
    client = Client()
    client.force_login(admin_user)
    page = client.post("/admin/media_library/video/add/", {"file": files.uploaded(content, "b.png"), "name": "B"})
    assert page.status_code in {200, 415}
    begun = uploads.begin_direct(name="C", filename="c.png", size=len(content))
    assert (
        HTTP.request("PUT", begun.url, body=io.BytesIO(content), headers={"Content-Length": str(len(content))}).status
        == 200
    )
    assert processing.process(begun.video.pk) == "failed"
    assert list(Video.objects.values_list("state", "file")) == [("failed", "")]
    assert storage.size_of(begun.key) in {None, len(content)}  # it goes on commit
