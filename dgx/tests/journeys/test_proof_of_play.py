"""Did the spot run? From a shop's page to the sums of a week, one step deeper, and to the file for the advertiser."""

import csv
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.utils import timezone

from devices.models import Device
from dgx.tests.journeys.visit import PHONE
from locations.models import Shop
from media_library.models import Video
from telemetry.models import PlayHour
from telemetry.services.plays import PlayTotal, store_plays

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DAYS = 6
DESK = {"width": 1440, "height": 900}


@pytest.fixture
def shown(chain) -> datetime:
    """Every screen has shown the first three files from nine to noon, UTC, for six days; returns the last noon."""
    noon = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
    files = list(Video.objects.exclude(sha256="").order_by("name").values_list("sha256", flat=True)[:3])
    for number, device in enumerate(Device.objects.order_by("mobile_id")):
        hours = [noon - timedelta(days=day, hours=hour) for day in range(DAYS) for hour in (1, 2, 3)]
        store_plays(
            device.pk,
            [PlayTotal(sha, hour, 20 + number, 200 + 10 * number) for hour in hours for sha in files],
        )
    return noon


@pytest.fixture
def viewer(shown) -> User:
    user = User.objects.create_user("ines", password="correct horse battery", is_staff=True)
    user.groups.add(Role.objects.get(name="Viewer"))
    return user


def test_a_viewer_proves_that_a_spot_ran(visit, viewer, tmp_path: Path):
    shop = Shop.objects.get(name="Berlin Mitte")
    there = PlayHour.objects.filter(shop=shop)
    times = sum(there.values_list("count", flat=True))
    person = visit(viewer).open(f"/admin/locations/shop/{shop.pk}/change/")
    person.page.locator(f"a[href$='/shop/{shop.pk}/plays/']").filter(visible=True).click()
    assert person.says(f"{times:,} times")
    person.look("plays-shop")
    person.page.get_by_role("link", name="Other days, hour by hour").click()
    assert person.says(f"{times:,} times")
    spot = there.earliest("video_name")
    person.page.locator(".dgx-plays__table").get_by_role("link", name=spot.video_name).click()
    of_spot = there.filter(video=spot.video_id)
    assert person.says(f"{sum(of_spot.values_list('count', flat=True)):,} times")
    last = timezone.now().date() - timedelta(days=1)
    person.page.get_by_role("button", name="Choose days, file, shop or screen").click()
    person.page.locator("[name=hour_from]").fill(str(last - timedelta(days=1)))
    person.page.locator("[name=hour_to]").fill(str(last))
    person.page.get_by_role("button", name="Apply Filters").click()
    assert person.says(f"{sum(of_spot.values_list('count', flat=True)) * 2 // DAYS:,} times")
    with person.page.expect_download() as started:
        person.page.get_by_role("link", name="CSV by the day").click()
    started.value.save_as(tmp_path / "plays.csv")
    assert re.fullmatch(r"plays-by-day-\d{8}-\d{4}\.csv", started.value.suggested_filename)
    with (tmp_path / "plays.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["shop"], row["video"], row["timezone"]) for row in rows} == {
        ("Berlin Mitte", spot.video_name, "Europe/Berlin")
    }
    assert sum(int(row["count"]) for row in rows) == sum(of_spot.values_list("count", flat=True)) * 2 // DAYS
    assert {row["day"] for row in rows} == {str(last - timedelta(days=1)), str(last)}


def test_the_chains_plays_and_a_files_are_readable_at_a_desk_and_on_a_phone(visit, viewer):
    video = Video.objects.exclude(sha256="").order_by("name").first()
    assert video is not None
    person = visit(viewer).open("/admin/telemetry/playhour/")
    assert person.says("In all")
    person.look("plays")
    person.page.set_viewport_size(PHONE)
    person.page.emulate_media(color_scheme="dark")
    person.open("/admin/telemetry/playhour/")
    person.look("plays-phone")
    assert person.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    person.page.set_viewport_size(DESK)
    person.open(f"/admin/media_library/video/{video.pk}/change/")
    assert person.says("on 12 screens of 3 shops")
    person.look("plays-video")
