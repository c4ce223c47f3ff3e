"""Plays added up: by shop, screen, file and day on the shop's clock."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from devices.tests.factories import DeviceFactory
from locations.tests.factories import ShopFactory
from media_library.tests.factories import VideoFactory
from telemetry.models import PlayHour
from telemetry.services import totals
from telemetry.services.totals import Line, add_up
from telemetry.tests.factories import PlayHourFactory

pytestmark = pytest.mark.django_db

NINE = datetime(2026, 3, 10, 9, tzinfo=UTC)


def test_nothing_comes_to_nothing(django_assert_num_queries):
    found = add_up(PlayHour.objects.all())
    assert found is not None
    assert (found.rows, found.plays, found.shown_s) == (0, 0, 0)
    assert not any(found.lines.values())
    with django_assert_num_queries(0):
        assert add_up(PlayHour.objects.none()) is not None


def test_each_kind_is_added_up_the_most_played_first(django_assert_num_queries):
    lyon, bern = ShopFactory.create(name="Lyon"), ShopFactory.create(name="Bern")
    door, till = DeviceFactory.create(name="Door", shop=lyon), DeviceFactory.create(name="", shop=bern)
    spring, autumn = VideoFactory.create(name="spring"), VideoFactory.create(name="autumn")
    for device, video, count in [(door, spring, 3), (door, autumn, 1), (till, spring, 5)]:
        PlayHourFactory.create(device=device, video=video, hour=NINE, count=count, seconds=count * 10)
    with django_assert_num_queries(2):
        found = add_up(PlayHour.objects.all())
    assert found is not None
    assert (found.rows, found.shops, found.screens, found.files) == (3, 2, 2, 2)
    assert (found.plays, found.shown_s) == (9, 90)
    assert found.lines == {
        "day": [Line(None, "2026-03-10", 9, 90)],
        "shop": [Line(bern.pk, "Bern", 5, 50), Line(lyon.pk, "Lyon", 4, 40)],
        "screen": [Line(till.pk, till.mobile_id, 5, 50), Line(door.pk, "Door", 4, 40)],
        "file": [Line(spring.pk, "spring", 8, 80), Line(autumn.pk, "autumn", 1, 10)],
    }


def test_what_is_gone_keeps_its_name_and_says_so():
    shop, video = ShopFactory.create(name="Lyon"), VideoFactory.create(name="spring")
    binned = VideoFactory.create(name="autumn", binned_at=timezone.now())
    told = {"shop": shop, "shop_name": "Lyon"}
    PlayHourFactory.create(video=video, video_name="spring", count=4, **told)
    PlayHourFactory.create(video=binned, video_name="autumn", count=3, **told)
    PlayHourFactory.create(video=None, video_name="once", count=2, **told)
    PlayHourFactory.create(video=None, video_name="", sha256="f" * 64, shop=None, shop_name="", count=1)
    video.delete()
    shop.delete()
    found = add_up(PlayHour.objects.all())
    assert found is not None
    assert [line.name for line in found.lines["shop"]] == ["Lyon (deleted)", "No shop"]
    names = ["spring (deleted)", "autumn (in the bin)", "once (deleted)", "Unknown file ffffffffffff…"]
    assert [line.name for line in found.lines["file"]] == names
    assert found.shops == 1


def test_a_video_with_new_bytes_or_a_new_name_is_one_line():
    video = VideoFactory.create(name="spring 2")
    for name, sha256 in [("spring", "a" * 64), ("spring 2", "b" * 64)]:
        PlayHourFactory.create(video=video, video_name=name, sha256=sha256)
    found = add_up(PlayHour.objects.all())
    assert found is not None
    assert found.lines["file"] == [Line(video.pk, "spring 2", 2, 20)]


def test_an_hour_belongs_to_the_day_on_the_clock_of_its_own_shop():
    late = datetime(2026, 3, 10, 20, tzinfo=UTC)
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata"):
        PlayHourFactory.create(device=DeviceFactory.create(shop=ShopFactory.create(timezone=zone)), hour=late)
    found = add_up(PlayHour.objects.all())
    assert found is not None
    assert [(line.name, line.plays) for line in found.lines["day"]] == [("2026-03-10", 1), ("2026-03-11", 2)]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "Asia/Kathmandu", "UTC"])
def test_whole_days_of_a_shop_are_chosen_to_the_hour(zone: str):
    device = DeviceFactory.create(shop=ShopFactory.create(timezone=zone))
    hours = [NINE.replace(hour=0) + timedelta(hours=n) for n in range(-36, 60)]
    PlayHour.objects.bulk_create(PlayHourFactory.build(device=device, shop=device.shop, hour=hour) for hour in hours)
    clock = device.shop.zone
    wanted = [hour for hour in hours if hour.astimezone(clock).date() == date(2026, 3, 10)]
    found = PlayHour.objects.of_days(date(2026, 3, 10), date(2026, 3, 10)).order_by("hour")
    assert list(found.values_list("hour", flat=True)) == wanted
    assert len(wanted) == 24
    assert PlayHour.objects.of_days(None, date(2026, 3, 9)).count() == hours.index(wanted[0])
    assert PlayHour.objects.of_days(date(2026, 3, 11), None).count() == len(hours) - hours.index(wanted[-1]) - 1


def test_what_is_too_much_to_wait_for_is_not_added_up(monkeypatch):
    monkeypatch.setattr(totals, "MOST", 2)
    PlayHourFactory.create_batch(2)
    assert add_up(PlayHour.objects.all()) is not None
    PlayHourFactory.create()
    assert add_up(PlayHour.objects.all()) is None
