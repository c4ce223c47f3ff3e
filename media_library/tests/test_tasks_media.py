"""Celery's doors: each calls one service and says briefly what came of it."""

from datetime import timedelta

import pytest
from celery.exceptions import Retry
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from devices.tests.factories import DeviceFactory
from dgx.core.errors import Unavailable
from media_library import tasks
from media_library.models import Video
from media_library.services import processing, storage, uploads
from media_library.tests import files
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db


def test_processing_says_the_state():
    video = uploads.upload_video(file=files.uploaded(files.image()), name="Film")
    assert tasks.process_video.run(video.pk) == "ready"
    assert tasks.process_video.run(4711) == "gone"


@pytest.mark.parametrize("trouble", [Unavailable("no store"), OperationalError("gone"), InterfaceError("closed")])
def test_a_store_or_a_database_that_does_not_answer_is_asked_again_later(monkeypatch, trouble):
    def silent(video_id):
        raise trouble

    monkeypatch.setattr(processing, "process", silent)
    with pytest.raises(Retry):
        tasks.process_video.apply(args=[1], throw=True, retries=0)


def test_the_sweep_hands_out_and_fails(monkeypatch):
    handed: list[int] = []
    monkeypatch.setattr(tasks.process_video, "delay", handed.append)
    waiting, tired = VideoFactory.create(), VideoFactory.create(attempts=3)
    Video.objects.update(updated_at=timezone.now() - timedelta(minutes=6))
    assert tasks.retry_stuck.run() == {"again": 1, "failed": 1}
    tired.refresh_from_db()
    assert (handed, tired.state) == ([waiting.pk], "failed")


def test_the_clean_up_says_how_many():
    assert tasks.delete_orphans.run() == {"deleted": 0}


def test_the_bin_is_emptied_and_says_how_many(settings):
    settings.DGX_BIN_DAYS = 30
    VideoFactory.create(binned_at=timezone.now() - timedelta(days=31))
    VideoFactory.create(binned_at=timezone.now() - timedelta(days=29))
    assert tasks.empty_bin.run() == {"deleted": 1}
    assert tasks.delete_departed.run() == {"deleted": 1}


def test_links_of_emergencies_that_are_over_are_tidied_away():
    LinkFactory.create(device=DeviceFactory.create(), layer="emergency", valid_until=timezone.now())
    assert tasks.tidy_emergencies.run() == {"deleted": 1}


def test_an_upload_stands_when_the_broker_is_away(monkeypatch, django_capture_on_commit_callbacks, caplog):
    def away(video_id):
        raise ConnectionError("no broker")

    monkeypatch.setattr(tasks.process_video, "delay", away)
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        video = uploads.upload_video(file=files.uploaded(files.image()), name="Film")
    assert storage.size_of(video.key) == video.size
    assert Video.objects.get().probed_at is None
