"""Videos over the old routes: upload, description, addresses."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile

from dgx.core.tests.old_client import OldClient
from dgx.tests.contracts.replay import http_send
from media_library.models import Video
from media_library.services.handout import file_name
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db
RECORDED = Path(settings.BASE_DIR) / "dgx" / "tests" / "contracts" / "transcripts" / "video-upload.json"
ASSETS = {name: base64.b64decode(data) for name, data in json.loads(RECORDED.read_text())["assets"].items()}


@pytest.fixture
def old(settings) -> OldClient:
    settings.DGX_LEGACY_ANONYMOUS = True
    return OldClient()


def upload(old: OldClient, name: str, asset: str = "clip.mp4", **fields: Any) -> tuple[int, Any]:
    file = SimpleUploadedFile(fields.pop("filename", asset), fields.pop("content", ASSETS[asset]))
    reply = old.post("/upload_video", {"video_name": name, "file": file, **fields})
    return reply.status_code, reply.json()


def test_a_page_is_served_as_what_it_is(old):
    assert upload(old, "menu", "menu.html")[1]["content_type"] == "html"
    presigned = old.call("GET", "/video/menu/presign")[1]
    status, headers, content = http_send("GET", presigned["url"], {}, None)
    assert (status, headers["content-type"].partition(";")[0], content) == (200, "text/html", ASSETS["menu.html"])
    assert headers["content-disposition"] == 'attachment; filename="menu.html"'


def test_two_names_that_made_the_same_key_are_two_videos(old):
    upload(old, "Spring Promo", "clip.mp4")
    upload(old, "spring-promo", "promo.mp4")
    contents = [
        http_send("GET", old.call("GET", f"/video/{name}")[1]["presigned_url"], {}, None)[2]
        for name in ("Spring Promo", "spring-promo")
    ]
    assert contents == [ASSETS["clip.mp4"], ASSETS["promo.mp4"]]


def test_an_upload_over_a_known_name_keeps_its_id_and_sets_all_properties(old):
    first = upload(old, "v", rotation=90, fit_mode="fill", display_duration=3)[1]
    assert upload(old, "v") == (409, {"detail": "Video exists. Use overwrite=true."})
    second = upload(old, "v", "promo.mp4", overwrite="1")[1]
    assert (second["id"], second["rotation"], second["fit_mode"], second["display_duration"], second["overwrote"]) == (
        first["id"],
        0,
        "cover",
        10,
        True,
    )
    assert upload(old, "new", overwrite="yes")[1]["overwrote"] is True


def test_an_empty_field_counts_as_left_out(old):
    status, answer = upload(old, "v", rotation="", fit_mode="", display_duration="", overwrite="")
    assert (status, answer["rotation"], answer["display_duration"]) == (200, 0, 10)


@pytest.mark.parametrize(
    ("fields", "loc"),
    [
        ({"rotation": "45"}, "rotation"),
        ({"rotation": "upright"}, "rotation"),
        ({"fit_mode": "stretch"}, "fit_mode"),
        ({"display_duration": "-1"}, "display_duration"),
        ({"display_duration": "99999999999"}, "display_duration"),
        ({"overwrite": "maybe"}, "overwrite"),
    ],
)
def test_an_upload_with_a_wrong_field_is_refused_by_its_name(old, fields, loc):
    status, answer = upload(old, "v", **fields)
    assert (status, [problem["loc"] for problem in answer["detail"]]) == (422, [["body", loc]])
    assert not Video.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 300, "a\x00b"])
def test_an_upload_without_a_good_name_is_refused(old, name):
    status, answer = upload(old, name)
    assert (status, answer["detail"][0]["loc"]) == (422, ["body", "video_name"])


def test_a_form_that_is_none_lacks_its_fields(old):
    for body, kind in ((b"", ""), (b'{"video_name": "v"}', "application/json"), (b"video_name=", "text/plain")):
        assert old.where("POST", "/upload_video", body, kind=kind) == [["body", "file"], ["body", "video_name"]]
    assert old.call("POST", "/upload_video", b"x", kind="multipart/form-data")[0] == 400
    reply = old.post("/upload_video", {"video_name": "v", "file": "text"})
    assert (reply.status_code, reply.json()["detail"][0]["loc"]) == (422, ["body", "file"])


def test_a_program_under_a_films_name_is_refused(old):
    status, answer = upload(old, "v", content=b"MZ\x90\x00" + b"\x00" * 500)
    assert 400 <= status < 500
    assert isinstance(answer["detail"], str)
    assert not Video.objects.exists()


def test_a_row_whose_object_is_gone_says_so(old):
    upload(old, "v")
    storages["default"].delete(str(Video.objects.get().file.name))
    assert old.call("GET", "/video/v") == (404, {"detail": "Video record exists but S3 object not found"})
    assert old.call("GET", "/video/v?presign=false")[0] == 200


def test_an_address_lives_as_long_as_asked(old, settings):
    VideoFactory.create(name="v")
    settings.PRESIGN_EXPIRES = 1234
    assert old.call("GET", "/video/v/presign")[1]["expires_in"] == 1234
    answer = old.call("GET", "/video/v/presign?expires_in=600")[1]
    assert (answer["expires_in"], "X-Amz-Expires=600" in answer["url"]) == (600, True)
    assert answer["url"] == answer["presigned_url"]
    assert old.where("GET", "/video/v/presign?expires_in=59") == [["query", "expires_in"]]
    assert old.where("GET", "/video/absent/presign?expires_in=x") == [["query", "expires_in"]]


@pytest.mark.parametrize(
    ("key", "status"),
    [
        ("myvideos/other.mp4", 200),
        ("invoices/2026.pdf", 400),
        ("myvideos/../invoices/2026.pdf", 400),
        ("myvideos/incoming/8f0b1a52-7f6f-4b53-8f1e-0f3b8a5c7a41", 404),
    ],
)
def test_only_media_of_the_bucket_are_handed_out(old, settings, key, status):
    settings.S3_PREFIX = "myvideos"
    VideoFactory.create(name="v")
    assert old.call("PUT", "/video/v", {"s3_link": f"s3://{settings.S3_BUCKET}/{key}"})[0] == 200
    assert old.call("GET", "/video/v/presign")[0] == status


def test_values_are_checked_before_the_video_is_looked_up(old):
    assert old.call("POST", "/video/absent/rotation", {"rotation": 45}) == (
        400,
        {"detail": "Rotation must be 0, 90, 180, or 270"},
    )
    assert old.call("POST", "/video/absent/rotation", {"rotation": 90}) == (404, {"detail": "Video not found"})
    assert old.call("POST", "/video/absent/fit_mode", {"fit_mode": "odd"})[0] == 400


@pytest.mark.parametrize(
    ("patch", "loc"),
    [
        ({"rotation": 33}, "rotation"),
        ({"fit_mode": "odd"}, "fit_mode"),
        ({"content_type": "film"}, "content_type"),
        ({"display_duration": -1}, "display_duration"),
        ({"video_name": " "}, "video_name"),
        ({"s3_link": "x\x00"}, "s3_link"),
    ],
)
def test_a_wrong_patch_is_refused_by_its_field(old, patch, loc):
    VideoFactory.create(name="v")
    assert old.where("PUT", "/video/v", patch) == [["body", loc]]


def test_a_taken_name_and_a_linked_video_are_conflicts(old, device):
    VideoFactory.create(name="a")
    video = VideoFactory.create(name="b")
    assert old.call("PUT", "/video/a", {"video_name": "b"})[0] == 409
    LinkFactory.create(video=video, device=device)
    assert old.call("DELETE", "/video/b")[0] == 409
    assert old.call("DELETE", "/video/a") == (200, {"deleted_count": 1})
    assert old.call("GET", "/video/a") == (404, {"detail": "Video not found"})


def test_a_change_reaches_the_devices(old, device):
    LinkFactory.create(video=VideoFactory.create(name="a"), device=device)
    old.call("POST", f"/device/{device.mobile_id}/download_update", {"status": True})
    assert old.call("POST", "/video/a/rotation", {"rotation": "90"})[1]["item"]["rotation"] == 90
    assert old.call("GET", f"/device/{device.mobile_id}/download_status")[1]["download_status"] is False


def test_the_list_is_one_statement(old, django_assert_num_queries):
    for name in ("a", "b", "c"):
        VideoFactory.create(name=name)
    with django_assert_num_queries(1):
        answer = old.call("GET", "/videos?limit=2")[1]
    assert [row["video_name"] for row in answer["items"]] == ["c", "b"]


@pytest.mark.parametrize(
    ("name", "file", "expected"),
    [
        ("Spring Promo!", "myvideos/ab/abc.mp4", "spring-promo-.mp4"),
        ("poster_1.v2", "myvideos/ab/abc.png", "poster_1.v2.png"),
        ("clip.mp4", "myvideos/ab/abc.mp4", "clip.mp4"),
        ("web", "", "web.mp4"),
    ],
)
def test_a_file_is_named_after_its_video(name, file, expected):
    assert file_name(name, file) == expected
