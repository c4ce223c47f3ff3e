"""Layers over the old routes: rows and deletes are of the daily programme alone, what plays is by the layer of now."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.tests.old_client import OldClient
from locations.tests.factories import ShopFactory
from media_library.models import Link
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def old(settings) -> OldClient:
    settings.DGX_LEGACY_ANONYMOUS = True
    return OldClient()


@pytest.fixture
def place() -> dict[str, Any]:
    shop, group = ShopFactory.create(name="S"), GroupFactory.create(name="G")
    return {"shop": shop, "group": group, "device": DeviceFactory.create(mobile_id="in", group=group, shop=shop)}


@pytest.fixture
def layered(place) -> dict[str, Link]:
    """A regular link of the device, a default of the whole chain, and an emergency of its shop that is open now."""
    return {
        "regular": LinkFactory.create(video__name="r", device=place["device"], shop=place["shop"]),
        "default": LinkFactory.create(video__name="d", layer="default"),
        "emergency": LinkFactory.create(
            video__name="e", layer="emergency", shop=place["shop"], valid_until=timezone.now() + HOUR
        ),
    }


def ok(old: OldClient, method: str, path: str, body: Any = None) -> Any:
    status, answer = old.call(method, path, body)
    assert status == 200, answer
    return answer


def playing(old: OldClient) -> list[str]:
    """What the three routes that hand out the present programme say, which is the same."""
    shown = [row["video_name"] for row in ok(old, "GET", "/device/in/videos")["items"]]
    for path in ("/device/in/videos/downloads", "/device/in/presigned_urls"):
        assert [row["video_name"] for row in ok(old, "GET", path)["items"]] == shown
    assert ok(old, "GET", "/device/in/video")["video_name"] == shown[0]
    return shown


def test_what_a_device_plays_and_downloads_is_the_layer_of_now(old, layered):
    assert playing(old) == ["e"]
    layered["emergency"].delete()
    assert playing(old) == ["r"]
    layered["regular"].delete()
    assert playing(old) == ["d"]


def test_an_emergencys_file_is_handed_out_by_the_id_of_its_row(old, layered):
    [row] = ok(old, "GET", "/device/in/videos")["items"]
    assert old.call("GET", f"/device/in/video/{row['id']}/download")[0] == 302


def test_rows_are_of_the_daily_programme_alone(old, place, layered):
    assert [row["video_name"] for row in ok(old, "GET", "/links")["items"]] == ["r"]
    assert [row["video_name"] for row in ok(old, "GET", "/links/by_group/G")["items"]] == ["r"]
    assert ok(old, "GET", "/device/in/download_status")["total_links"] == 1
    assert ok(old, "GET", "/group/G/videos")["video_names"] == ["r"]
    own = LinkFactory.create(device=place["device"], layer="default")
    assert old.call("GET", f"/link/{own.pk}")[0] == 404
    assert old.call("DELETE", f"/link/{own.pk}")[0] == 404
    assert Link.objects.filter(pk=own.pk).exists()


def test_putting_and_taking_off_a_video_leaves_the_other_layers_alone(old, place):
    video = VideoFactory.create(name="v")
    kept = LinkFactory.create(video=video, device=place["device"], layer="default")
    body = {"mobile_id": "in", "video_name": "v", "shop_name": "S", "gname": "G"}
    row = ok(old, "POST", "/link", body)
    assert row["id"] != kept.pk
    ok(old, "DELETE", f"/link/{row['id']}")
    assert list(Link.objects.all()) == [kept]
    assert kept.except_devices.count() == 0


def test_setting_a_groups_videos_leaves_the_other_layers_alone(old, place, layered):
    in_group = LinkFactory.create(group=place["group"], layer="default")
    VideoFactory.create(name="new")
    done = ok(old, "POST", "/group/G/videos", {"video_names": ["new"]})
    assert (done["inserted_count"], done["deleted_count"]) == (1, 1)
    others = {layered["default"].pk, layered["emergency"].pk, in_group.pk}
    assert set(Link.objects.exclude(layer="regular").values_list("pk", flat=True)) == others
    assert not any(link.except_devices.exists() for link in Link.objects.all())
    assert playing(old) == ["e"]


def test_what_a_place_shows_by_default_keeps_no_device_from_being_deleted_but_its_own_link_does(old, place, layered):
    layered["regular"].delete()
    own = LinkFactory.create(device=place["device"], layer="default")
    assert old.call("DELETE", "/device/in")[0] == 409
    own.delete()
    assert ok(old, "DELETE", "/device/in") == {"deleted_count": 1}
