"""The object store: what is deleted, what never is, and what it says when it fails."""

import io
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from django.conf import settings
from django.utils import timezone

from dgx.core.errors import NotFound, Unavailable
from media_library.services import storage
from media_library.tests.factories import VideoFactory

pytestmark = pytest.mark.django_db
SHA = "ab" + "0" * 62


def put(key):
    storage.put_if_missing(key, io.BytesIO(b"bytes"), mime="text/plain", size=5)
    return key


def clean_up(hours=25):
    return storage.delete_orphans(now=timezone.now() + timedelta(hours=hours))


@pytest.fixture(autouse=True)
def _empty_store(db):
    clean_up()


def test_old_objects_that_nothing_names_are_deleted_and_others_stay():
    orphans = [put(storage.object_key(SHA, ".mp4")), put(storage.thumbnail_key(SHA)), put(storage.incoming_key())]
    file, thumbnail = put(storage.object_key("cd" + SHA[2:], ".png")), put(storage.thumbnail_key("cd" + SHA[2:]))
    VideoFactory.create(file=file, thumbnail=thumbnail)
    pointed_at = put(storage.object_key("ef" + SHA[2:], ".png"))
    VideoFactory.create(source_url=f"s3://{settings.S3_BUCKET}/{pointed_at}")
    assert clean_up(hours=23) == 0
    assert clean_up() == 3
    assert [storage.size_of(key) for key in orphans] == [None] * 3
    assert [storage.size_of(key) for key in (file, thumbnail, pointed_at)] == [5] * 3


@pytest.mark.parametrize("key", ["myvideos/spring-promo.mp4", "other/ab/" + SHA + ".mp4", "myvideos/ab/notes.txt"])
def test_files_of_another_system_are_left_alone(key):
    put(key)
    assert clean_up() == 0
    assert storage.size_of(key) == 5


def test_parts_of_an_upload_that_never_ended_are_taken_away():
    client, key = storage._client(), storage.object_key(SHA, ".mkv")
    client.create_multipart_upload(Bucket=settings.S3_BUCKET, Key=key)

    def unfinished():
        return client.list_multipart_uploads(Bucket=settings.S3_BUCKET, Prefix=key).get("Uploads", [])

    clean_up(hours=23)
    assert len(unfinished()) == 1
    clean_up()
    assert unfinished() == []


def test_an_upload_that_ends_while_orphans_are_looked_for_keeps_no_other_from_being_taken_away(monkeypatch):
    client, keys = storage._client(), [storage.object_key(start + SHA[2:], ".mkv") for start in ("ab", "cd")]
    for key in keys:
        client.create_multipart_upload(Bucket=settings.S3_BUCKET, Key=key)
    listed = [each for each in storage.unfinished() if each["Key"] in keys]
    storage.abort_parts(listed[0]["Key"], listed[0]["UploadId"])
    monkeypatch.setattr(storage, "unfinished", lambda: iter(listed))
    assert clean_up() == 0
    left = client.list_multipart_uploads(Bucket=settings.S3_BUCKET, Prefix=settings.S3_PREFIX).get("Uploads", [])
    assert [each["Key"] for each in left if each["Key"] in keys] == []


def test_an_object_that_a_row_names_is_never_discarded():
    key = put(storage.object_key(SHA, ".mp4"))
    VideoFactory.create(file=key)
    assert storage.discard([key]) == 0
    assert storage.size_of(key) == 5


def test_a_deletion_that_fails_is_left_to_the_daily_clean_up(monkeypatch, caplog):
    class Broken:
        def delete_object(self, **kwargs):
            raise ClientError({"ResponseMetadata": {"HTTPStatusCode": 500}, "Error": {}}, "DeleteObject")

    monkeypatch.setattr(storage, "_client", Broken)
    assert storage.discard(["myvideos/x"]) == 0
    assert "the daily clean-up will try again" in caplog.text


def test_a_failed_claim_takes_its_objects_along():
    key = storage.object_key(SHA, ".gif")
    with pytest.raises(ZeroDivisionError), storage.claimed(put(key)):
        raise ZeroDivisionError
    assert storage.size_of(key) is None


def test_a_missing_object_is_not_found():
    with pytest.raises(NotFound, match="missing"), storage.downloaded("myvideos/no-such"):
        pass


def test_what_the_store_does_not_list_is_missing():
    key = put(storage.object_key(SHA, ".mp4"))
    never = [storage.object_key("cd" + SHA[2:], ".mp4"), key[:-1], "nowhere/at-all"]
    assert (storage.is_missing(key), [storage.is_missing(each) for each in never]) == (False, [True] * 3)


@pytest.mark.parametrize(
    "ask",
    [
        lambda key: storage.download(key, io.BytesIO()),
        storage.is_missing,
        storage.begin_parts,
        lambda _: list(storage.unfinished()),
        lambda _: storage.delete_orphans(now=timezone.now()),
    ],
    ids=["download", "is_missing", "begin_parts", "unfinished", "delete_orphans"],
)
def test_a_store_without_its_bucket_is_unavailable(settings, ask):
    """As one that came back before its volume was mounted; no object is missing for that."""
    key = put(storage.object_key(SHA, ".mp4"))
    settings.S3_BUCKET = "not-mounted"
    with pytest.raises(Unavailable):
        ask(key)


def test_an_answer_that_is_a_refusal_is_unavailable():
    error = ClientError({"ResponseMetadata": {"HTTPStatusCode": 403}, "Error": {}}, "GetObject")
    with pytest.raises(Unavailable, match="Try again"), storage.answering():
        raise error


def test_an_address_to_put_to_is_on_the_public_endpoint(settings):
    storage._public_client.cache_clear()
    settings.S3_PUBLIC_ENDPOINT_URL = "https://media.example.com"
    try:
        url = storage.presigned_put("myvideos/incoming/x", size=5, expires=60)
    finally:
        storage._public_client.cache_clear()
    assert url.startswith(f"https://media.example.com/{settings.S3_BUCKET}/myvideos/incoming/x?")
    assert "content-length" in url
