"""What an address to upload to allows (a key, a size, a verb, some hours), and what a file's name may do: nothing."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3
from django.conf import settings as conf
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from media_library.models import Video
from media_library.services import multipart, processing, storage, uploads
from media_library.tests import files

pytestmark = pytest.mark.django_db
SIZE = 400
HTTP = urllib3.PoolManager(retries=False, timeout=10)
NAMES = [
    "../../etc/passwd",
    "..\\..\\windows\\system32\\cmd.exe",
    "/etc/cron.d/x.png",
    "C:\\CON",
    "CON.png",
    "nul",
    "..",
    ".",
    "a\x00b.png",
    "a\r\nSet-Cookie: x=1.png",
    "\u202egnp.exe",
    "\uff0e\uff0e\uff0fx.png",
    "x" * 300 + ".png",
    "🎬" * 120 + ".png",
    "a." + "🎬" * 120,
    "%2e%2e%2fx.png",
    "x.png;type=text/html",
    '"><script>alert(1)</script>.png',
    " ",
    "-rf",
]


@pytest.fixture(params=["whole", "part"])
def address(request: Any, admin_user: Any) -> str:
    """Where 400 bytes go: of a file sent whole, or of one sent in parts."""
    if request.param == "whole":
        return uploads.begin_direct(name="Film", filename="film.mp4", size=SIZE).url
    upload = multipart.begin(user=admin_user, name="Film", filename="film.mp4", size=SIZE)
    return multipart.addresses(upload, [1])[0].url


def send(url: str, size: int = SIZE, *, method: str = "PUT", headers: dict[str, str] | None = None) -> int:
    return HTTP.request(method, url, body=bytes(size), headers=headers).status


def refused(status: int) -> bool:
    return 400 <= status < 500


@pytest.mark.parametrize("size", [0, 1, SIZE - 1, SIZE + 1, 100 * SIZE])
def test_a_body_of_another_size_is_refused(address, size):
    assert refused(send(address, size))
    assert send(address) == 200


def test_a_body_that_does_not_say_its_size_is_refused(address):
    sent = HTTP.request("PUT", address, body=iter([bytes(SIZE)]), headers={"Transfer-Encoding": "chunked"})
    assert refused(sent.status)


@pytest.mark.parametrize("verb", ["GET", "HEAD", "DELETE", "POST"])
def test_another_verb_is_refused(address, verb):
    assert refused(HTTP.request(verb, address).status)


def test_another_key_is_refused(address):
    parts = urlsplit(address)
    for path in (parts.path + "x", parts.path.replace("/incoming/", "/"), f"/{conf.S3_BUCKET}/{conf.S3_PREFIX}/x.mp4"):
        assert refused(send(parts._replace(path=path).geturl())), path


def test_an_address_that_was_changed_is_refused(address):
    assert refused(send(address.replace("X-Amz-Expires=21600", "X-Amz-Expires=604800")))
    assert refused(send(address + "&x-amz-acl=public-read"))
    assert refused(send(address.replace("content-length%3B", "").replace("content-length;", "")))
    if "partNumber=1" in address:
        assert refused(send(address.replace("partNumber=1", "partNumber=2")))


@pytest.mark.parametrize("said", ["text/html", "image/svg+xml", "text/javascript"])
def test_what_the_sender_calls_the_bytes_counts_for_nothing(said, django_capture_on_commit_callbacks):
    """Bytes are handed out by nobody until the worker has looked at them, and then as what they are."""
    content = files.image()
    begun = uploads.begin_direct(name="Film", filename="x.html", size=len(content))
    assert HTTP.request("PUT", begun.url, body=content, headers={"Content-Type": said}).status == 200
    with django_capture_on_commit_callbacks(execute=True):
        processing.process(begun.video.pk)
    row = Video.objects.get()
    assert (row.state, row.mime, storage.content_type_of(row.key)) == ("ready", "image/png", "image/png")
    assert storage.size_of(begun.key) is None


def test_bytes_that_arrive_in_parts_have_no_type_until_somebody_looks(admin_user):
    upload = multipart.begin(user=admin_user, name="Film", filename="x.html", size=SIZE)
    assert send(multipart.addresses(upload, [1])[0].url, headers={"Content-Type": "text/html"}) == 200
    storage.join_parts(upload.key, upload.store_id, multipart._whole_parts(upload))
    assert storage.content_type_of(upload.key) == "application/octet-stream"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("padding", [0, 2 * 1024**2])
def test_whatever_a_file_is_called_its_place_is_its_hash(admin_api, name, padding):
    """Small ones stay in memory, larger ones go through a temporary file."""
    content = files.image() + bytes(padding)
    file = SimpleUploadedFile("x", content)
    vars(file)["_name"] = name  # as a sender writes it, where Django would tidy it up before it is sent
    answer = admin_api.post("/api/v1/videos/", {"file": file, "name": "Film"}, format="multipart")
    if name in {".", ".."}:  # Django takes such a part for no file at all
        assert answer.status_code == 400
        return
    assert answer.status_code == 201, answer.content
    row = Video.objects.get()
    assert row.key == storage.object_key(row.sha256, ".png")
    assert len(row.original_name) <= 255
    assert not set(row.original_name) & set("/\\\r\n\x00")


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=300), st.integers(0, 2 * 1024**2).map(lambda size: size // 1024**2 * 1024**2))
def test_any_name_is_shown_without_folders_or_is_none(name, size):
    shown = uploads.plain_name(name)
    assert len(shown) <= 255
    assert not set(shown) & set("/\\\x00\r\n\u202e")


def test_the_temporary_file_is_not_called_as_the_sender_likes(admin_api, monkeypatch):
    seen = []
    complete = TemporaryFileUploadHandler.file_complete

    def spy(handler, size):
        seen.append(handler.file.temporary_file_path())
        return complete(handler, size)

    monkeypatch.setattr(TemporaryFileUploadHandler, "file_complete", spy)
    file = SimpleUploadedFile("x.sh", files.image() + bytes(2 * 1024**2))
    assert admin_api.post("/api/v1/videos/", {"file": file, "name": "Film"}, format="multipart").status_code == 201
    assert [path.endswith(".upload") for path in seen] == [True]
    assert Video.objects.get().original_name == "x.sh"
