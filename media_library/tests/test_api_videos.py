"""GET, POST, PATCH and DELETE of /api/v1/videos: upload, read, change, delete."""

import hashlib

import pytest

from devices.tests.factories import DeviceFactory
from media_library.models import Video
from media_library.services import storage
from media_library.services.processing import process
from media_library.tests import files
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/videos/"


def upload(client, content, name="Poster", filename="poster.png", **fields):
    return client.post(URL, {"file": files.uploaded(content, filename), "name": name, **fields}, format="multipart")


def fields_of(response):
    return response.json()["detail"]["fields"]


def test_an_uploaded_image_is_ready_at_once_and_answered_whole(admin_api):
    content = files.image()
    answer = upload(admin_api, content, rotation=90, fit_mode="contain", display_duration=7)
    body = answer.json()
    video = Video.objects.get()
    assert answer.status_code == 201
    assert body == {
        "id": str(video.public_id),
        "name": "Poster",
        "kind": "image",
        "rotation": 90,
        "fit_mode": "contain",
        "display_duration": 7,
        "original_name": "poster.png",
        "mime": "image/png",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "width": None,
        "height": None,
        "duration_s": None,
        "pages": None,
        "state": "ready",
        "state_reason": "",
        "probed_at": None,
        "thumbnail_url": None,
        "same_as": [],
        "created_at": body["created_at"],
        "updated_at": body["updated_at"],
    }


def test_bytes_that_are_there_already_are_stored_once_and_said_so(admin_api):
    first = upload(admin_api, files.image()).json()
    second = upload(admin_api, files.image(), name="Poster again").json()
    assert second["same_as"] == [{"id": first["id"], "name": "Poster"}]
    assert Video.objects.values("file").distinct().count() == 1


def test_a_taken_name_is_a_conflict_that_names_the_field(admin_api):
    VideoFactory.create(name="Poster")
    answer = upload(admin_api, files.image())
    assert answer.status_code == 409
    assert fields_of(answer) == {"name": ["There is already a video named “Poster”."]}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"rotation": 45}, "rotation"),
        ({"rotation": "upright"}, "rotation"),
        ({"fit_mode": "zoom"}, "fit_mode"),
        ({"display_duration": -1}, "display_duration"),
        ({"display_duration": 86_401}, "display_duration"),
        ({"display_duration": "NaN"}, "display_duration"),
        ({"display_duration": "inf"}, "display_duration"),
        ({"name": "x" * 300}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "  "}, "name"),
        ({"state": "ready"}, "state"),
        ({"nonsense": "1"}, "nonsense"),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_stored(admin_api, fields, field):
    answer = upload(admin_api, files.image(), **fields)
    assert (answer.status_code, list(fields_of(answer))) == (400, [field])
    assert not Video.objects.exists()


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (files.PROGRAM, 415, "This is not a video"),
        (files.SVG, 415, "SVG can carry scripts"),
        (b"", 400, "empty"),
        (files.huge_png(), 413, "at most 100000000 pixels"),
        (b"<!doctype html><script>alert(1)</script>", 400, "<script>"),
    ],
)
def test_a_file_that_is_not_taken_says_why(admin_api, content, status, words):
    answer = upload(admin_api, content, filename="film.mp4")
    assert answer.status_code == status
    assert words in fields_of(answer)["file"][0]
    assert not Video.objects.exists()


def test_a_file_above_the_limit_is_refused_before_it_is_read(admin_api, settings):
    settings.DGX_UPLOAD_MAX_BYTES = 1000
    answer = upload(admin_api, files.image() + bytes(2 * 1024**2))
    assert answer.status_code == 413
    assert fields_of(answer) == {"file": ["A file may have at most 1000 bytes."]}


def test_a_file_a_little_above_the_limit_is_refused_as_well(admin_api, settings):
    settings.DGX_UPLOAD_MAX_BYTES = 50
    assert upload(admin_api, files.image()).status_code == 413


def test_an_upload_without_file_or_name_names_both(admin_api):
    answer = admin_api.post(URL, {"rotation": 0}, format="multipart")
    assert (answer.status_code, sorted(fields_of(answer))) == (400, ["file", "name"])


def test_an_upload_as_json_is_an_unsupported_type(admin_api):
    assert admin_api.post(URL, {"name": "x"}, format="json").status_code == 415


def test_a_broken_form_is_a_bad_request(admin_api):
    answer = admin_api.post(URL, b"no form at all", content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 400
    answer = admin_api.post(URL, b"no form at all", content_type="multipart/form-data")
    assert answer.status_code == 400


def test_a_stranger_gets_nothing(api, user_with):
    video = VideoFactory.create()
    assert api.get(URL).status_code == 401
    assert upload(api, files.image()).status_code == 401
    api.force_authenticate(user_with("devices.view_device"))
    assert api.get(f"{URL}{video.public_id}/").status_code == 403
    assert upload(api, files.image()).status_code == 403
    assert api.delete(f"{URL}{video.public_id}/").status_code == 403


def test_a_reader_reads_and_does_not_write(api, user_with):
    video = VideoFactory.create()
    api.force_authenticate(user_with("media_library.view_video"))
    assert api.get(f"{URL}{video.public_id}/").status_code == 200
    for method, path in (
        ("patch", f"{video.public_id}/"),
        ("delete", f"{video.public_id}/"),
        ("post", f"{video.public_id}/replace/"),
        ("post", "direct/"),
        ("post", f"{video.public_id}/complete/"),
    ):
        assert getattr(api, method)(URL + path).status_code == 403, path


def test_the_list_filters_searches_and_orders(admin_api):
    VideoFactory.create(name="b", kind="image", rotation=90, fit_mode="fill", original_name="beach.png")
    VideoFactory.create(name="a", state="failed")
    linked = VideoFactory.create(name="c")
    LinkFactory.create(video=linked, device=DeviceFactory.create())

    def names(query):
        answer = admin_api.get(URL + query)
        assert answer.status_code == 200, answer.content
        return [video["name"] for video in answer.json()["results"]]

    assert names("") == ["a", "b", "c"]
    assert names("?kind=image") == ["b"]
    assert names("?state=failed&state=ready&ordering=-name") == ["c", "b", "a"]
    assert names("?rotation=90") == names("?fit_mode=fill") == names("?search=beach") == ["b"]
    assert names("?name__icontains=C") == names("?is_linked=true") == names(f"?sha256={linked.sha256.upper()}") == ["c"]
    assert names("?is_linked=false") == ["a", "b"]
    assert names("?created_after=2999-01-01T00:00:00Z") == []
    assert names("?created_before=2999-01-01T00:00:00Z&limit=1&offset=1") == ["b"]


@pytest.mark.parametrize(
    "query", ["?kind=song", "?created_after=noon", "?name=%00", "?sha256=%00", "?what=1", "?limit=9999"]
)
def test_a_wrong_filter_is_a_bad_request(admin_api, query):
    assert admin_api.get(URL + query).status_code == 400


def test_the_list_takes_two_statements_however_long_it_is(admin_api, django_assert_num_queries):
    for _ in range(3):
        VideoFactory.create(sha256="f" * 64, thumbnail="myvideos/thumbnails/x.jpg")
    with django_assert_num_queries(2):
        assert len(admin_api.get(URL).json()["results"]) == 3


def test_the_thumbnail_is_an_address_that_answers(admin_api):
    video_id = upload(admin_api, files.image()).json()["id"]
    process(Video.objects.get().pk)
    body = admin_api.get(f"{URL}{video_id}/").json()
    assert body["thumbnail_url"].startswith("http")
    assert (body["width"], body["height"]) == (40, 30)


def test_name_and_manner_of_showing_can_be_changed(admin_api):
    video = VideoFactory.create(name="old")
    answer = admin_api.patch(f"{URL}{video.public_id}/", {"name": "new", "rotation": 270})
    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["rotation"]) == ("new", 270)


def test_a_change_to_a_taken_name_is_a_conflict(admin_api):
    VideoFactory.create(name="taken")
    video = VideoFactory.create()
    assert admin_api.patch(f"{URL}{video.public_id}/", {"name": "taken"}).status_code == 409


@pytest.mark.parametrize(
    "change", [{"rotation": 45}, {"sha256": "0" * 64}, {"state": "ready"}, {"file": "x"}, {"name": ""}]
)
def test_a_wrong_change_is_refused_by_field(admin_api, change):
    video = VideoFactory.create()
    answer = admin_api.patch(f"{URL}{video.public_id}/", change)
    assert (answer.status_code, list(fields_of(answer))) == (400, list(change))


def test_a_change_of_rotation_reaches_the_screens_that_play_it(admin_api):
    device = DeviceFactory.create()
    video = LinkFactory.create(device=device).video
    device.refresh_from_db()
    before = device.content_version
    admin_api.patch(f"{URL}{video.public_id}/", {"rotation": 90})
    device.refresh_from_db()
    assert device.content_version == before + 1


def test_a_deleted_video_lies_in_the_bin_with_its_bytes(admin_api):
    video_id = upload(admin_api, files.image(colour="red")).json()["id"]
    assert admin_api.delete(f"{URL}{video_id}/").status_code == 204
    assert admin_api.get(f"{URL}{video_id}/").status_code == 404
    kept = Video.all_objects.get()
    assert (kept.binned_by, storage.size_of(kept.key)) == ("admin", kept.size)


def test_a_video_in_use_is_not_deleted_and_says_by_what(admin_api):
    link = LinkFactory.create(device=DeviceFactory.create(mobile_id="screen-7"))
    answer = admin_api.delete(f"{URL}{link.video.public_id}/")
    assert answer.status_code == 409
    assert answer.json()["detail"]["uses"] == [{"type": "link", "id": str(link.public_id), "name": str(link)}]


@pytest.mark.parametrize("ref", ["0f3b8a5c-7a41-4f0e-9c55-b7d6b1f6a2d4", "17", "x" * 400, "%00"])
def test_an_unknown_video_is_named(admin_api, ref):
    assert admin_api.get(f"{URL}{ref}/").status_code == 404
