"""The worker's look inside: what it finds, what it refuses in words, and that it can be repeated."""

import io
import urllib.request
from datetime import timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError, connection
from django.utils import timezone
from PIL import Image

from devices.tests.factories import DeviceFactory
from dgx.core.errors import NotFound, Unavailable
from dgx.core.tests.failing import another_connection, end_our_backend
from media_library.models import Video
from media_library.services import probing, processing, storage, uploads
from media_library.tests import files
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db


def processed(content, name="Film"):
    video = uploads.upload_video(file=files.uploaded(content), name=name)
    processing.process(video.pk)
    video.refresh_from_db()
    return video


def thumbnail_of(video):
    with storage.downloaded(video.thumbnail.name) as file:
        image = Image.open(io.BytesIO(file.read()))
        image.load()
        return image


@pytest.mark.parametrize(
    ("extension", "codec"), [("mp4", "mpeg4"), ("mov", "mpeg4"), ("mkv", "mpeg4"), ("avi", "mpeg4"), ("webm", "libvpx")]
)
def test_a_video_gives_its_size_its_length_and_a_frame(extension, codec):
    video = processed(files.film(extension, codec=codec, size=(160, 90)))
    assert (video.state, video.state_reason, video.width, video.height) == ("ready", "", 160, 90)
    assert video.duration_s == pytest.approx(2, abs=0.1)
    assert (video.pages, video.attempts) == (None, 1)
    assert video.probed_at
    assert (thumbnail_of(video).format, thumbnail_of(video).size) == ("JPEG", (160, 90))


def test_the_thumbnail_of_a_large_video_is_small():
    assert thumbnail_of(processed(files.film(size=(640, 360), frames=3))).size == (480, 270)


def test_a_video_of_one_frame_is_whole():
    assert processed(files.film(frames=1)).state == "ready"


def test_an_image_gives_its_size_and_a_thumbnail():
    video = processed(files.image(size=(1200, 600)))
    assert (video.width, video.height, video.duration_s) == (1200, 600, None)
    assert thumbnail_of(video).size == (480, 240)


def test_a_photo_on_its_side_is_turned():
    video = processed(files.photo_on_its_side(size=(1600, 400)))
    assert (video.width, video.height) == (400, 1600)
    assert thumbnail_of(video).size == (120, 480)


def test_a_transparent_image_is_laid_on_white():
    buffer = io.BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(buffer, "png")
    assert thumbnail_of(processed(buffer.getvalue())).getpixel((10, 10)) == (255, 255, 255)


def test_a_pdf_gives_its_pages_and_a_bounded_picture_of_the_first():
    video = processed(files.pdf(pages=3))
    assert (video.pages, video.width) == (3, None)
    assert thumbnail_of(video).size == (480, 240)


def test_a_page_gets_a_drawn_thumbnail():
    assert thumbnail_of(processed(files.PAGE)).size == (480, 270)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (files.film(options={"movflags": "faststart"})[:-9000], "The video ends in the middle: 9 of 24 frames"),
        (files.film()[:-9000], "The video cannot be read: it is damaged or ends too early."),
        (files.film("avi")[:-9000], "The video ends in the middle:"),
        (files.film("mkv")[:-9000], "The video ends in the middle: 0.8 of 2.0 seconds"),
        (files.film("webm", codec="libvpx")[:-9000], "The video ends in the middle:"),
        (files.film()[:40], "The video cannot be read"),
        (files.sound(), "The file has sound but no picture."),
        (files.image("png", size=(300, 300))[:-60], "The image is damaged or ends in the middle"),
        (files.image("jpg", size=(300, 300))[:-400], "The image is damaged or ends in the middle"),
        (files.huge_png(200, 200), "The image is damaged or ends in the middle"),
        (files.pdf()[:200], "The PDF is damaged and cannot be opened."),
        (files.locked_pdf(), "The PDF asks for a password."),
    ],
)
def test_what_cannot_be_shown_goes_off_the_air_with_a_reason(content, reason):
    video = processed(content)
    assert (video.state, video.thumbnail.name) == ("failed", "")
    assert video.state_reason.startswith(reason)
    assert video.probed_at


def test_a_video_of_too_many_pixels_is_not_decoded(settings):
    settings.DGX_IMAGE_MAX_PIXELS = 1000
    assert "at most 1000 pixels; this one has 64 x 48" in processed(files.film()).state_reason


def test_a_failed_video_leaves_the_screens_and_a_probed_one_does_not_bump_them():
    device = DeviceFactory.create()
    video = uploads.upload_video(file=files.uploaded(files.image()), name="Film")
    LinkFactory.create(video=video, device=device)
    device.refresh_from_db()
    linked = device.content_version
    processing.process(video.pk)
    device.refresh_from_db()
    assert device.content_version == linked
    Video.objects.update(probed_at=None, attempts=0, file="myvideos/gone.png")
    device.refresh_from_db()
    before = device.content_version
    assert processing.process(video.pk) == "failed"
    device.refresh_from_db()
    assert device.content_version == before + 1


def test_a_second_look_finds_nothing_to_do():
    video = processed(files.image())
    assert processing.process(video.pk) == "ready"
    assert Video.objects.get().updated_at == video.updated_at


def test_a_row_that_is_gone_is_no_fault():
    assert processing.process(4711) == "gone"


def test_a_missing_object_fails_with_a_reason():
    video = VideoFactory.create()
    assert processing.process(video.pk) == "failed"
    assert Video.objects.get().state_reason == "The stored file is missing. Upload it again."


def test_what_was_found_in_a_file_that_was_replaced_meanwhile_is_dropped(monkeypatch):
    video = uploads.upload_video(file=files.uploaded(files.image()), name="Film")
    look = probing.probe

    def slow_look(*args, **kwargs):
        found = look(*args, **kwargs)
        Video.objects.update(file="myvideos/other.png", sha256="0" * 64)
        return found

    monkeypatch.setattr(probing, "probe", slow_look)
    processing.process(video.pk)
    row = Video.objects.get()
    assert (row.width, row.probed_at, row.thumbnail.name) == (None, None, "")
    assert storage.size_of(storage.thumbnail_key(video.sha256)) is None


def test_a_store_that_does_not_answer_is_no_try(monkeypatch):
    video = uploads.upload_video(file=files.uploaded(files.image()), name="Film")

    def silent(*args):
        raise Unavailable("The media store does not answer. Try again.")

    monkeypatch.setattr(storage, "download", silent)
    with pytest.raises(Unavailable):
        processing.process(video.pk)
    assert (Video.objects.get().attempts, Video.objects.get().state) == (0, "ready")


@pytest.mark.parametrize("extension", ["avi", "mkv", "mp4"])
def test_a_video_whose_title_is_no_utf_8_is_a_good_one(extension):
    content = files.film(extension).replace(b"Lavf", b"Lav\xe9")
    assert b"Lav\xe9" in content
    assert processed(content).state == "ready"


@pytest.mark.parametrize(
    ("trouble", "said"),
    [(OSError(28, "No space left on device"), "cannot keep a copy"), (SoftTimeLimitExceeded(), "too long to come")],
)
def test_a_worker_that_cannot_fetch_the_file_is_no_try(monkeypatch, trouble, said):
    video = uploads.upload_video(file=files.uploaded(files.image()), name="Film")

    def broken(*args):
        raise trouble

    with monkeypatch.context() as broken_worker:
        broken_worker.setattr(storage, "download", broken)
        for _ in range(processing.MAX_ATTEMPTS + 1):
            with pytest.raises(Unavailable, match=said):
                processing.process(video.pk)
    assert Video.objects.get().attempts == 0
    assert processing.process(video.pk) == "ready"
    assert Video.objects.get().probed_at


def test_a_database_that_fails_to_keep_what_was_found_is_no_try():
    """Another connection holds the thumbnail for longer than we wait."""
    video = uploads.upload_video(file=files.uploaded(files.image()), name="Film")
    with another_connection() as other, connection.cursor() as cursor:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [storage.thumbnail_key(video.sha256)])
        cursor.execute("SET LOCAL lock_timeout = '50ms'")
        for _ in range(processing.MAX_ATTEMPTS):
            with pytest.raises(OperationalError, match="lock timeout"):
                processing.process(video.pk)
            assert Video.objects.get().attempts == 0
    assert processing.process(video.pk) == "ready"
    assert Video.objects.get().probed_at


@pytest.mark.django_db(transaction=True)
def test_a_database_that_restarts_while_the_decoder_runs_is_no_try(monkeypatch):
    video = uploads.upload_video(file=files.uploaded(files.image()), name="Film")
    look = probing.probe

    def look_for_long(*args, **kwargs):
        found = look(*args, **kwargs)
        end_our_backend()
        return found

    with monkeypatch.context() as restarted:
        restarted.setattr(probing, "probe", look_for_long)
        for _ in range(processing.MAX_ATTEMPTS):
            with pytest.raises(OperationalError):
                processing.process(video.pk)
            assert Video.objects.get().attempts == 0
    assert processing.process(video.pk) == "ready"
    assert Video.objects.get().probed_at


def test_a_store_that_came_back_without_its_bucket_is_no_try(settings):
    video = uploads.upload_video(file=files.uploaded(files.image()), name="Film")
    bucket, settings.S3_BUCKET = settings.S3_BUCKET, "not-mounted"
    with pytest.raises(Unavailable):
        processing.process(video.pk)
    assert (Video.objects.get().attempts, Video.objects.get().state) == (0, "ready")
    settings.S3_BUCKET = bucket
    assert processing.process(video.pk) == "ready"
    assert Video.objects.get().probed_at


def test_a_file_that_the_store_lists_is_not_given_up_as_missing(monkeypatch):
    """A copy asks by HEAD first, which does not tell a missing bucket from a missing object."""
    content = files.film()
    storage.put_if_missing("myvideos/old-name.mp4", io.BytesIO(content), mime="video/mp4", size=len(content))
    video = VideoFactory.create(file="myvideos/old-name.mp4", sha256="", size=None, mime="", state="processing")

    def not_there(*args, **kwargs):
        raise NotFound("The stored file is missing.")

    with monkeypatch.context() as headless:
        headless.setattr(storage, "copy", not_there)
        headless.setattr(storage, "size_of", lambda _: None)
        with pytest.raises(Unavailable):
            processing.process(video.pk)
    assert (Video.objects.get().attempts, Video.objects.get().key) == (0, "myvideos/old-name.mp4")
    assert processing.process(video.pk) == "ready"


def test_a_file_that_stops_the_decoder_three_times_is_failed():
    video = uploads.upload_video(file=files.uploaded(files.image()), name="Film")
    Video.objects.update(attempts=3)
    assert processing.process(video.pk) == "ready"
    Video.objects.update(updated_at=timezone.now() - timedelta(minutes=6))
    assert processing.process(video.pk) == "failed"
    assert "examined 3 times" in Video.objects.get().state_reason


def test_a_file_that_a_worker_is_looking_into_is_left_to_it():
    video = uploads.upload_video(file=files.uploaded(files.image()), name="Film")
    Video.objects.update(attempts=1, updated_at=timezone.now())
    processing.process(video.pk)
    assert (Video.objects.get().attempts, Video.objects.get().probed_at) == (1, None)
    Video.objects.update(updated_at=timezone.now() - timedelta(minutes=6))
    processing.process(video.pk)
    assert Video.objects.get().attempts == 2
    assert Video.objects.get().probed_at


def test_an_imported_row_without_a_hash_is_taken_in():
    content = files.film()
    storage.put_if_missing("myvideos/old-name.mp4", io.BytesIO(content), mime="video/mp4", size=len(content))
    video = VideoFactory.create(file="myvideos/old-name.mp4", sha256="", size=None, mime="", state="processing")
    assert processing.process(video.pk) == "ready"
    video.refresh_from_db()
    assert (video.mime, video.size, video.key) == (
        "video/mp4",
        len(content),
        storage.object_key(video.sha256, ".mp4"),
    )
    assert storage.size_of("myvideos/old-name.mp4") == len(content)


def stuck_ids(minutes):
    """What a sweep finds so many minutes from now; the clock itself stays, since S3 checks it."""
    return processing.find_stuck(now=timezone.now() + timedelta(minutes=minutes))


def test_the_sweep_finds_what_nobody_looked_into_for_five_minutes():
    waiting = VideoFactory.create()
    VideoFactory.create(probed_at="2026-01-01T00:00:00Z")
    VideoFactory.create(state="failed")
    VideoFactory.create(file="", source_url="https://example.com/x")
    assert stuck_ids(4) == ([], 0)
    assert stuck_ids(6) == ([waiting.pk], 0)
    assert stuck_ids(8) == ([], 0)
    assert stuck_ids(12) == ([waiting.pk], 0)


def test_the_sweep_fails_what_was_tried_three_times():
    video = VideoFactory.create(attempts=3)
    assert stuck_ids(6) == ([], 1)
    video.refresh_from_db()
    assert (video.state, "Export it again" in video.state_reason) == ("failed", True)


def test_the_sweep_waits_a_day_for_the_bytes_of_a_direct_upload():
    begun = uploads.begin_direct(name="Film", filename="film.mp4", size=9)
    assert stuck_ids(60) == ([], 0)
    assert stuck_ids(60 * 24 + 6) == ([], 1)
    row = Video.objects.get()
    assert (row.state, row.file.name) == ("failed", "")
    assert begun.video.state == "processing"
    assert "never arrived" in row.state_reason


def test_the_sweep_fails_nothing_while_the_bucket_is_missing(settings):
    uploads.begin_direct(name="Film", filename="film.mp4", size=9)
    settings.S3_BUCKET = "not-mounted"
    with pytest.raises(Unavailable):
        stuck_ids(60 * 24 + 6)
    assert Video.objects.get().state == "processing"


def test_the_sweep_takes_in_a_direct_upload_of_which_nobody_said_complete():
    content = files.image()
    begun = uploads.begin_direct(name="Film", filename="film.mp4", size=len(content))
    request = urllib.request.Request(begun.url, data=content, method="PUT")  # noqa: S310 — our own store
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 — our own store
    assert stuck_ids(6) == ([begun.video.pk], 0)
