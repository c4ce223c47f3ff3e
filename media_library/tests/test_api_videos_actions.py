"""The verbs below a video's address: replace, presign, usage, and uploads straight to the store."""

import hashlib
import urllib.request
from urllib.parse import quote

import pytest
import time_machine

from devices.tests.factories import DeviceFactory
from media_library.models import Video
from media_library.services import storage
from media_library.services.processing import process
from media_library.tests import files
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/videos/"


def send(url, content):
    request = urllib.request.Request(url, data=content, method="PUT")  # noqa: S310 — our own store
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 — our own store
        return answer.status


def fetch(url):
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 — our own store
        return answer.headers, answer.read()


def stored(admin_api, content, name="Poster"):
    answer = admin_api.post(URL, {"file": files.uploaded(content, "p.png"), "name": name}, format="multipart")
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_replacing_keeps_id_links_and_settings_and_takes_the_new_bytes(admin_api, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        body = stored(admin_api, files.image(colour="olive"))
    video = Video.objects.get()
    Video.objects.update(rotation=90, source_url="https://example.com/x")
    link = LinkFactory.create(video=video, device=DeviceFactory.create())
    new = files.pdf()
    with django_capture_on_commit_callbacks(execute=True):
        form = {"file": files.uploaded(new, "menu.pdf")}
        answer = admin_api.post(f"{URL}{body['id']}/replace/", form, format="multipart")
    assert answer.status_code == 200
    changed = answer.json()
    assert (changed["id"], changed["rotation"], changed["kind"]) == (body["id"], 90, "pdf")
    assert (changed["sha256"], changed["original_name"]) == (hashlib.sha256(new).hexdigest(), "menu.pdf")
    assert Video.objects.get().source_url is None
    assert link.video_id == video.pk
    assert storage.size_of(video.key) is None


def test_replacing_with_what_is_not_taken_changes_nothing(admin_api):
    body = stored(admin_api, files.image())
    form = {"file": files.uploaded(files.PROGRAM, "x.mp4")}
    assert admin_api.post(f"{URL}{body['id']}/replace/", form, format="multipart").status_code == 415
    assert admin_api.get(f"{URL}{body['id']}/").json() == body


def test_a_presigned_address_downloads_the_bytes_under_the_videos_name(admin_api):
    content = files.image(colour="navy")
    body = stored(admin_api, content, name="Käse")
    with time_machine.travel("2026-11-21T12:00:00Z", tick=False):
        answer = admin_api.get(f"{URL}{body['id']}/presign/?expires_in=600").json()
    address = answer.pop("url")
    assert answer == {
        "expires_in": 600,
        "expires_at": "2026-11-21T12:10:00Z",
        "filename": "Käse.png",
        "mime": "image/png",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert "X-Amz-Expires=600" in address
    headers, got = fetch(admin_api.get(f"{URL}{body['id']}/presign/").json()["url"])
    assert got == content
    assert headers["Content-Type"] == "image/png"
    assert quote("Käse.png") in headers["Content-Disposition"]


@pytest.mark.parametrize("seconds", ["59", "604801", "soon", "NaN", ""])
def test_a_lifetime_out_of_range_is_refused(admin_api, seconds):
    video = VideoFactory.create()
    answer = admin_api.get(f"{URL}{video.public_id}/presign/?expires_in={seconds}")
    assert (answer.status_code, list(answer.json()["detail"]["fields"])) == (400, ["expires_in"])


def test_an_address_outside_of_the_store_is_handed_out_as_it_is(admin_api):
    video = VideoFactory.create(source_url="https://example.com/film.mp4")
    answer = admin_api.get(f"{URL}{video.public_id}/presign/").json()
    assert (answer["url"], answer["expires_in"], answer["expires_at"]) == ("https://example.com/film.mp4", 0, None)


def test_a_video_without_bytes_has_no_address(admin_api):
    video = VideoFactory.create(file="", state="failed")
    assert admin_api.get(f"{URL}{video.public_id}/presign/").status_code == 409


def test_usage_lists_the_links_in_three_statements(admin_api, django_assert_num_queries):
    device = DeviceFactory.create(mobile_id="screen-7")
    link = LinkFactory.create(device=device, display_order=3)
    with django_assert_num_queries(3):
        answer = admin_api.get(f"{URL}{link.video.public_id}/usage/")
    assert answer.json()["results"] == [
        {
            "id": str(link.public_id),
            "device": str(device.public_id),
            "device_name": "screen-7",
            "group": None,
            "group_name": None,
            "shop": None,
            "shop_name": None,
            "display_order": 3,
        }
    ]


def announce(admin_api, content, **changes):
    body = {"name": "Film", "filename": "film.mp4", "size": len(content), **changes}
    return admin_api.post(f"{URL}direct/", body)


def test_a_direct_upload_becomes_ready_once_the_worker_has_looked_at_it(admin_api, django_capture_on_commit_callbacks):
    content = files.film()
    answer = announce(admin_api, content, rotation=180)
    begun = answer.json()
    assert (answer.status_code, begun["method"], begun["video"]["state"]) == (201, "PUT", "processing")
    key = Video.objects.get().key
    assert send(begun["url"], content) == 200
    done = admin_api.post(f"{URL}{begun['video']['id']}/complete/")
    assert (done.status_code, done.json()["state"]) == (202, "processing")
    with django_capture_on_commit_callbacks(execute=True):
        assert process(Video.objects.get().pk) == "ready"
    body = admin_api.get(f"{URL}{begun['video']['id']}/").json()
    assert (body["kind"], body["mime"], body["sha256"]) == ("video", "video/mp4", hashlib.sha256(content).hexdigest())
    assert (body["width"], body["rotation"], body["size"]) == (64, 180, len(content))
    assert storage.size_of(key) is None
    assert storage.size_of(Video.objects.get().key) == len(content)
    assert admin_api.post(f"{URL}{begun['video']['id']}/complete/").status_code == 202


def test_completing_before_the_bytes_are_there_is_a_conflict(admin_api):
    begun = announce(admin_api, b"12345").json()
    assert admin_api.post(f"{URL}{begun['video']['id']}/complete/").status_code == 409


def test_a_direct_upload_of_what_is_not_taken_fails_with_its_reason(admin_api, django_capture_on_commit_callbacks):
    begun = announce(admin_api, files.PROGRAM).json()
    key = Video.objects.get().key
    send(begun["url"], files.PROGRAM)
    with django_capture_on_commit_callbacks(execute=True):
        assert process(Video.objects.get().pk) == "failed"
    body = admin_api.get(f"{URL}{begun['video']['id']}/").json()
    assert body["state_reason"].startswith("This is not a video")
    assert storage.size_of(key) is None


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"size": 0}, 400, "size"),
        ({"size": 5 * 1024**4}, 413, "size"),
        ({"size": "many"}, 400, "size"),
        ({"name": ""}, 400, "name"),
        ({"rotation": 1}, 400, "rotation"),
        ({"filename": "a\x00b"}, 400, "filename"),
        ({"key": "mine"}, 400, "key"),
    ],
)
def test_a_wrong_announcement_is_refused_by_field(admin_api, changes, status, field):
    answer = announce(admin_api, b"12345", **changes)
    assert (answer.status_code, list(answer.json()["detail"]["fields"])) == (status, [field])
    assert not Video.objects.exists()


def test_an_announced_name_that_is_taken_is_a_conflict(admin_api):
    VideoFactory.create(name="Film")
    assert announce(admin_api, b"12345").status_code == 409
