"""The bin: what is thrown away is on no screen, comes back with its links, and goes for good with its bytes later."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.tests.factories import DeviceFactory
from dgx.core.errors import Conflict, InUse, Invalid, NotFound
from media_library.models import DepartingObject, Link, Placement, Video
from media_library.services import bin as bin_service
from media_library.services import resolver, storage
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def throw_away(*videos: Video, now: datetime = NOW) -> int:
    return bin_service.throw_away(Video.objects.filter(pk__in=[v.pk for v in videos]), by="ada", now=now)


def names(rows) -> list[str]:
    return sorted(rows.values_list("name", flat=True))


def in_store(key: str) -> bool:
    return storage.size_of(key) is not None


def stored(**fields) -> Video:
    video: Video = VideoFactory.create(**fields)
    storage.put_if_missing(video.key, io.BytesIO(b"bytes"), mime="video/mp4", size=5)
    return video


def test_what_is_in_the_bin_is_in_no_list_and_on_no_screen_and_keeps_its_links():
    device = DeviceFactory.create()
    link = LinkFactory.create(device=device)
    assert throw_away(link.video) == 1
    assert not Video.objects.exists()
    assert resolver.playlist(device) == []
    assert not Placement.objects.exists()
    assert list(Link.objects.all()) == [link]
    kept = Video.all_objects.get()
    assert (kept.binned_at, kept.binned_by) == (NOW, "ada")


def test_a_restored_video_plays_where_it_played():
    device = DeviceFactory.create()
    link = LinkFactory.create(device=device)
    throw_away(link.video)
    back = bin_service.restore(Video.all_objects.get())
    assert (back.binned_at, back.binned_by) == (None, "")
    assert [p.link_id for p in resolver.playlist(device)] == [link.pk]


def test_the_screens_that_played_it_are_told_at_both_times():
    device = DeviceFactory.create()
    link = LinkFactory.create(device=device)
    versions = []
    for step in (lambda: None, lambda: throw_away(link.video), lambda: bin_service.restore(Video.all_objects.get())):
        step()
        device.refresh_from_db()
        versions.append(device.content_version)
    assert versions == [versions[0], versions[0] + 1, versions[0] + 2]


def test_the_name_is_free_while_it_lies_in_the_bin():
    throw_away(VideoFactory.create(name="Spring"), VideoFactory.create(name="Autumn"))
    VideoFactory.create(name="Spring")
    with pytest.raises(Conflict) as refusal:
        bin_service.restore(Video.all_objects.in_bin().get(name="Spring"))
    assert refusal.value.fields == {"name": ["There is already a video named “Spring”."]}
    back = bin_service.restore(Video.all_objects.in_bin().get(name="Spring"), name="Spring 2")
    assert back.name == "Spring 2"
    assert names(Video.objects) == ["Spring", "Spring 2"]


@pytest.mark.parametrize("name", ["", "   ", "a\x00b", "x" * 256])
def test_it_is_not_restored_under_a_name_that_is_none(name):
    throw_away(VideoFactory.create())
    with pytest.raises(Invalid) as refusal:
        bin_service.restore(Video.all_objects.get(), name=name)
    assert list(refusal.value.fields) == ["name"]


def test_of_many_those_whose_names_are_free_come_back_in_a_fixed_number_of_statements(django_assert_num_queries):
    for name in ("a", "b", "b"):
        throw_away(VideoFactory.create(name=name), now=NOW + timedelta(seconds=Video.all_objects.count()))
    throw_away(VideoFactory.create(name="c"))
    VideoFactory.create(name="c")
    newest = Video.all_objects.filter(name="b").latest("binned_at")
    with django_assert_num_queries(8):  # two savepoints, the lock, those that may, the change, those that may not
        restored = bin_service.restore_many(Video.all_objects.all(), now=NOW)
    assert restored == (2, ["b", "c"])
    assert names(Video.objects) == ["a", "b", "c"]
    assert Video.objects.get(name="b").pk == newest.pk


def test_what_is_used_goes_to_the_bin_only_where_that_is_asked_for():
    link = LinkFactory.create(device=DeviceFactory.create())
    with pytest.raises(InUse) as refusal:
        bin_service.throw_away_unused(link.video, by="", now=NOW)
    assert refusal.value.uses == [{"type": "link", "id": str(link.public_id), "name": str(link)}]
    free = VideoFactory.create()
    bin_service.throw_away_unused(free, by="", now=NOW)
    assert names(Video.all_objects.in_bin()) == [free.name]
    with pytest.raises(NotFound):
        bin_service.throw_away_unused(free, by="", now=NOW)


def test_deleting_for_good_takes_links_along_and_leaves_what_is_not_in_the_bin():
    link = LinkFactory.create(device=DeviceFactory.create())
    link.except_devices.add(DeviceFactory.create())
    kept = LinkFactory.create(device=DeviceFactory.create())
    throw_away(link.video)
    assert bin_service.delete_for_good(Video.all_objects.all()) == 1
    assert list(Video.all_objects.all()) == [kept.video]
    assert list(Link.objects.all()) == [kept]


def test_bytes_stay_as_long_as_a_manifest_may_have_named_them():
    now = timezone.now()
    video = stored(thumbnail="myvideos/thumbnails/x.jpg")
    throw_away(video, now=now - timedelta(days=6))
    bin_service.delete_for_good(Video.all_objects.all())
    due = now + timedelta(days=1)
    assert dict(DepartingObject.objects.values_list("key", "due_at")) == {video.key: due, video.thumbnail.name: due}
    assert bin_service.delete_departed(now=now) == 0
    assert storage.discard([video.key]) == 0
    assert in_store(video.key)
    DepartingObject.objects.update(due_at=now)
    assert bin_service.delete_departed(now=now) == 2
    assert not in_store(video.key)
    assert not DepartingObject.objects.exists()


def test_bytes_that_came_again_meanwhile_stay():
    video = stored()
    throw_away(video, now=timezone.now() - timedelta(days=8))
    bin_service.delete_for_good(Video.all_objects.all())
    VideoFactory.create(file=video.key)
    assert bin_service.delete_departed(now=timezone.now()) == 0
    assert in_store(video.key)


def test_the_bin_is_emptied_of_what_is_old_enough(settings):
    settings.DGX_BIN_DAYS = 3
    throw_away(VideoFactory.create(name="old"), now=NOW - timedelta(days=3))
    throw_away(VideoFactory.create(name="young"), now=NOW - timedelta(days=2))
    VideoFactory.create(name="shown")
    assert bin_service.empty(now=NOW) == 1
    assert names(Video.all_objects) == ["shown", "young"]


def test_a_clock_a_year_ahead_empties_nothing(settings):
    now = timezone.now()
    throw_away(VideoFactory.create(), now=now)
    assert bin_service.empty(now=now + timedelta(days=365)) == 0
    assert Video.all_objects.in_bin().count() == 1


STEPS = st.lists(
    st.tuples(st.sampled_from(["bin", "restore", "bin many", "restore many", "purge", "make"]), st.integers(0, 5))
)


@settings(max_examples=30, deadline=None)
@given(STEPS)
def test_names_stay_unique_and_no_bytes_of_a_kept_row_are_ever_let_go(steps):
    """Whatever is done in whichever order: no two videos outside of the bin share a name, and an object that a row
    names never counts as departed."""
    for step, number in steps:
        everything = list(Video.all_objects.order_by("pk"))
        chosen = everything[number % len(everything)] if everything else None
        if step == "make" and not Video.objects.filter(name=f"n{number % 3}").exists():
            VideoFactory.create(name=f"n{number % 3}", file=f"myvideos/{number}.mp4")
        elif step == "bin" and chosen:
            throw_away(chosen)
        elif step == "restore" and chosen:
            taken = chosen.binned_at and Video.objects.filter(name=chosen.name).exists()
            if not taken:
                bin_service.restore(chosen)
        elif step == "bin many":
            throw_away(*everything)
        elif step == "restore many":
            bin_service.restore_many(Video.all_objects.all(), now=NOW)
        elif step == "purge" and chosen:
            was_binned = chosen.binned_at is not None
            assert bin_service.delete_for_good(Video.all_objects.filter(pk=chosen.pk)) == was_binned
        shown = names(Video.objects)
        assert len(shown) == len(set(shown))
        keys = set(Video.all_objects.values_list("file", flat=True))
        assert storage.named(keys) == keys
