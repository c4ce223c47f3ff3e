"""Bodies with files: bounded while they arrive, and refused in words."""

import errno
import gc
import os
from datetime import timedelta

import pytest
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory
from django.utils import timezone

from media_library.models import Video
from media_library.tests import files
from media_library.uploadhandlers import delete_left_behind

pytestmark = pytest.mark.django_db
API = "/api/v1/videos/"
ADMIN = "/admin/media_library/video/add/"
BIG = bytes(2 * 1024**2)


def form(content):
    return {"file": files.uploaded(content, "film.mp4"), "name": "Film"}


def test_a_body_that_says_it_is_too_long_is_not_read(admin_api, settings, monkeypatch):
    settings.DGX_UPLOAD_MAX_BYTES = 1000
    monkeypatch.delattr(TemporaryFileUploadHandler, "new_file")  # reading it would be a fault
    answer = admin_api.post(API, form(BIG), format="multipart")
    assert answer.status_code == 413
    assert answer.json() == {
        "detail": {
            "code": "too_large",
            "message": "A file may have at most 1000 bytes.",
            "type": "TooLarge",
            "fields": {"file": ["A file may have at most 1000 bytes."]},
        }
    }


def test_a_file_that_grows_past_the_limit_is_stopped(admin_api, settings):
    settings.DGX_UPLOAD_MAX_BYTES = len(BIG) - 1
    answer = admin_api.post(API, form(BIG), format="multipart")
    assert (answer.status_code, answer.json()["detail"]["fields"]["file"]) == (
        413,
        [f"A file may have at most {len(BIG) - 1} bytes."],
    )


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("step", ["new_file", "receive_data_chunk", "file_complete"])
def test_a_full_disk_is_said_in_words(admin_api, monkeypatch, number, step):
    def full(*args, **kwargs):
        raise OSError(number, "full")

    monkeypatch.setattr(TemporaryFileUploadHandler, step, full)
    answer = admin_api.post(API, form(BIG * 2), format="multipart")
    assert (answer.status_code, answer.json()["detail"]["code"]) == (507, "insufficient_storage")
    assert "no room" in answer.json()["detail"]["message"]
    assert answer.headers["Retry-After"] == "60"
    assert not Video.objects.exists()


def test_a_full_disk_is_said_in_the_admin_too(client, admin_user, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(TemporaryFileUploadHandler, "new_file", full)
    client.force_login(admin_user)
    answer = client.post(ADMIN, form(BIG))
    assert (answer.status_code, answer.headers["Retry-After"]) == (507, "60")
    assert "no room" in answer.content.decode()


def test_another_fault_of_the_disk_is_a_fault(admin_api, monkeypatch):
    def broken(*args, **kwargs):
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", broken)
    with pytest.raises(OSError, match="broken"):
        admin_api.post(API, form(BIG * 2), format="multipart")


def test_the_admin_says_the_limit_too(client, admin_user, settings):
    settings.DGX_UPLOAD_MAX_BYTES = 1000
    client.force_login(admin_user)
    answer = client.post(ADMIN, form(BIG))
    assert (answer.status_code, answer.content.decode()) == (413, "A file may have at most 1000 bytes.")


def test_the_admin_reads_no_file_of_a_stranger(client):
    client = type(client)(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "a" * 32
    answer = client.post(ADMIN, {**form(BIG), "csrfmiddlewaretoken": "a" * 32})
    assert (answer.status_code, answer.content.decode()) == (403, "Log in first.")


class Gone(BaseException):
    """The sender has left."""


class Broken:
    """A form's beginning, and then nobody; sees what is in the folder at its end."""

    def __init__(self, folder):
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
        self._parts = [head, *[b"y" * 65_536] * 40]
        self._folder, self.seen = folder, []

    def read(self, size=-1):
        if not self._parts:
            self.seen = list(self._folder.iterdir())
            raise Gone
        return self._parts.pop(0)

    def readline(self, size=-1):
        raise AssertionError("a form is not read by lines")


def test_a_sender_that_leaves_leaves_no_file_behind(client, settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    settings.DGX_LEGACY_ANONYMOUS = True
    broken = Broken(tmp_path)
    environ = RequestFactory().post("/upload_video", secure=True).environ | {
        "wsgi.input": broken,
        "CONTENT_TYPE": "multipart/form-data; boundary=x",
        "CONTENT_LENGTH": "500000000",
    }
    gc.disable()
    try:
        with pytest.raises(Gone):
            get_wsgi_application()(environ, lambda *_: print)
        assert (len(broken.seen), list(tmp_path.iterdir())) == (1, [])
    finally:
        gc.enable()


def test_what_a_killed_process_left_goes_after_a_day(settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    now = timezone.now()
    for name, hours in {"tmpold.upload": 25, "tmpnew.upload": 23, "tmpold.mp4": 25, "old.upload": 25}.items():
        path = tmp_path / name
        path.write_bytes(b"x")
        at = (now - timedelta(hours=hours)).timestamp()
        os.utime(path, (at, at))
    assert delete_left_behind(now=now) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"tmpnew.upload", "tmpold.mp4", "old.upload"}
