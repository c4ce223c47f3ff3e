"""Links over the old routes, where the recorded exchanges do not reach: wide links, membership, what is in use."""

from typing import Any

import pytest
from django.utils import timezone

from devices.models import Device, Group
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.tests.old_client import OldClient
from locations.models import Shop
from locations.tests.factories import ShopFactory
from media_library.models import Link, Video
from media_library.models.link import LinkException
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def old(settings) -> OldClient:
    settings.DGX_LEGACY_ANONYMOUS = True
    return OldClient()


@pytest.fixture
def place() -> dict[str, Any]:
    """A shop, a group, a device in both, a device in neither, and three videos."""
    shop, group = ShopFactory.create(name="S"), GroupFactory.create(name="G")
    return {
        "shop": shop,
        "group": group,
        "device": DeviceFactory.create(mobile_id="in", group=group, shop=shop),
        "other": DeviceFactory.create(mobile_id="out"),
        "videos": [VideoFactory.create(name=name) for name in ("a", "b", "c")],
    }


def post(old: OldClient, mobile_id: str, video: str, gname: str | None = "G", **more: Any) -> Any:
    body = {"mobile_id": mobile_id, "video_name": video, "shop_name": "S", "gname": gname, **more}
    status, row = old.call("POST", "/link", body)
    assert status == 200, row
    return row


def rows(old: OldClient, mobile_id: str) -> Any:
    return old.call("GET", f"/device/{mobile_id}/videos")[1]["items"]


def names(old: OldClient, mobile_id: str) -> list[str]:
    return [row["video_name"] for row in rows(old, mobile_id)]


def test_a_group_wide_link_is_a_row_of_each_device_with_an_id_that_javascript_keeps(old, place):
    link = LinkFactory.create(video=place["videos"][0], group=place["group"], display_order=4)
    second = DeviceFactory.create(mobile_id="in2", group=place["group"])
    found = old.call("GET", "/links")[1]["items"]
    assert [(row["did"], row["gid"], row["sid"], row["display_order"]) for row in found] == [
        (second.pk, place["group"].pk, None, 4),
        (place["device"].pk, place["group"].pk, place["shop"].pk, 4),
    ]
    assert all(2**52 <= row["id"] < 2**53 for row in found)
    assert len({row["id"] for row in found}) == 2
    assert old.call("GET", f"/link/{found[0]['id']}") == (200, found[0])
    assert Link.objects.get() == link


def test_deleting_the_row_of_a_wide_link_excepts_the_device_and_no_other(old, place):
    link = LinkFactory.create(video=place["videos"][0], group=place["group"])
    DeviceFactory.create(mobile_id="in2", group=place["group"])
    row = rows(old, "in")[0]
    status, answer = old.call("DELETE", f"/link/{row['id']}")
    assert (status, answer) == (
        200,
        {"deleted_count": 1, "device_download_status": False, "total_links": 0, "downloaded_count": 0},
    )
    assert names(old, "in") == []
    assert names(old, "in2") == ["a"]
    assert list(LinkException.objects.values_list("link_id", "device_id")) == [(link.pk, place["device"].pk)]
    assert old.call("DELETE", f"/link/{row['id']}") == (404, {"detail": "Link not found"})


def test_deleting_an_own_link_does_not_bring_the_groups_one_to_light(old, place):
    LinkFactory.create(video=place["videos"][0], group=place["group"])
    own = post(old, "in", "a")
    assert old.call("POST", f"/link/{own['id']}/delete")[0] == 200
    assert names(old, "in") == []


def test_posting_the_row_of_a_wide_link_gives_the_device_its_own_under_the_same_id(old, place):
    LinkFactory.create(video=place["videos"][0], group=place["group"], display_order=1)
    before = rows(old, "in")[0]
    row = post(old, "in", "a", display_order=9)
    assert (row["id"], row["display_order"]) == (before["id"], 9)
    assert [r["id"] for r in rows(old, "in")] == [before["id"]]
    assert old.call("GET", f"/link/{before['id']}")[1]["display_order"] == 9
    assert post(old, "in", "a")["id"] == before["id"]
    assert Link.objects.filter(device=place["device"]).count() == 1


def test_a_link_makes_group_and_shop_the_devices_own(old, place):
    post(old, "out", "a")
    device = Device.objects.get(mobile_id="out")
    assert (device.group, device.shop) == (place["group"], place["shop"])
    post(old, "out", "a", gname=" NULL ")
    device.refresh_from_db()
    assert (device.group, device.shop) == (None, place["shop"])


def test_no_group_is_a_group_of_its_own(old, place):
    first = post(old, "out", "a", gname=None)
    post(old, "out", "b")
    assert names(old, "out") == ["b"]
    third = post(old, "out", "a", gname="")
    assert names(old, "out") == ["a"]
    assert third["id"] != first["id"]


def test_a_video_that_is_on_the_device_alone_goes_along_when_it_moves(old, place):
    own = LinkFactory.create(video=place["videos"][2], device=place["other"])
    post(old, "out", "a")
    assert {row["id"] for row in rows(old, "out")} >= {own.pk}
    assert post(old, "out", "c", display_order=3)["id"] == own.pk


def test_nothing_moves_when_a_name_is_unknown(old, place):
    post(old, "in", "a")
    for change, text in (
        ({"mobile_id": "x"}, "Device not found: x"),
        ({"video_name": "x"}, "Video not found: x"),
        ({"shop_name": "x"}, "Shop not found: x"),
        ({"gname": "x"}, "Group not found: x"),
    ):
        body = {"mobile_id": "in", "video_name": "b", "shop_name": "S", "gname": "G", **change}
        assert old.call("POST", "/link", body) == (404, {"detail": text})
    assert old.call("POST", "/link", {"mobile_id": "x", "video_name": "x", "shop_name": "x"})[1] == {
        "detail": "Device not found: x"
    }
    assert names(old, "in") == ["a"]


def test_the_order_of_play_breaks_ties_by_what_was_touched_last(old, place):
    first, second = post(old, "in", "a"), post(old, "in", "b")
    assert names(old, "in") == ["b", "a"]
    assert post(old, "in", "a")["id"] == first["id"]
    assert names(old, "in") == ["a", "b"]
    post(old, "in", "c", display_order=-5)
    assert names(old, "in") == ["c", "a", "b"]
    assert old.call("GET", "/device/in/video")[1]["video_name"] == "c"
    assert [row["id"] for row in old.call("GET", "/links")[1]["items"]][1:] == [second["id"], first["id"]]


def test_every_link_takes_the_download_flag_back(old, place):
    def flag() -> Any:
        return old.call("GET", "/device/in/download_status")[1]["download_status"]

    row = post(old, "in", "a")
    for change in (
        lambda: post(old, "in", "a"),
        lambda: post(old, "in", "b"),
        lambda: old.call("POST", "/group/G/videos", {"video_names": ["a", "b"]}),
        lambda: old.call("POST", "/group/G/videos", {"video_names": ["a", "b"]}),
        lambda: old.call("DELETE", f"/link/{row['id']}"),
    ):
        assert old.call("POST", "/device/in/download_update", {"status": True})[1]["download_status"] is True
        change()
        assert flag() is False
    old.call("PUT", "/device/in", {"download_status": True})
    assert flag() is True
    old.call("POST", "/device/in/download_update", {"status": False})
    assert flag() is False


def test_windows_decide_what_a_device_is_told_and_not_what_is_linked(old, place):
    LinkFactory.create(video=place["videos"][0], group=place["group"], valid_until=timezone.now())
    LinkFactory.create(video=place["videos"][1], group=place["group"])
    assert names(old, "in") == ["b"]
    assert [item["video_name"] for item in old.call("GET", "/device/in/videos/downloads")[1]["items"]] == ["b"]
    assert old.call("GET", "/links")[1]["count"] == 2


def test_failed_media_are_not_handed_to_devices(old, place):
    LinkFactory.create(video=place["videos"][0], group=place["group"])
    Video.objects.update(state=Video.State.FAILED)
    assert old.call("GET", "/device/in/videos/downloads") == (404, {"detail": "No video linked to this device"})


def test_web_addresses_are_handed_out_and_broken_ones_left_out(old, place):
    for order, (name, address) in enumerate(
        (("a", "https://cdn.example.org/a.mp4"), ("b", "ftp://cdn.example.org/b.mp4"), ("c", ""))
    ):
        assert old.call("PUT", f"/video/{name}", {"s3_link": address})[0] == 200
        post(old, "in", name, display_order=order)
    status, answer = old.call("GET", "/device/in/videos/downloads")
    assert (status, [(item["url"], item["expires_in"]) for item in answer["items"]]) == (
        200,
        [("https://cdn.example.org/a.mp4", 0)],
    )
    ids = [row["id"] for row in rows(old, "in")]
    redirect = old.send("GET", f"/device/in/video/{ids[0]}/download")
    assert (redirect.status_code, redirect.headers["Location"]) == (302, "https://cdn.example.org/a.mp4")
    for number in ids[1:]:
        answer = old.call("GET", f"/device/in/video/{number}/download")
        assert answer == (404, {"detail": "No s3_link for this video"})
    assert old.call("GET", "/video/b/presign")[0] == 400
    assert old.call("GET", "/video/c/presign") == (404, {"detail": "Video s3_link is not set"})
    Link.objects.filter(video__name="a").delete()
    assert old.call("GET", "/device/in/videos/downloads") == (
        404,
        {"detail": "No downloadable videos for this device"},
    )


def test_the_bucket_s_own_address_puts_the_stored_file_back(old, place):
    video = place["videos"][0]
    old.call("PUT", "/video/a", {"s3_link": "https://cdn.example.org/a.mp4"})
    assert old.call("PUT", "/video/a", {"s3_link": video.stored_url})[1]["item"]["s3_link"] == video.stored_url
    assert old.call("GET", "/video/a/presign")[1]["expires_in"] == 3600


def test_another_devices_link_is_not_redirected(old, place):
    row = post(old, "in", "a")
    assert old.call("GET", f"/device/out/video/{row['id']}/download") == (
        404,
        {"detail": "Video not found for this device"},
    )


def test_what_is_linked_is_not_deleted(old, place):
    row = post(old, "in", "a")
    status, answer = old.call("DELETE", "/device/in")
    assert (status, answer["detail"]["linked_count"], answer["detail"]["device_ids"]) == (409, 1, [row["did"]])
    assert answer["detail"]["recent_links"][0]["link_id"] == row["id"]
    for path in ("/group/G", "/shop/S", "/video/a"):
        status, answer = old.call("DELETE", path)
        assert (status, type(answer["detail"])) == (409, str), path


def test_a_device_that_plays_its_groups_videos_is_linked_too(old, place):
    LinkFactory.create(video=place["videos"][0], group=place["group"])
    assert old.call("DELETE", "/device/in")[0] == 409
    assert old.call("DELETE", "/device/out") == (200, {"deleted_count": 1})


def test_a_group_and_a_shop_without_links_go_and_their_devices_stay(old, place):
    assert old.call("DELETE", "/group/G") == (200, {"deleted_count": 1})
    assert old.call("DELETE", "/shop/S") == (200, {"deleted_count": 1})
    device = Device.objects.get(mobile_id="in")
    assert (device.group, device.shop) == (None, None)
    assert not Group.objects.exists()
    assert not Shop.objects.exists()
    assert old.call("DELETE", "/group/G") == (404, {"detail": "Group not found"})


def test_a_device_is_deleted_with_all_that_it_reported(old, place):
    old.call("POST", "/device/out/temperature_update", {"temperature": 4})
    old.call("POST", "/device/out/online_update", {})
    assert old.call("DELETE", "/device/out") == (200, {"deleted_count": 1})
    assert old.call("GET", "/device/out/logs") == (404, {"detail": "Device not found"})
    assert old.call("POST", "/insert_device", {"mobile_id": "out"})[0] == 200
    assert old.call("GET", "/device/out/logs")[1]["items"] == []


def test_searches_take_wildcards_literally(old, place):
    post(old, "in", "a")
    for query in ("mobile_id=i_", "mobile_id=%25", "gname=_", "video_name=%25"):
        assert old.call("GET", f"/links?{query}")[1]["count"] == 0, query
    assert old.call("GET", "/links?mobile_id=I&gname=g&shop_name=s&video_name=A")[1]["count"] == 1
    for path in ("devices", "shops", "groups", "videos"):
        assert old.call("GET", f"/{path}?q=_")[1]["items"] == [], path


def test_links_of_a_group_are_found_by_its_exact_name(old, place):
    post(old, "in", "a")
    assert old.call("GET", "/links/by_group/G")[1]["count"] == 1
    assert old.call("GET", "/links/by_group/g")[1]["count"] == 0


def test_a_created_device_gets_all_videos_of_its_group(old, place):
    LinkFactory.create(video=place["videos"][0], group=place["group"], display_order=1)
    post(old, "in", "b", display_order=2)
    body = {"mobile_id": "new", "group_name": "G", "shop_name": "S"}
    status, answer = old.call("POST", "/device/create", body)
    assert (status, answer["created"], answer["linked_to_group"]) == (200, True, True)
    assert names(old, "new") == ["a", "b"]
    assert old.call("POST", "/device/create", body)[1]["created"] is False
    assert names(old, "new") == ["a", "b"]


def test_a_created_device_leaves_its_former_group(old, place):
    post(old, "in", "a")
    GroupFactory.create(name="H")
    old.call("POST", "/device/create", {"mobile_id": "in", "group_name": "H", "shop_name": "S"})
    assert names(old, "in") == []


def test_group_and_shop_count_only_together(old, place):
    body = {"mobile_id": "new", "group_name": "G", "shop_name": ""}
    answer = old.call("POST", "/device/create", body)[1]
    assert (answer["linked_to_group"], answer["gname"], answer["shop_name"]) == (False, None, None)
    assert Device.objects.get(mobile_id="new").group is None


def test_the_download_list_is_one_statement(old, place, django_assert_num_queries):
    for video in place["videos"]:
        LinkFactory.create(video=video, group=place["group"])
    with django_assert_num_queries(1):
        assert old.call("GET", "/device/in/videos/downloads")[1]["count"] == 3
    with django_assert_num_queries(1):
        assert old.call("GET", "/links")[1]["count"] == 3
