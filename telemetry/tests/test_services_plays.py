"""Proof of play: what a device counted is stored once, however often it is told, and kept for as long as is set."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.models import Device
from devices.tests.factories import DeviceFactory
from locations.tests.factories import ShopFactory
from media_library.models import Video
from media_library.tests.factories import VideoFactory
from telemetry.models import PlayHour
from telemetry.services import plays
from telemetry.services.plays import PlayTotal, delete_old_plays, store_plays, why_not_kept
from telemetry.tasks import keep_partitions
from telemetry.tests.factories import PlayHourFactory

pytestmark = pytest.mark.django_db

NINE = datetime(2026, 3, 10, 9, tzinfo=UTC)
NOW = NINE + timedelta(minutes=30)
SHA, OTHER = "a" * 64, "b" * 64


def named() -> list[tuple[int | None, str, int]]:
    return list(PlayHour.objects.values_list("video", "video_name", "count"))


@pytest.fixture
def device():
    return DeviceFactory.create()


def stored() -> list[tuple[str, datetime, int, float]]:
    return list(PlayHour.objects.order_by("hour", "sha256").values_list("sha256", "hour", "count", "seconds"))


def test_a_total_is_stored_with_the_video_of_its_bytes(device):
    video = VideoFactory.create(name="spring", sha256=SHA)
    VideoFactory.create(name="the same bytes again", sha256=SHA)
    store_plays(device.pk, [PlayTotal(SHA, NINE, 3, 31.5), PlayTotal(OTHER, NINE, 1, 0)])
    assert list(PlayHour.objects.order_by("sha256").values_list("device", "video", "video_name", "sha256")) == [
        (device.pk, video.pk, "spring", SHA),
        (device.pk, None, "", OTHER),
    ]
    assert stored() == [(SHA, NINE, 3, 31.5), (OTHER, NINE, 1, 0)]


def test_totals_told_in_any_order_and_any_number_of_times_come_to_the_same(device):
    totals = [
        PlayTotal(sha, NINE + timedelta(hours=hour), n, n * 9.5)
        for sha in (SHA, OTHER)
        for hour in (0, 1)
        for n in (1, 2, 3)
    ]
    chances = random.Random(1)
    for _ in range(5):
        store_plays(device.pk, chances.sample(totals, k=chances.randint(1, len(totals))))
    store_plays(device.pk, totals)
    store_plays(device.pk, totals[:1])
    hours = (NINE, NINE + timedelta(hours=1))
    assert stored() == [(sha, hour, 3, 28.5) for hour in hours for sha in (SHA, OTHER)]


def test_count_and_seconds_grow_each_alone(device):
    store_plays(device.pk, [PlayTotal(SHA, NINE, 5, 10)])
    store_plays(device.pk, [PlayTotal(SHA, NINE, 4, 20)])
    assert stored() == [(SHA, NINE, 5, 20)]


def test_each_device_has_totals_of_its_own(device):
    stranger = DeviceFactory.create()
    store_plays(device.pk, [PlayTotal(SHA, NINE, 5, 10)])
    store_plays(stranger.pk, [PlayTotal(SHA, NINE, 1, 2)])
    assert sorted(PlayHour.objects.values_list("device", "count")) == sorted([(device.pk, 5), (stranger.pk, 1)])


def test_storing_takes_one_statement_and_nothing_takes_none(device, django_assert_num_queries):
    with django_assert_num_queries(1):
        store_plays(device.pk, [PlayTotal(f"{n:064x}", NINE, 1, 1) for n in range(200)])
    with django_assert_num_queries(0):
        store_plays(device.pk, [])


def test_a_device_that_is_gone_has_shown_nothing(device):
    store_plays(device.pk + 1, [PlayTotal(SHA, NINE, 1, 1)])
    assert stored() == []


def test_plays_go_with_their_device_and_outlive_their_video(device):
    video = VideoFactory.create(name="spring", sha256=SHA)
    store_plays(device.pk, [PlayTotal(SHA, NINE, 3, 30)])
    key = video.pk
    video.delete()
    assert named() == [(key, "spring", 3)]
    store_plays(device.pk, [PlayTotal(SHA, NINE, 4, 40), PlayTotal(SHA, NINE + timedelta(hours=1), 1, 10)])
    assert sorted(named(), key=str) == sorted([(key, "spring", 4), (key, "spring", 1)], key=str)
    device.delete()
    assert stored() == []


def test_a_file_that_becomes_known_gets_its_video(device):
    store_plays(device.pk, [PlayTotal(SHA, NINE, 3, 30)])
    video = VideoFactory.create(name="spring", sha256=SHA)
    store_plays(device.pk, [PlayTotal(SHA, NINE, 4, 40)])
    assert list(PlayHour.objects.values_list("video", "video_name")) == [(video.pk, "spring")]


def test_a_file_that_was_replaced_keeps_its_name_where_it_plays_on(device):
    """A screen that was offline tells the old bytes days later."""
    video = VideoFactory.create(name="spring", sha256=SHA)
    store_plays(DeviceFactory.create().pk, [PlayTotal(SHA, NINE, 3, 30)])
    Video.objects.filter(pk=video.pk).update(sha256=OTHER, name="summer")
    store_plays(device.pk, [PlayTotal(SHA, NINE + timedelta(hours=1), 4, 40), PlayTotal(OTHER, NINE, 1, 1)])
    told = PlayHour.objects.filter(device=device).order_by("sha256")
    assert list(told.values_list("video", "video_name", "sha256")) == [
        (video.pk, "spring", SHA),
        (video.pk, "summer", OTHER),
    ]


def test_of_videos_with_the_same_bytes_one_that_is_not_in_the_bin_stands_for_them(device):
    VideoFactory.create(name="thrown away", sha256=SHA, binned_at=NOW)
    video = VideoFactory.create(name="spring", sha256=SHA)
    store_plays(device.pk, [PlayTotal(SHA, NINE, 3, 30)])
    assert named() == [(video.pk, "spring", 3)]


def test_an_hour_keeps_the_video_that_it_was_counted_for(device):
    """The bytes leave their video within the hour and come back as another one."""
    video = VideoFactory.create(name="spring", sha256=SHA)
    store_plays(device.pk, [PlayTotal(SHA, NINE, 3, 30)])
    Video.objects.filter(pk=video.pk).update(sha256=OTHER)
    VideoFactory.create(name="another", sha256=SHA)
    store_plays(device.pk, [PlayTotal(SHA, NINE, 4, 40)])
    assert named() == [(video.pk, "spring", 4)]


def test_plays_stay_with_the_shop_in_which_they_were_shown():
    lyon, bern = ShopFactory.create(name="Lyon"), ShopFactory.create(name="Bern")
    device = DeviceFactory.create(shop=lyon)
    store_plays(device.pk, [PlayTotal(SHA, NINE, 3, 30)])
    Device.objects.filter(pk=device.pk).update(shop=bern)
    store_plays(device.pk, [PlayTotal(SHA, NINE, 5, 50), PlayTotal(SHA, NINE + timedelta(hours=1), 1, 10)])
    kept = [(lyon.pk, "Lyon", 5), (bern.pk, "Bern", 1)]
    assert list(PlayHour.objects.order_by("hour").values_list("shop", "shop_name", "count")) == kept
    Device.objects.filter(pk=device.pk).update(shop=None)
    store_plays(device.pk, [PlayTotal(SHA, NINE + timedelta(hours=2), 7, 70)])
    lyon.delete()
    kept.append((None, "", 7))
    assert list(PlayHour.objects.order_by("hour").values_list("shop", "shop_name", "count")) == kept


Telling = st.lists(
    st.tuples(st.sampled_from([SHA, OTHER]), st.integers(0, 2), st.integers(0, 9), st.integers(0, 9)), max_size=8
)


@settings(max_examples=40, deadline=None)
@given(tellings=st.lists(Telling, max_size=5), shuffled=st.randoms(use_true_random=False))
def test_the_greatest_that_was_ever_told_is_kept_in_whichever_order_and_however_often(tellings, shuffled):
    """Two boots, a lost disk that begins at nought, late and repeated reports: never more than was told, never less."""
    device = DeviceFactory.create()
    greatest: dict[tuple[str, datetime], tuple[int, float]] = {}
    reports = [[PlayTotal(sha, NINE + timedelta(hours=h), n, s) for sha, h, n, s in told] for told in tellings]
    for total in (total for report in reports for total in report):
        count, seconds = greatest.get((total.sha256, total.hour), (0, 0.0))
        greatest[total.sha256, total.hour] = max(count, total.count), max(seconds, total.seconds)
    again = [*reports, *shuffled.choices(reports, k=3)] if reports else []
    shuffled.shuffle(again)
    for report in again:
        store_plays(device.pk, report)
    rows = PlayHour.objects.filter(device=device)
    assert {(row.sha256, row.hour): (row.count, row.seconds) for row in rows} == greatest


def test_hours_ahead_of_ours_and_past_keeping_are_refused(settings):
    settings.DGX_PLAY_RETENTION_DAYS = 10
    assert why_not_kept(NINE, now=NOW) is None
    assert why_not_kept(NINE, now=NINE - timedelta(minutes=5)) is None
    assert why_not_kept(NINE, now=NINE - timedelta(minutes=6)) == "hour: lies in the future"
    assert why_not_kept(NINE, now=NINE + timedelta(days=10)) is None
    refusal = "hour: is older than the 10 days that plays are kept"
    assert why_not_kept(NINE, now=NINE + timedelta(days=10, hours=1)) == refusal


def test_what_is_past_keeping_is_deleted(settings, device):
    settings.DGX_PLAY_RETENTION_DAYS = 10
    store_plays(device.pk, [PlayTotal(SHA, NINE - timedelta(days=days), 1, 1) for days in (9, 10, 11)])
    assert delete_old_plays(now=NOW) == 2
    assert stored() == [(SHA, NINE - timedelta(days=9), 1, 1)]


def test_what_is_past_keeping_goes_some_at_a_time(monkeypatch, settings, device):
    monkeypatch.setattr(plays, "_FORGET", plays._FORGET.replace(f"LIMIT {plays.DELETED_AT_ONCE}", "LIMIT 2"))
    monkeypatch.setattr(plays, "DELETED_AT_ONCE", 2)
    settings.DGX_PLAY_RETENTION_DAYS = 10
    store_plays(
        device.pk, [PlayTotal(sha, NINE - timedelta(days=n), 1, 1) for n in range(9, 13) for sha in (SHA, OTHER)]
    )
    assert delete_old_plays(now=NOW) == 6
    assert stored() == [(sha, NINE - timedelta(days=9), 1, 1) for sha in (SHA, OTHER)]


def test_a_clock_a_year_ahead_deletes_nothing_more(settings, device):
    now = datetime.now(UTC)
    kept = PlayHourFactory.create(device=device, hour=now - timedelta(days=settings.DGX_PLAY_RETENTION_DAYS - 1))
    assert delete_old_plays(now=now + timedelta(days=365)) == 0
    assert list(PlayHour.objects.all()) == [kept]


def test_the_hourly_task_and_the_command_delete_old_plays(settings, capsys):
    ages = (1, settings.DGX_PLAY_RETENTION_DAYS + 1)
    for _ in range(2):
        for days in ages:
            PlayHourFactory.create(hour=datetime.now(UTC) - timedelta(days=days))
        if _ == 0:
            assert keep_partitions()["plays_deleted"] == 1
    call_command("keeppartitions")
    assert "Deleted 1 hours of plays." in capsys.readouterr().out
    assert PlayHour.objects.count() == 2


@pytest.mark.parametrize("wrong", [{"count": -1}, {"seconds": -0.5}])
def test_the_database_holds_nothing_negative(wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        PlayHourFactory.create(**wrong)


def test_an_hour_of_plays_says_what_it_is_of():
    assert str(PlayHourFactory.create(hour=NINE)) == "spring 2026-03-10 09h"
