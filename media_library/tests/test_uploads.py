"""Uploads: what is stored, what is refused and what stays behind (nothing)."""

import hashlib
import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import EndpointConnectionError
from django.conf import settings
from django.core.files.base import File
from django.db import DatabaseError, connection

from dgx.core.api.errors import as_refusal
from dgx.core.errors import Conflict, Invalid, TooLarge, Unavailable, Unsupported
from media_library.models import Video
from media_library.services import storage, uploads
from media_library.tests import files
from media_library.tests.factories import VideoFactory

pytestmark = pytest.mark.django_db


def keep(content, name="Film", **fields):
    return uploads.upload_video(file=files.uploaded(content, "film.mp4"), name=name, **fields)


def head(key):
    return storage._client().head_object(Bucket=settings.S3_BUCKET, Key=key)


def test_the_row_says_what_the_bytes_are_and_the_key_holds_their_hash():
    content = files.film(shade=1)
    sha256 = hashlib.sha256(content).hexdigest()
    video = keep(content, original_name="C:\\films\\last one.mp4", rotation=180, fit_mode="fill", display_duration=0)
    video.refresh_from_db()
    assert (video.kind, video.mime, video.size, video.sha256) == ("video", "video/mp4", len(content), sha256)
    assert video.key == f"myvideos/{sha256[:2]}/{sha256}.mp4"
    assert (video.state, video.probed_at, video.original_name) == ("ready", None, "last one.mp4")
    assert (video.rotation, video.fit_mode, video.display_duration) == (180, "fill", 0)
    assert head(video.key)["ContentLength"] == len(content)
    assert head(video.key)["ContentType"] == "video/mp4"


def test_a_page_is_stored_as_utf_8_html():
    assert head(keep(files.PAGE).key)["ContentType"] == "text/html; charset=utf-8"


def test_a_file_of_many_parts_arrives_whole():
    content = files.film() + bytes(20 * 1024**2)
    video = keep(content)
    with storage.downloaded(video.key) as file:
        assert storage.digest(file) == (hashlib.sha256(content).hexdigest(), len(content))


def test_the_kind_can_be_given_and_the_type_is_still_the_contents():
    video = keep(files.image(), kind="video")
    assert (video.kind, video.mime) == ("video", "image/png")


def test_the_same_bytes_are_stored_once_and_found():
    first, second = keep(files.image()), keep(files.image(), name="Again")
    assert first.key == second.key
    assert set(uploads.find_same_bytes(first.sha256)) == {first, second}
    assert not uploads.find_same_bytes("")


def test_the_worker_is_told_on_commit(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        keep(files.image())
    assert len(callbacks) == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"rotation": 45}, "rotation"),
        ({"fit_mode": "zoom"}, "fit_mode"),
        ({"display_duration": -1}, "display_duration"),
        ({"display_duration": 10**12}, "display_duration"),
        ({"kind": "song"}, "kind"),
        ({"name": "x" * 300}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "   "}, "name"),
        ({"name": ""}, "name"),
    ],
)
def test_a_wrong_value_is_invalid_by_field_and_leaves_nothing(fields, field):
    content = files.image(colour="purple")
    with pytest.raises(Invalid) as refusal:
        keep(content, **fields)
    assert list(refusal.value.fields) == [field]
    assert_nothing_left(content, ".png")


def assert_nothing_left(content, extension):
    assert storage.size_of(storage.object_key(hashlib.sha256(content).hexdigest(), extension)) is None
    assert not Video.objects.exists()


def test_a_taken_name_is_a_conflict_and_stores_nothing():
    VideoFactory.create(name="Film")
    content = files.image(colour="orange")
    with pytest.raises(Conflict, match="already a video named “Film”"):
        keep(content)
    assert storage.size_of(storage.object_key(hashlib.sha256(content).hexdigest(), ".png")) is None


@pytest.mark.parametrize(
    ("content", "kind"), [(files.PROGRAM, Unsupported), (b"", Invalid), (files.huge_png(), TooLarge)]
)
def test_what_is_not_taken_leaves_nothing(content, kind):
    with pytest.raises(kind) as refusal:
        keep(content)
    assert list(refusal.value.fields) == ["file"]
    assert not Video.objects.exists()


def power_cut(*args, **kwargs):
    raise RuntimeError("power cut")


def test_a_row_that_cannot_be_saved_takes_its_object_along(monkeypatch):
    content = files.image(colour="pink")
    monkeypatch.setattr(Video, "save", power_cut)
    with pytest.raises(RuntimeError):
        keep(content)
    assert_nothing_left(content, ".png")


def test_a_row_that_cannot_be_saved_leaves_the_object_that_another_row_names(monkeypatch):
    first = keep(files.image())
    monkeypatch.setattr(Video, "save", power_cut)
    with pytest.raises(RuntimeError):
        keep(files.image(), name="Again")
    assert storage.size_of(first.key) == first.size


def test_a_file_that_breaks_while_it_is_stored_leaves_nothing():
    content = files.pdf(pages=7)

    class Torn(io.BytesIO):
        reads = 0

        def read(self, size=-1):
            self.reads += 1
            if self.reads > 3:  # the signature, and twice for the hash
                raise OSError("the temporary file is gone")
            return super().read(size)

    with pytest.raises(OSError, match="gone"):
        uploads.upload_video(file=File(Torn(content), "x.pdf"), name="Film")
    assert_nothing_left(content, ".pdf")


def test_a_store_that_does_not_answer_is_unavailable_and_leaves_no_row(monkeypatch):
    client = storage._client()
    monkeypatch.setattr(storage, "_client", lambda: client)
    monkeypatch.setattr(client, "head_object", no_answer)
    with pytest.raises(Unavailable):
        keep(files.image(colour="gold"))
    assert not Video.objects.exists()


def no_answer(**kwargs):
    raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")


@pytest.mark.django_db(transaction=True)
def test_two_uploads_of_one_name_at_once_give_one_row_and_one_conflict():
    gate = threading.Barrier(2)

    def send(colour):
        try:
            gate.wait(5)
            return keep(files.image(colour=colour, size=(64, 64))).sha256
        except Conflict as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        results = set(pool.map(send, ("lime", "cyan")))
    video = Video.objects.get()
    assert results == {video.sha256, "duplicate"}
    for colour in ("lime", "cyan"):
        sha256 = hashlib.sha256(files.image(colour=colour, size=(64, 64))).hexdigest()
        there = storage.size_of(storage.object_key(sha256, ".png")) is not None
        assert there == (sha256 == video.sha256)


def lose(video):
    """The row goes and then its object, as when it was in the bin for long."""
    Video.objects.filter(pk=video.pk).delete()
    storage.discard([video.key])


@pytest.mark.django_db(transaction=True)
def test_an_upload_beside_the_deletion_of_its_twin_keeps_the_bytes():
    content = files.image(colour="salmon", size=(64, 64))
    for number in range(3):
        twin = keep(content, name=f"twin {number}")
        gate = threading.Barrier(2)

        def delete(video=twin, gate=gate):
            gate.wait(5)
            lose(video)
            connection.close()

        def send(number=number, gate=gate):
            gate.wait(5)
            video = keep(content, name=f"new {number}")
            connection.close()
            return video

        with ThreadPoolExecutor(2) as pool:
            pool.submit(delete)
            new = pool.submit(send).result()
        assert storage.size_of(new.key) == len(content)
        lose(new)
    assert storage.size_of(new.key) is None


def test_replacing_takes_the_new_bytes_and_forgets_what_was_found_in_the_old(django_capture_on_commit_callbacks):
    video = keep(files.image(colour="tan"))
    old = video.key
    Video.objects.update(width=40, height=30, thumbnail="myvideos/thumbnails/x.jpg", attempts=2, source_url="https://x")
    video.refresh_from_db()
    with django_capture_on_commit_callbacks(execute=True):
        uploads.replace_file(video, file=files.uploaded(files.pdf()), original_name="a.pdf", rotation=90)
    video.refresh_from_db()
    assert (video.kind, video.mime, video.original_name, video.rotation) == ("pdf", "application/pdf", "a.pdf", 90)
    assert (video.width, video.height, video.thumbnail.name, video.source_url) == (None, None, "", None)
    assert (video.state, video.probed_at, video.attempts) == ("ready", None, 0)
    assert storage.size_of(old) is None
    assert storage.size_of(video.key) == video.size


def test_replacing_leaves_the_old_object_to_a_row_that_shares_it(django_capture_on_commit_callbacks):
    video, twin = keep(files.image()), keep(files.image(), name="Twin")
    with django_capture_on_commit_callbacks(execute=True):
        uploads.replace_file(video, file=files.uploaded(files.pdf()))
    assert storage.size_of(twin.key) == twin.size


def test_replacing_a_file_by_itself_keeps_it(django_capture_on_commit_callbacks):
    video = keep(files.image())
    with django_capture_on_commit_callbacks(execute=True):
        uploads.replace_file(video, file=files.uploaded(files.image()))
    assert storage.size_of(video.key) == video.size


def test_a_refused_replacement_changes_nothing(django_capture_on_commit_callbacks):
    video = keep(files.image())
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(Invalid):
        uploads.replace_file(video, file=files.uploaded(files.pdf()), rotation=1)
    video.refresh_from_db()
    assert (video.mime, video.rotation, storage.size_of(video.key)) == ("image/png", 0, video.size)


def test_replacing_what_was_deleted_meanwhile_leaves_no_object():
    video = keep(files.image())
    Video.objects.all().delete()
    with pytest.raises(DatabaseError) as caught:
        uploads.replace_file(video, file=files.uploaded(files.pdf()))
    assert getattr(as_refusal(caught.value), "status", None) == 409
    assert storage.size_of(video.key) is None


def test_editing_writes_the_changed_columns_alone():
    video = VideoFactory.create(name="old")
    Video.objects.update(attempts=2)
    uploads.edit_video(video, name="new", rotation=0)
    video.refresh_from_db()
    assert (video.name, video.attempts) == ("new", 2)


def test_editing_to_a_taken_name_is_a_conflict():
    VideoFactory.create(name="taken")
    with pytest.raises(Conflict):
        uploads.edit_video(VideoFactory.create(), name="taken")


@pytest.mark.parametrize(
    ("given", "shown"),
    [("../../etc/passwd", "passwd"), ("a\x00b\n.mp4", "ab.mp4"), ("C:\\x\\y.png", "y.png"), ("x" * 300, "x" * 255)],
)
def test_a_file_name_is_shown_without_folders_and_control_characters(given, shown):
    assert uploads.plain_name(given) == shown
