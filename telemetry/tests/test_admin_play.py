"""Proof of play in the admin: by the hour, by device, shop and video, and as CSV."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from devices.models import Device
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.admin.words import length_in_words
from locations.models import ShopLimit
from locations.tests.factories import ShopFactory
from media_library.models import Video
from media_library.tests.factories import VideoFactory
from telemetry.models import PlayHour
from telemetry.services import totals
from telemetry.tests.factories import PlayHourFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/telemetry/playhour/"
EXPORT, DAYS = f"{LIST}export/", f"{LIST}export/days/"


@pytest.fixture
def plays() -> list[PlayHour]:
    """Three of a video in Lyon, one of an unknown file elsewhere."""
    device, video = DeviceFactory.create(shop=ShopFactory.create(name="Lyon")), VideoFactory.create(name="spring")
    hours = [timezone.now() - timedelta(days=days) for days in (0, 1, 40)]
    ours = [PlayHourFactory.create(device=device, video=video, hour=hour, count=9, seconds=4000) for hour in hours]
    return [*ours, PlayHourFactory.create(video_name="", sha256="f" * 64)]


def shown(client: Client, **query: str | int) -> set[int]:
    return {play.pk for play in client.get(LIST, query).context["cl"].result_list}


def test_the_list_is_narrowed_by_device_shop_video_and_day(admin_client: Client, plays):
    ours, stranger = plays[:3], plays[3]
    week = {ours[0].pk, ours[1].pk}
    assert shown(admin_client) == {*week, stranger.pk}
    assert shown(admin_client, period="all") == {play.pk for play in plays}
    assert shown(admin_client, device__id__exact=stranger.device_id) == {stranger.pk}
    assert shown(admin_client, shop__id__exact=ours[0].shop_id) == week
    assert shown(admin_client, video__id__exact=ours[0].video_id, period="all") == {play.pk for play in ours}
    group = GroupFactory.create()
    Device.objects.filter(pk=stranger.device_id).update(group=group)
    assert shown(admin_client, device__group__id__exact=group.pk) == {stranger.pk}
    long_ago = (timezone.now() - timedelta(days=38)).date().isoformat()
    assert shown(admin_client, hour_to=long_ago) == {ours[2].pk}
    assert shown(admin_client, hour_from=long_ago) == {*week, stranger.pk}
    assert shown(admin_client, q="f" * 64) == {stranger.pk}
    assert shown(admin_client, q=ours[0].device.mobile_id) == week
    assert shown(admin_client, q="nothing of that name") == set()
    assert "ffffffffffff…" in admin_client.get(LIST).content.decode()


def test_the_list_says_what_its_rows_come_to(admin_client: Client, plays, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        page = admin_client.get(LIST).content.decode()
    sums = ("19 times", "2 h 13 min in all", "on 2 screens", "Lyon", "spring", "Unknown file ffffffffffff…", "No shop")
    assert [said for said in sums if said not in page] == []
    page = admin_client.get(LIST, {"device__id__exact": plays[0].device_id, "period": "all"}).content.decode()
    assert "27 times" in page
    assert "all that is kept" in page
    assert f"export/days/?device__id__exact={plays[0].device_id}&amp;period=all" in page
    page = admin_client.get(LIST, {"hour_from": "2026-03-01", "hour_to": "2026-03-10"}).content.decode()
    assert "from 2026-03-01 to 2026-03-10, whole days on each shop&#x27;s clock" in page
    assert "Nothing was shown, or nobody told." in page


def test_hours_are_told_in_utc_and_on_the_shops_clock(admin_client: Client):
    shop = ShopFactory.create(name="Pune", timezone="Asia/Kolkata")
    PlayHourFactory.create(device=DeviceFactory.create(shop=shop), hour=datetime(2026, 3, 10, 20, tzinfo=UTC))
    page = admin_client.get(LIST, {"period": "all"}).content.decode()
    assert "10 Mar 2026, 20:00" in page
    assert "Wed 11 Mar, 01:30 IST" in page


def test_a_row_whose_video_and_shop_were_deleted_is_readable(admin_client: Client, plays):
    Video.objects.all().delete()
    PlayHour.objects.filter(pk=plays[0].pk).update(shop=999_999)
    page = admin_client.get(reverse("admin:telemetry_playhour_change", args=[plays[0].pk])).content.decode()
    assert "Lyon" in page
    assert "spring" in page
    assert shown(admin_client, video__id__exact=plays[0].video_id) == {plays[0].pk, plays[1].pk}


def lines(client: Client, address: str, **query: str | int) -> list[str]:
    answer = client.get(address, query)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return answer.getvalue().decode().splitlines()


def test_the_export_holds_what_the_filters_let_through(admin_client: Client, plays):
    header, *rows = lines(admin_client, EXPORT, video__id__exact=plays[0].video_id, period="all")
    assert header == "mobile_id,name,shop,group,video,sha256,hour,count,seconds,shop_hour,timezone"
    assert {row.split(",")[2] for row in rows} == {"Lyon"}
    assert len(rows) == 3


def test_the_export_by_the_day_adds_up_on_the_shops_clock(admin_client: Client):
    shop = ShopFactory.create(name="=Lyon", timezone="Europe/Paris")
    device = DeviceFactory.create(mobile_id="screen-1", name="Door", shop=shop)
    for day, hour in ((9, 22), (9, 23), (10, 9)):
        at = datetime(2026, 3, day, hour, tzinfo=UTC)
        PlayHourFactory.create(device=device, hour=at, sha256="a" * 64, count=2, seconds=20.5)
    assert lines(admin_client, DAYS, hour_from="2026-03-01", hour_to="2026-03-10") == [
        "day,timezone,shop,mobile_id,name,group,video,sha256,count,seconds",
        f"2026-03-09,Europe/Paris,'=Lyon,screen-1,Door,,spring,{'a' * 64},2,20.5",
        f"2026-03-10,Europe/Paris,'=Lyon,screen-1,Door,,spring,{'a' * 64},4,41",
    ]
    assert len(lines(admin_client, DAYS, hour_from="2026-04-01")) == 1


@pytest.mark.parametrize("query", [{"nonsense__gte": "1"}, {"hour_from": "tomorrow"}, {"hour_to": "0001-01-01"}])
def test_filters_that_cannot_be_read_lead_back_to_the_list(admin_client: Client, query: dict[str, str]):
    for address in (EXPORT, DAYS):
        answer = admin_client.get(address, query)
        assert (answer.status_code, answer["Location"]) == (302, LIST)
    assert admin_client.get(LIST, query)["Location"] == f"{LIST}?e=1"


def test_the_export_is_for_those_who_may_see_plays(client: Client, user_with):
    assert client.get(EXPORT)["Location"].startswith("/admin/login/")
    client.force_login(user_with("telemetry.view_devicelog"))
    assert client.get(EXPORT).status_code == 403


def pages(play: PlayHour) -> list[str]:
    return [
        f"/admin/devices/device/{play.device_id}/plays/",
        f"/admin/locations/shop/{play.shop_id}/plays/",
        reverse("admin:media_library_video_change", args=[play.video_id]),
    ]


def test_the_pages_of_a_device_a_shop_and_a_video_show_the_last_30_days(admin_client: Client, plays):
    for address, query in zip(pages(plays[0]), ("device", "shop", "video"), strict=True):
        page = admin_client.get(address).content.decode()
        assert "18 times" in page
        assert "2 h 13 min in all" in page
        assert f"{LIST}?{query}__id__exact=" in page
        assert f"{DAYS}?{query}__id__exact=" in page


def test_a_page_shows_the_longest_time_that_can_be_added_up(admin_client: Client, plays, monkeypatch):
    for most, said in ((2, "the last 30 days"), (1, "the last 24 hours"), (0, "too many to add up")):
        monkeypatch.setattr(totals, "MOST", most)
        assert said in admin_client.get(pages(plays[0])[0]).content.decode()


def test_a_video_says_where_the_plays_of_the_same_bytes_are_counted(admin_client: Client):
    elder, twin = (VideoFactory.create(name=name, sha256="c" * 64) for name in ("elder", "twin"))
    said = "what it shows of either is counted there"
    for video, is_said in ((elder, False), (twin, True)):
        page = admin_client.get(reverse("admin:media_library_video_change", args=[video.pk])).content.decode()
        assert (said in page) is is_said


def test_the_pages_are_for_those_who_may_see_plays(client: Client, user_with, plays):
    seen = ("devices.view_device", "locations.view_shop", "media_library.view_video", "telemetry.view_devicelog")
    client.force_login(user_with(*seen))
    device, shop, video = pages(plays[0])
    assert [client.get(address).status_code for address in (device, shop)] == [403, 403]
    assert "Proof of play" not in client.get(video).content.decode()
    assert client.get(DAYS).status_code == 403


def test_plays_of_a_device_that_moved_are_seen_by_those_of_the_shop_where_they_were_shown(client: Client, plays):
    """It stands in Bern now: who is limited to Bern sees the device, and nothing of what it showed in Lyon."""
    device, lyon = plays[0].device, plays[0].shop
    bern = ShopFactory.create(name="Bern")
    Device.objects.filter(pk=device.pk).update(shop=bern)
    for shop, number in ((lyon, 2), (bern, 0)):
        user = User.objects.create_superuser(shop.name)
        ShopLimit.objects.create(user=user).shops.add(shop)
        client.force_login(user)
        assert len(shown(client)) == number
        assert len(lines(client, EXPORT)) == len(lines(client, DAYS)) == number + 1
    page = client.get(pages(plays[0])[0]).content.decode()
    assert "Nothing was shown in this time" in page
    assert "Lyon" not in page


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.6, "1 min"), (250, "4 min 10 s"), (3600, "1 h"), (11_100, "3 h 5 min")],
)
def test_a_length_is_told_in_two_units(seconds: float, words: str):
    assert length_in_words(seconds) == words
