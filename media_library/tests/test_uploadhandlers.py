"""Bodies with files: bounded while they arrive, and refused in words."""

import errno

import pytest
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from media_library.models import Video
from media_library.tests import files

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
