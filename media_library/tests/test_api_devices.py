"""/api/v1/devices/{id}/links and /manifest, /api/v1/groups/{id}/videos."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from devices.models import Device
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.tests.contract import NO_SUCH, assert_refused, key_client
from locations.tests.factories import ShopFactory
from media_library.models import Link
from media_library.tests.factories import LinkFactory, VideoFactory

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def tag_of(device):
    return getattr(Device.objects.with_tag().get(pk=device.pk), "tag")  # noqa: B009 — an annotation, which mypy misses


def ids(*rows):
    return [str(row.public_id) for row in rows]


@pytest.fixture
def place():
    group, shop = GroupFactory.create(), ShopFactory.create()
    return DeviceFactory.create(mobile_id="screen-1", group=group, shop=shop), group, shop


class TestDeviceLinks:
    """GET /devices/{id}/links."""

    @time_machine.travel(NOON, tick=False)
    def test_it_says_what_reaches_the_device_and_why(self, admin_api, place):
        device, group, shop = place
        video = VideoFactory.create(name="spring.mp4")
        own = LinkFactory.create(video=video, device=device, display_order=2)
        wide = LinkFactory.create(video=video, shop=shop, display_order=1)
        closed = LinkFactory.create(group=group, display_order=3, start_time="13:00", end_time="14:00")
        failed = LinkFactory.create(group=group, display_order=4, video=VideoFactory.create(state="failed"))
        LinkFactory.create(group=GroupFactory.create())
        found = admin_api.get("/api/v1/devices/mobile_id:screen-1/links/").json()
        keys = ("link", "through", "primary", "shadowed_by", "playing_now", "rule")
        assert [tuple(each[key] for key in keys) for each in found] == [
            (ids(wide)[0], "shop", False, ids(own)[0], False, "shadowed"),
            (ids(own)[0], "device", True, None, True, "plays"),
            (ids(closed)[0], "group", True, None, False, "window_closed"),
            (ids(failed)[0], "group", True, None, False, "not_ready"),
        ]
        assert found[1] == {
            "link": ids(own)[0],
            "video": ids(video)[0],
            "video_name": "spring.mp4",
            "video_state": "ready",
            "through": "device",
            "layer": "regular",
            "display_order": 2,
            "primary": True,
            "shadowed_by": None,
            "playing_now": True,
            "rule": "plays",
            "reason": "Plays through its own link.",
            "valid_from": None,
            "valid_until": None,
            "weekdays": None,
            "start_time": None,
            "end_time": None,
        }

    def test_it_tells_the_layers_of_another_instant(self, admin_api, place):
        device, group, _shop = place
        regular = LinkFactory.create(group=group, display_order=1)
        default = LinkFactory.create(layer="default", display_order=2)
        ends = NOON + timedelta(hours=1)
        alarm = LinkFactory.create(shop=place[2], layer="emergency", valid_until=ends, display_order=3)
        address = f"/api/v1/devices/{device.public_id}/links"

        def rules(at, **query):
            found = admin_api.get(address, {"at": at.isoformat(), **query}).json()
            return {each["link"]: (each["layer"], each["through"], each["rule"]) for each in found}

        assert rules(NOON) == {
            ids(regular)[0]: ("regular", "group", "pushed_aside"),
            ids(default)[0]: ("default", "chain", "pushed_aside"),
            ids(alarm)[0]: ("emergency", "shop", "plays"),
        }
        assert rules(ends) == {
            ids(regular)[0]: ("regular", "group", "plays"),
            ids(default)[0]: ("default", "chain", "in_reserve"),
            ids(alarm)[0]: ("emergency", "shop", "window_closed"),
        }
        assert list(rules(NOON, layer=["default", "emergency"])) == ids(default, alarm)
        assert_refused(admin_api.get(address, {"at": "noonish"}), 400, "invalid")
        assert_refused(admin_api.get(address, {"layer": "loud"}), 400, "invalid")

    def test_it_costs_three_statements_for_any_number(self, admin_api, place, django_assert_num_queries):
        device, group, _shop = place
        for _ in range(5):
            LinkFactory.create(group=group)
        with django_assert_num_queries(3):
            assert len(admin_api.get(f"/api/v1/devices/{device.public_id}/links").json()) == 5

    def test_strangers_and_those_without_both_permissions_are_refused(self, api, user_with, place):
        address = f"/api/v1/devices/{place[0].public_id}/links"
        assert_refused(api.get(address), 401, "not_authenticated")
        api.force_authenticate(user_with("devices.view_device"))
        assert_refused(api.get(address), 403, "permission_denied")
        api.force_authenticate(user_with("devices.view_device", "media_library.view_link", username="viewer"))
        assert api.get(address).json() == []

    def test_an_unknown_device_is_a_404(self, admin_api):
        assert_refused(admin_api.get(f"/api/v1/devices/{NO_SUCH}/links"), 404, "device_not_found")


class TestDeviceManifest:
    """GET /devices/{id}/manifest."""

    def test_it_is_what_the_device_would_be_told(self, admin_api, place):
        device, group, _shop = place
        link = LinkFactory.create(group=group)
        manifest = admin_api.get(f"/api/v1/devices/{device.public_id}/manifest/").json()
        assert manifest["tag"] == tag_of(device)
        assert [item["id"] for item in manifest["items"]] == ids(link.video)

    def test_strangers_and_those_without_both_permissions_are_refused(self, api, user_with, place):
        address = f"/api/v1/devices/{place[0].public_id}/manifest"
        assert_refused(api.get(address), 401, "not_authenticated")
        api.force_authenticate(user_with("devices.view_device"))
        assert_refused(api.get(address), 403, "permission_denied")


class TestGroupVideos:
    """GET and PUT /groups/{id}/videos."""

    def test_a_group_plays_just_what_was_put_in_that_order(self, admin_api, place):
        _device, group, _shop = place
        first, second, gone = VideoFactory.create_batch(3)
        LinkFactory.create(group=group, video=gone)
        address = f"/api/v1/groups/{group.public_id}/videos/"
        answer = admin_api.put(address, {"videos": ids(second, first)}).json()
        links = list(Link.objects.in_bulk(field_name="public_id"))
        assert [item["video"] for item in answer["videos"]] == ids(second, first)
        assert {item["link"] for item in answer["videos"]} == {str(each) for each in links}
        assert admin_api.get(address).json() == answer
        manifest = admin_api.get("/api/v1/devices/mobile_id:screen-1/manifest").json()
        assert [item["id"] for item in manifest["items"]] == ids(second, first)

    def test_an_empty_list_lets_it_play_nothing(self, admin_api, place):
        _device, group, _shop = place
        LinkFactory.create(group=group)
        assert admin_api.put(f"/api/v1/groups/{group.public_id}/videos", {"videos": []}).json() == {"videos": []}

    def test_an_unknown_video_is_a_404_and_nothing_changes(self, admin_api, place):
        _device, group, _shop = place
        link = LinkFactory.create(group=group)
        body = {"videos": [*ids(VideoFactory.create()), NO_SUCH]}
        detail = assert_refused(admin_api.put(f"/api/v1/groups/{group.public_id}/videos", body), 404, "video_not_found")
        assert NO_SUCH in detail["message"]
        assert list(Link.objects.all()) == [link]

    @pytest.mark.parametrize("videos", ["x", [7], ["x"], None, [None], {}])
    def test_a_body_that_makes_no_sense_is_refused_by_its_field(self, admin_api, place, videos):
        response = admin_api.put(f"/api/v1/groups/{place[1].public_id}/videos", {"videos": videos})
        assert list(assert_refused(response, 400, "invalid")["fields"]) == ["videos"]

    def test_a_video_named_twice_is_refused(self, admin_api, place):
        video = ids(VideoFactory.create())[0]
        response = admin_api.put(f"/api/v1/groups/{place[1].public_id}/videos", {"videos": [video, video]})
        assert assert_refused(response, 400)["fields"] == {"videos": ["A video is named twice."]}

    def test_its_statements_do_not_grow_with_the_videos(self, admin_api, place, django_assert_max_num_queries):
        for number in (2, 30):
            videos = ids(*VideoFactory.create_batch(number))
            with django_assert_max_num_queries(20):
                admin_api.put(f"/api/v1/groups/{place[1].public_id}/videos", {"videos": videos})

    def test_who_may_only_read_does_not_put(self, api, user_with, admin_user, place):
        address = f"/api/v1/groups/{place[1].public_id}/videos"
        assert_refused(api.put(address, {"videos": []}), 401, "not_authenticated")
        api.force_authenticate(user_with("devices.view_group", "media_library.view_link", "devices.change_group"))
        assert api.get(address).json() == {"videos": []}
        assert_refused(api.put(address, {"videos": []}), 403, "permission_denied")
        assert_refused(key_client(admin_user, "read").put(address, {"videos": []}), 403, "api_key_read_only")
