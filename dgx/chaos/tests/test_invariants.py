"""The judges find what they look for: each kind of damage, made by hand, is told in a sentence."""

import hashlib
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from devices.models import PresenceFlip
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.chaos import invariants
from dgx.chaos.operator import Possible
from media_library.models import Video
from media_library.models.video import media_storage
from media_library.services.storage import object_key
from media_library.tests.factories import LinkFactory, VideoFactory
from telemetry.models import DeviceLog, DeviceLogHour, RollUpState

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()


def stage(**parts: Any) -> Any:
    return SimpleNamespace(**{"silenced": set(), "uploads": {}, **parts})


def found(check: Any, on: Any) -> list[str]:
    return list(check(on, NOW - timedelta(minutes=1)))


def stored(data: bytes, **fields: Any) -> Video:
    sha256 = hashlib.sha256(data).hexdigest()
    key = media_storage().save(object_key(sha256, ".png"), ContentFile(data))
    probed = {"state": "ready", "probed_at": NOW, "sha256": sha256, "size": len(data), "file": key}
    video: Video = VideoFactory.create(**probed | fields)
    return video


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    for name in ("PROBED_WITHIN_S", "HOLDING_WITHIN_S", "MATCHING_WITHIN_S"):
        monkeypatch.setattr(invariants, name, 0.1)


@pytest.fixture(autouse=True)
def _empty_store() -> None:
    """What other tests left there is none of these."""
    store: Any = media_storage()
    store.bucket.objects.all().delete()


def test_media_that_match_their_objects_are_no_news_and_an_orphan_is_cleared():
    stored(b"whole")
    media_storage().save(object_key("ab" * 32, ".png"), ContentFile(b"nobody's"))
    assert found(invariants.media_have_objects, stage()) == []
    assert not media_storage().exists(object_key("ab" * 32, ".png"))


def test_a_row_without_its_object_and_a_cut_object_are_found():
    stored(b"cut", size=100)
    media_storage().delete(stored(b"lost").key)
    sentences = found(invariants.media_have_objects, stage())
    assert [sentence.split(",")[0] for sentence in sentences] == ["1 rows have no object", "1 are cut"]


def test_a_device_blamed_is_found_unless_it_was_silenced_on_purpose():
    for name in ("blamed", "silenced"):
        device = DeviceFactory.create(mobile_id=name)
        PresenceFlip.objects.create(device=device, is_online=False, at=NOW, reason="silence")
    sentences = found(invariants.nobody_is_blamed, stage(silenced={"silenced"}))
    assert sentences == ["1 devices were blamed for an outage of ours, such as blamed"]


def test_half_a_playlist_a_lost_upload_and_a_lost_change_are_found():
    group, videos = GroupFactory.create(), [stored(b"%d" % n) for n in range(3)]
    for order, video in enumerate(videos[:2]):
        LinkFactory.create(group=group, device=None, shop=None, video=video, display_order=order)
    playlist = [str(video.public_id) for video in videos]
    operator = SimpleNamespace(
        uploads={"gone.png": "00", videos[0].name: videos[0].sha256},
        playlist=Possible(playlist),
        duration=Possible(77),
        video=str(videos[0].public_id),
    )
    assert found(invariants.the_operators_work_is_whole, stage(operator=operator)) == [
        "1 confirmed uploads are lost, such as gone.png",
        "the playlist has 2 videos and is none of those that were set",
        "a video is shown 10 s, not [77]",
    ]
    operator.uploads.pop("gone.png")
    operator.playlist, operator.duration = Possible(playlist[:2]), Possible(10)
    assert found(invariants.the_operators_work_is_whole, stage(operator=operator)) == []


def test_a_log_that_the_hours_count_twice_and_a_file_that_failed_are_found():
    device = DeviceFactory.create()
    DeviceLog.objects.create(device=device, log_type="x", logged_at=NOW, received_at=NOW - timedelta(hours=1))
    RollUpState.objects.update_or_create(pk=1, defaults={"rolled_until": NOW})
    DeviceLogHour.objects.create(device=device, log_type="x", hour=NOW, count=2, value_count=0)
    stored(b"good", state="failed", state_reason="it stops the decoder")
    assert found(invariants.tasks_are_done_once, stage()) == [
        "1 good files failed: it stops the decoder",
        "the hours count 2 logs, of 1 that arrived",
    ]
