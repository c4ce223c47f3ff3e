"""Proof of play in the admin: by the hour, by device, shop and video, and as CSV."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from devices.tests.factories import DeviceFactory
from dgx.core.admin.words import length_in_words
from locations.tests.factories import ShopFactory
from media_library.tests.factories import VideoFactory
from telemetry.models import PlayHour
from telemetry.tests.factories import PlayHourFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/telemetry/playhour/"
EXPORT = f"{LIST}export/"


@pytest.fixture
def plays() -> list[PlayHour]:
    """Three of a video in Lyon, one of an unknown file elsewhere."""
    device, video = DeviceFactory.create(shop=ShopFactory.create(name="Lyon")), VideoFactory.create(name="spring")
    hours = [timezone.now() - timedelta(days=days) for days in (0, 1, 40)]
    ours = [PlayHourFactory.create(device=device, video=video, hour=hour, count=9, seconds=4000) for hour in hours]
    return [*ours, PlayHourFactory.create(video_name="", sha256="f" * 64)]


def shown(client: Client, **query: str | int) -> set[int]:
    return {play.pk for play in client.get(LIST, query).context["cl"].result_list}


@pytest.mark.filterwarnings("ignore:DateTimeField PlayHour.hour received a naive datetime")  # by the date filter
def test_the_list_is_narrowed_by_device_shop_video_and_day(admin_client: Client, plays):
    ours, stranger = plays[:3], plays[3]
    assert shown(admin_client) == {play.pk for play in plays}
    assert shown(admin_client, device__id__exact=stranger.device_id) == {stranger.pk}
    assert shown(admin_client, device__shop__id__exact=ours[0].device.shop_id) == {play.pk for play in ours}
    assert shown(admin_client, video__id__exact=ours[0].video_id) == {play.pk for play in ours}
    since = (timezone.now() - timedelta(days=2)).date().isoformat()
    assert shown(admin_client, hour_from_0=since, hour_from_1="00:00:00") == {ours[0].pk, ours[1].pk, stranger.pk}
    assert shown(admin_client, q="f" * 64) == {stranger.pk}
    assert "ffffffffffff…" in admin_client.get(LIST).content.decode()


def test_the_export_holds_what_the_filters_let_through(admin_client: Client, plays):
    answer = admin_client.get(EXPORT, {"video__id__exact": plays[0].video_id})
    rows = [line for line in answer.getvalue().split(b"\r\n") if line][1:]
    assert (answer["Content-Type"], len(rows)) == ("text/csv; charset=utf-8", 3)
    assert {row.split(b",")[2] for row in rows} == {b"Lyon"}


def test_filters_that_cannot_be_read_lead_back_to_the_list(admin_client: Client):
    answer = admin_client.get(EXPORT, {"nonsense__gte": "1"})
    assert (answer.status_code, answer["Location"]) == (302, LIST)


def test_the_export_is_for_those_who_may_see_plays(client: Client, user_with):
    assert client.get(EXPORT)["Location"].startswith("/admin/login/")
    client.force_login(user_with("telemetry.view_devicelog"))
    assert client.get(EXPORT).status_code == 403


def test_the_pages_of_a_device_and_a_video_show_the_last_30_days(admin_client: Client, plays):
    device = admin_client.get(f"/admin/devices/device/{plays[0].device_id}/reports/").content.decode()
    video = admin_client.get(reverse("admin:media_library_video_change", args=[plays[0].video_id])).content.decode()
    for page, query in ((device, "device__id__exact"), (video, "video__id__exact")):
        assert "18 times" in page
        assert "2 h 13 min" in page
        assert f"{LIST}?{query}=" in page


def test_the_panels_are_for_those_who_may_see_plays(client: Client, user_with, plays):
    client.force_login(user_with("devices.view_device"))
    page = client.get(reverse("admin:devices_device_change", args=[plays[0].device_id])).content.decode()
    assert "Proof of play" not in page


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.6, "1 min"), (250, "4 min 10 s"), (3600, "1 h"), (11_100, "3 h 5 min")],
)
def test_a_length_is_told_in_two_units(seconds: float, words: str):
    assert length_in_words(seconds) == words
