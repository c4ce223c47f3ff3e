"""The judges find what they look for: each kind of damage, made by hand, is told in a sentence."""

import hashlib
from contextlib import nullcontext
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from devices.models import Device, Presence, PresenceFlip
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.chaos import invariants
from dgx.chaos.operator import Possible
from dgx.protocol.simulator.plays import Plays, Total
from media_library.models import Video
from media_library.models.video import media_storage
from media_library.services.storage import object_key
from media_library.tests.factories import LinkFactory, VideoFactory
from telemetry.models import DeviceLog, DeviceLogHour, RollUpState

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()


def stage(**parts: Any) -> Any:
    return SimpleNamespace(**{"silenced": set(), "uploads": {}, **parts})


def crowd(*names: str, **plays: Plays) -> Any:
    """Devices that say they hold all, and nobody's logs."""
    players = [SimpleNamespace(mobile_id=name, holds_all=lambda: True) for name in names]
    return SimpleNamespace(players=players, confirmed_logs=list, plays=lambda: plays)


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


def test_flips_in_a_row_are_found():
    device = DeviceFactory.create(mobile_id="flips")
    for is_online in (True, False, False):
        PresenceFlip.objects.create(device=device, is_online=is_online, at=NOW, reason="report")
    assert found(invariants.reports_are_stored_once, stage(crowd=crowd("flips"))) == ["1 flips in a row"]


def test_a_log_and_plays_that_were_confirmed_and_are_lost_are_found():
    DeviceFactory.create(mobile_id="screen")
    on = stage(crowd=crowd("screen", screen=Plays(told={("ab" * 32, 0): Total(1, 10.0)})))
    on.crowd.confirmed_logs = lambda: ["boot-1"]
    assert found(invariants.reports_are_stored_once, on) == ["1 acknowledged and lost", "1 plays lost"]


def test_reports_by_the_old_routes_that_are_lost_or_stored_twice_are_found():
    device = DeviceFactory.create(mobile_id="old")
    for value in (1, 2, 2, 3):
        DeviceLog.objects.create(
            device=device, log_type="temperature", value=value, logged_at=NOW, received_at=NOW - timedelta(hours=1)
        )
    old = SimpleNamespace(name="old", confirmed=[1.0, 2.0, 4.0])
    assert found(invariants.old_reports_are_stored_once, stage(old_device=old)) == [
        "1 reports by the old routes are lost, such as 4.0",
        "1 reports by the old routes are stored twice, such as 2.0",
    ]
    old.confirmed = [1.0]
    DeviceLog.objects.filter(value=2).first().delete()  # type: ignore[union-attr]  # made above
    assert found(invariants.old_reports_are_stored_once, stage(old_device=old)) == []


@pytest.mark.parametrize(
    ("linked", "is_certain", "is_broken"),
    [(0, False, False), (1, False, True), (2, False, False), (0, True, True), (1, True, True), (2, True, False)],
)
def test_half_a_bulk_change_and_a_lost_one_are_found(linked, is_certain, is_broken):
    names, video = ("first", "second"), stored(b"newest")
    devices = [DeviceFactory.create(mobile_id=name) for name in names]
    for device in devices[:linked]:
        LinkFactory.create(device=device, group=None, shop=None, video=video)
    operator = SimpleNamespace(on_all={str(video.public_id): is_certain})
    told = [f"a video that was put on all 2 devices at once is on {linked}"]
    assert found(invariants.bulk_changes_are_whole, stage(operator=operator, crowd=crowd(*names))) == told * is_broken


def test_a_device_that_does_not_hold_its_manifest_is_found():
    names = ("holds", "lacks")
    for name in names:
        device = DeviceFactory.create(mobile_id=name)
        tag = Device.objects.with_tag().get(pk=device.pk).tag  # type: ignore[attr-defined]  # with_tag annotates it
        Presence.objects.filter(device=device).update(is_online=True, held_tag=tag if name == "holds" else "older")
    on = stage(crowd=crowd(*names))
    on.crowd.players[1].holds_all = lambda: False
    assert found(invariants.every_device_holds_its_manifest, on) == [
        "1 hold their manifest and 2 are online, of 2; lacks say that they do not"
    ]
    Presence.objects.update(held_tag="", is_online=False)
    assert len(found(invariants.every_device_holds_its_manifest, on)) == 1


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


def test_a_check_that_cannot_be_made_is_told_and_the_others_are_made(monkeypatch):
    def asks_too_much(stage, since):
        raise ConnectionError("nobody there")
        yield

    def finds(stage, since):
        yield "something is lost"

    monkeypatch.setattr(invariants, "CHECKS", (asks_too_much, finds))
    on = stage(operator=SimpleNamespace(resting=nullcontext))
    assert invariants.broken(on, NOW) == [
        "asks_too_much could not be checked: ConnectionError('nobody there')",
        "something is lost",
    ]
