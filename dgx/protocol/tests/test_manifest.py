"""GET manifest, and what a manifest holds."""

from datetime import UTC, datetime, time, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client

from devices.models import Device
from devices.tests.factories import DeviceFactory, GroupFactory, enrolled_device
from dgx.protocol.tests.helpers import error_code, get_manifest
from locations.tests.factories import ShopFactory
from media_library.models import Video
from media_library.services.manifest import build_manifest
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("dgx.protocol.tests.urls")]

NOW = datetime(2026, 3, 10, 9, 37, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _frozen():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def screen():
    shop = ShopFactory.create(timezone="Europe/Berlin")
    made, token = enrolled_device(mobile_id="screen-1", group=GroupFactory.create(), shop=shop)
    made.plain_token = token  # type: ignore[attr-defined]
    return made


def preview(device: Device):
    return build_manifest(Device.objects.with_presence().get(pk=device.pk), now=NOW)


def test_an_item_says_all_that_a_player_needs(screen):
    video = VideoFactory.create(
        name="Spring offer", kind="image", mime="image/png", rotation=90, fit_mode="contain", display_duration=12
    )
    LinkFactory.create(
        video=video,
        shop=screen.shop,
        display_order=3,
        valid_from=NOW,
        weekdays=[6, 7],
        start_time=time(8),
        end_time=time(20, 30),
    )
    body = get_manifest(screen.plain_token).json()
    url = body["items"][0].pop("url")
    assert body == {
        "tag": preview(screen)["tag"],
        "timezone": "Europe/Berlin",
        "url_expires_at": "2026-03-10T10:00:00+00:00",
        "items": [
            {
                "id": str(video.public_id),
                "name": "Spring offer",
                "type": "image",
                "mime": "image/png",
                "size": 1000,
                "sha256": video.sha256,
                "rotation": 90,
                "fit_mode": "contain",
                "display_duration": 12,
                "order": 3,
                "window": {"from": NOW.isoformat(), "days": [6, 7], "start": "08:00:00", "end": "20:30:00"},
            }
        ],
    }
    assert urlsplit(url).path.endswith(f"/{video.file.name}")
    assert parse_qs(urlsplit(url).query)["X-Amz-Date"] == ["20260310T093000Z"]


def test_an_item_that_is_always_open_has_no_window(screen):
    LinkFactory.create(device=screen)
    assert "window" not in get_manifest(screen.plain_token).json()["items"][0]


def test_items_stand_in_the_order_of_play_and_once_each(screen):
    twice = VideoFactory.create(name="twice")
    LinkFactory.create(video=twice, group=screen.group, display_order=1)
    LinkFactory.create(video=VideoFactory.create(name="first"), shop=screen.shop, display_order=-5)
    LinkFactory.create(video=twice, device=screen, display_order=9)
    assert [(item["name"], item["order"]) for item in preview(screen)["items"]] == [("first", -5), ("twice", 9)]


@pytest.mark.parametrize(
    "fields",
    [
        {"state": Video.State.PROCESSING},
        {"state": Video.State.FAILED},
        {"source_url": "https://elsewhere.example/a.mp4"},
        {"source_url": "https://elsewhere.example/a.mp4", "file": ""},
        {"size": None},
        {"sha256": ""},
    ],
)
def test_media_that_cannot_be_verified_is_left_out(screen, fields):
    LinkFactory.create(video=VideoFactory.create(**fields), group=screen.group)
    assert preview(screen)["items"] == []


def test_the_addresses_live_long_enough_for_the_largest_and_expire_with_the_shortest(screen):
    LinkFactory.create(video=VideoFactory.create(size=2 * 1024**3), group=screen.group)
    LinkFactory.create(group=screen.group, display_order=1)
    manifest = preview(screen)
    large, small = (int(parse_qs(urlsplit(i["url"]).query)["X-Amz-Expires"][0]) for i in manifest["items"])
    signed = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
    assert signed + timedelta(seconds=large) - NOW >= timedelta(seconds=2 * 1024**3 // 250_000)
    assert manifest["url_expires_at"] == (signed + timedelta(seconds=small)).isoformat()


def test_two_devices_get_the_same_address_of_a_file(screen):
    other = DeviceFactory.create(group=screen.group)
    LinkFactory.create(group=screen.group)
    assert preview(screen)["items"] == preview(other)["items"]
    assert preview(screen)["tag"] != preview(other)["tag"]


def test_a_device_without_media_group_and_shop_gets_an_empty_manifest():
    lonely, token = enrolled_device(mobile_id="lonely")
    assert get_manifest(token).json() == {
        "tag": f"d{lonely.pk}.0-g0.0-s0.0-c0",
        "timezone": "UTC",
        "url_expires_at": None,
        "items": [],
    }


def test_the_preview_reads_the_chains_version_and_then_the_items(screen, django_assert_num_queries):
    LinkFactory.create(group=screen.group)
    loaded = Device.objects.with_presence().get(pk=screen.pk)
    with django_assert_num_queries(2):
        build_manifest(loaded, now=NOW)


def test_the_tag_is_the_etag(screen):
    response = get_manifest(screen.plain_token)
    assert response["ETag"] == f'"{response.json()["tag"]}"'


def test_it_answers_304_to_the_current_tag_and_reads_no_items(screen, django_assert_num_queries):
    etag = get_manifest(screen.plain_token)["ETag"]
    for sent in (etag, f'"old", {etag}', f"W/{etag}", "*"):
        with django_assert_num_queries(1):
            response = get_manifest(screen.plain_token, **{"If-None-Match": sent})
        assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)


def test_it_answers_whole_to_another_tag(screen, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert get_manifest(screen.plain_token, **{"If-None-Match": '"d1.0-g0.0-s0.0x", nonsense'}).status_code == 200


def test_a_new_link_makes_the_old_tag_stale(screen):
    etag = get_manifest(screen.plain_token)["ETag"]
    LinkFactory.create(group=screen.group)
    assert get_manifest(screen.plain_token, **{"If-None-Match": etag}).status_code == 200


def test_asking_for_it_is_no_report(screen):
    get_manifest(screen.plain_token)
    screen.presence.refresh_from_db()
    assert (screen.presence.is_online, screen.presence.last_seen_at) == (False, None)


def test_head_has_the_headers_alone(screen):
    response = Client().head("/api/v1/device/manifest/", headers={"Authorization": f"Device {screen.plain_token}"})
    assert (response.status_code, response.content, "ETag" in response) == (200, b"", True)


def test_it_takes_no_post(screen):
    response = Client().post("/api/v1/device/manifest", headers={"Authorization": f"Device {screen.plain_token}"})
    assert error_code(response) == (405, "method_not_allowed")
