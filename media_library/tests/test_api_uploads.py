"""Uploads in parts over the API: against the real store, with parts that fail, are late, are wrong or never come."""

import hashlib
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.error import HTTPError

import pytest
from django.conf import settings as conf
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from dgx.core.errors import TooLarge
from media_library import tasks
from media_library.models import Upload, Video
from media_library.services import multipart, storage
from media_library.services.processing import process
from media_library.tests import files
from media_library.tests.factories import VideoFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/uploads/"
PART = 300


@pytest.fixture(autouse=True)
def _small_parts(settings):
    """The tests' store takes parts of any size."""
    settings.DGX_UPLOAD_PART_BYTES = PART


@pytest.fixture
def content() -> bytes:
    made = files.pdf(pages=3)
    assert len(made) > 2 * PART
    return made


def begin(api: APIClient, content: bytes, **fields: Any) -> Any:
    form = {"name": "Menu", "filename": "menu.pdf", "size": len(content), "type": "application/pdf", **fields}
    return api.post(URL, form)


def put(url: str, content: bytes) -> int:
    request = urllib.request.Request(url, data=content, method="PUT")  # noqa: S310 — our own store
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 — our own store
        return int(answer.status)


def addresses(api: APIClient, upload: Any, numbers: list[int]) -> list[Any]:
    answer = api.post(f"{URL}{upload['id']}/addresses/", {"parts": numbers})
    assert answer.status_code == 200, answer.content
    return list(answer.json()["parts"])


def send(api: APIClient, upload: Any, content: bytes, numbers: list[int]) -> None:
    for part in addresses(api, upload, numbers):
        start = (part["number"] - 1) * upload["part_size"]
        assert put(part["url"], content[start : start + part["size"]]) == 200


def send_all(api: APIClient, content: bytes, **fields: Any) -> Any:
    upload = begin(api, content, **fields).json()
    send(api, upload, content, list(range(1, upload["parts"] + 1)))
    return upload


def complete(api: APIClient, upload: Any, **fields: Any) -> Any:
    return api.post(f"{URL}{upload['id']}/complete/", fields)


def test_a_file_in_parts_becomes_a_video(admin_api, content):
    answer = begin(admin_api, content)
    assert answer.status_code == 201, answer.content
    upload = answer.json()
    parts = -(-len(content) // PART)
    assert (upload["parts"], upload["part_size"], upload["arrived"], upload["video"]) == (parts, PART, [], None)
    assert not Video.objects.exists()
    send(admin_api, upload, content, list(range(1, parts + 1))[::-1])
    answer = complete(admin_api, upload, rotation=90)
    assert answer.status_code == 202, answer.content
    body = answer.json()
    told = {name: body[name] for name in ("name", "state", "rotation", "original_name")}
    assert told == {"name": "Menu", "state": "processing", "rotation": 90, "original_name": "menu.pdf"}
    video = Video.objects.get()
    assert process(video.pk) == "ready"
    video.refresh_from_db()
    assert (video.sha256, video.mime, video.pages) == (hashlib.sha256(content).hexdigest(), "application/pdf", 3)
    assert not Upload.objects.exists()


def test_completing_twice_makes_one_video(admin_api, content):
    upload = send_all(admin_api, content)
    first, second = complete(admin_api, upload).json(), complete(admin_api, upload).json()
    assert first["id"] == second["id"]
    assert Video.objects.count() == 1
    assert admin_api.get(f"{URL}{upload['id']}/").json()["video"] == first["id"]


@pytest.mark.django_db(transaction=True)
def test_two_that_complete_at_once_are_both_told_the_video(admin_user, content):
    together = threading.Barrier(2)

    def client() -> APIClient:
        api = APIClient()
        api.force_authenticate(admin_user)
        return api

    def say_complete(api: APIClient) -> Any:
        try:
            together.wait()
            return complete(api, upload)
        finally:
            connection.close()

    for number in range(3):
        upload = send_all(client(), content, name=f"Menu {number}")
        with ThreadPoolExecutor(2) as threads:
            answers = list(threads.map(say_complete, [client(), client()]))
        assert [answer.status_code for answer in answers] == [202, 202], [answer.content for answer in answers]
        assert len({answer.json()["id"] for answer in answers}) == 1
    assert Video.objects.count() == 3


def test_who_looked_before_another_call_completed_it_is_told_that_video(admin_api, content):
    upload = send_all(admin_api, content)
    seen_before = Upload.objects.get()
    made = complete(admin_api, upload).json()
    assert str(multipart.complete(seen_before).public_id) == made["id"]
    assert Video.objects.count() == 1


def test_parts_that_are_joined_already_have_all_arrived(admin_api, content):
    upload = send_all(admin_api, content)
    row = Upload.objects.get()
    etags = {number: etag for number, (_size, etag) in storage.parts_there(row.key, row.store_id).items()}
    storage.join_parts(row.key, row.store_id, etags)
    found = admin_api.get(f"{URL}{upload['id']}/")
    assert (found.status_code, found.json()["arrived"]) == (200, list(range(1, upload["parts"] + 1)))
    assert complete(admin_api, upload).status_code == 202


def test_an_upload_that_the_store_has_lost_is_not_found(admin_api, content):
    upload = send_all(admin_api, content)
    row = Upload.objects.get()
    storage.abort_parts(row.key, row.store_id)
    assert admin_api.get(f"{URL}{upload['id']}/").status_code == 404
    assert complete(admin_api, upload).status_code == 404


def test_what_the_store_has_not_put_together_yet_is_kept(admin_api, content, monkeypatch):
    upload = send_all(admin_api, content)
    with monkeypatch.context() as slow_store:
        slow_store.setattr(storage, "join_parts", lambda *_: None)
        answer = complete(admin_api, upload)
    assert (answer.status_code, answer.json()["detail"]["code"]) == (503, "unavailable")
    assert complete(admin_api, upload).status_code == 202


def test_an_interrupted_upload_says_what_is_there_and_goes_on(admin_api, content):
    upload = begin(admin_api, content).json()
    send(admin_api, upload, content, [2])
    assert [each["id"] for each in admin_api.get(URL).json()["results"]] == [upload["id"]]
    found = admin_api.get(f"{URL}{upload['id']}/").json()
    assert found["arrived"] == [2]
    answer = complete(admin_api, upload)
    assert (answer.status_code, answer.json()["detail"]["code"]) == (409, "parts_missing")
    missing = answer.json()["detail"]["missing"]
    assert missing == [number for number in range(1, upload["parts"] + 1) if number != 2]
    send(admin_api, upload, content, missing)
    assert complete(admin_api, upload).status_code == 202


def test_a_part_of_another_size_is_refused_by_the_store_and_can_be_sent_again(admin_api, content):
    upload = begin(admin_api, content).json()
    [part] = addresses(admin_api, upload, [1])
    for wrong in (content[: PART - 1], content[: PART + 1]):
        with pytest.raises(HTTPError) as refused:
            put(part["url"], wrong)
        refused.value.close()
    assert admin_api.get(f"{URL}{upload['id']}/").json()["arrived"] == []
    assert put(part["url"], content[:PART]) == 200
    assert put(part["url"], content[:PART]) == 200
    assert admin_api.get(f"{URL}{upload['id']}/").json()["arrived"] == [1]


def test_a_part_that_a_careless_store_took_in_another_size_counts_as_missing(admin_api, content):
    upload = begin(admin_api, content).json()
    row = Upload.objects.get()
    storage._client().upload_part(
        Bucket=conf.S3_BUCKET, Key=row.key, UploadId=row.store_id, PartNumber=1, Body=content[: PART - 1]
    )
    assert admin_api.get(f"{URL}{upload['id']}/").json()["arrived"] == []


def test_what_turns_out_larger_than_announced_is_deleted_and_refused(admin_api, content):
    upload = send_all(admin_api, content)
    row = Upload.objects.get()
    etags = {number: etag for number, (_size, etag) in storage.parts_there(row.key, row.store_id).items()}
    storage.join_parts(row.key, row.store_id, etags)
    Upload.objects.update(size=len(content) - 1)
    row.refresh_from_db()
    with pytest.raises(TooLarge) as refused:
        multipart.complete(row)
    assert list(refused.value.fields) == ["size"]
    assert storage.size_of(row.key) is None
    assert not Upload.objects.exists()
    assert not Video.objects.exists()
    assert complete(admin_api, upload).status_code == 404


def test_what_is_larger_than_the_limit_is_refused_before_a_byte_is_sent(admin_api, settings, content):
    settings.DGX_UPLOAD_MAX_BYTES = len(content) - 1
    answer = begin(admin_api, content)
    assert answer.status_code == 413
    message = f"A file may have at most {len(content) - 1} bytes; this one has {len(content)}."
    assert answer.json()["detail"]["fields"] == {"size": [message]}


def test_large_files_have_larger_parts_and_never_more_than_a_thousand(admin_api, content):
    size = 1000 * PART + 1
    upload = begin(admin_api, content, size=size).json()
    assert (upload["parts"], upload["part_size"]) == (997, PART + 1)
    row = Upload.objects.get()
    assert sum(row.size_of_part(number) for number in range(1, row.parts + 1)) == size


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"type": "image/svg+xml"}, 415, "type"),
        ({"type": "application/zip"}, 415, "type"),
        ({"size": 0}, 400, "size"),
        ({"size": "many"}, 400, "size"),
        ({"name": "  "}, 400, "name"),
        ({"name": "a\x00"}, 400, "name"),
        ({"name": "x" * 256}, 400, "name"),
        ({"filename": "x" * 256}, 400, "filename"),
        ({"sha256": "abc"}, 400, "sha256"),
        ({"nonsense": 1}, 400, "nonsense"),
    ],
)
def test_a_wrong_announcement_is_refused_by_field(admin_api, content, fields, status, field):
    answer = begin(admin_api, content, **fields)
    assert (answer.status_code, list(answer.json()["detail"]["fields"])) == (status, [field])
    assert not Upload.objects.exists()


def test_a_taken_name_is_told_at_the_beginning_and_at_the_end_another_can_be_given(admin_api, content):
    VideoFactory.create(name="Menu")
    answer = begin(admin_api, content)
    assert (answer.status_code, list(answer.json()["detail"]["fields"])) == (409, ["name"])
    upload = send_all(admin_api, content, name="Lunch")
    VideoFactory.create(name="Lunch")
    answer = complete(admin_api, upload)
    assert (answer.status_code, answer.json()["detail"]["code"]) == (409, "duplicate")
    assert complete(admin_api, upload, name="Lunch 2").json()["name"] == "Lunch 2"


@pytest.mark.parametrize("parts", [[0], [10_000], ["x"], [], list(range(1, 102)), None])
def test_addresses_are_for_parts_that_the_file_has(admin_api, content, parts):
    upload = begin(admin_api, content).json()
    answer = admin_api.post(f"{URL}{upload['id']}/addresses/", {"parts": parts})
    assert answer.status_code == 400
    assert [field.partition(".")[0] for field in answer.json()["detail"]["fields"]] == ["parts"]


def test_bytes_that_are_no_media_fail_with_a_reason_and_are_deleted(admin_api, django_capture_on_commit_callbacks):
    upload = send_all(admin_api, files.PROGRAM * 4)
    complete(admin_api, upload)
    video = Video.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        assert process(video.pk) == "failed"
    failed = Video.objects.get()
    assert failed.state_reason.startswith("This is not a video")
    assert (failed.file.name, storage.size_of(video.key)) == ("", None)
    assert not Upload.objects.exists()


@pytest.mark.parametrize(("right", "state"), [(True, "ready"), (False, "failed")])
def test_what_arrives_is_compared_with_the_announced_hash(admin_api, content, right, state):
    sha256 = hashlib.sha256(content if right else b"other").hexdigest()
    upload = send_all(admin_api, content, sha256=sha256.upper())
    complete(admin_api, upload)
    assert process(Video.objects.get().pk) == state
    assert right or "are not those that were announced" in Video.objects.get().state_reason


def test_an_upload_can_be_taken_back_with_what_has_arrived(admin_api, content):
    upload = begin(admin_api, content).json()
    send(admin_api, upload, content, [1])
    row = Upload.objects.get()
    assert admin_api.delete(f"{URL}{upload['id']}/").status_code == 204
    assert not Upload.objects.exists()
    assert [each for each in storage.unfinished() if each["Key"] == row.key] == []
    assert admin_api.get(f"{URL}{upload['id']}/").status_code == 404


def test_a_complete_upload_is_not_taken_back(admin_api, content):
    upload = send_all(admin_api, content)
    complete(admin_api, upload)
    for answer in (
        admin_api.delete(f"{URL}{upload['id']}/"),
        admin_api.post(f"{URL}{upload['id']}/addresses/", {"parts": [1]}),
    ):
        assert (answer.status_code, answer.json()["detail"]["code"]) == (409, "complete")
    assert Video.objects.count() == 1


def test_what_nobody_goes_on_with_for_a_day_is_taken_back(admin_api, content):
    left, going_on = begin(admin_api, content).json(), begin(admin_api, content, name="Other").json()
    Upload.objects.update(updated_at=timezone.now() - timedelta(hours=25))
    addresses(admin_api, going_on, [1])
    keys = dict(Upload.objects.values_list("name", "key"))
    assert tasks.take_back_uploads.run() == {"taken back": 1}
    assert {each["Key"] for each in storage.unfinished()} & set(keys.values()) == {keys["Other"]}
    assert admin_api.get(f"{URL}{left['id']}/").status_code == 404


def test_the_daily_clean_up_leaves_parts_that_are_still_awaited(admin_api, content):
    begin(admin_api, content)
    storage.delete_orphans(now=timezone.now() + timedelta(hours=25))
    assert Upload.objects.get().key in {each["Key"] for each in storage.unfinished()}


def test_nobody_else_sees_it_and_without_the_permission_nobody_begins(admin_api, api, user_with, content):
    upload = begin(admin_api, content).json()
    assert begin(api, content).status_code == 401
    api.force_authenticate(user_with("media_library.view_video", username="viewer"))
    assert begin(api, content).status_code == 403
    api.force_authenticate(user_with("media_library.add_video", username="editor"))
    assert api.get(URL).json()["results"] == []
    assert api.get(f"{URL}{upload['id']}/").status_code == 404
    assert api.delete(f"{URL}{upload['id']}/").status_code == 404
    assert begin(api, content, name="Mine").status_code == 201


def test_the_list_takes_a_fixed_number_of_statements(admin_api, content, django_assert_num_queries):
    for number in range(3):
        begin(admin_api, content, name=f"file {number}")
    with django_assert_num_queries(2):
        assert len(admin_api.get(URL).json()["results"]) == 3
