"""Setting the videos of a group, or of all devices outside of groups, over the old routes."""

from typing import Any

import pytest

from devices.models import Device
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.tests.old_client import OldClient
from locations.tests.factories import ShopFactory
from media_library.models import Link
from media_library.services.places import fit
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def old(settings) -> OldClient:
    settings.DGX_LEGACY_ANONYMOUS = True
    client = OldClient()
    for name in "abcd":
        VideoFactory.create(name=name)
    return client


def set_videos(old: OldClient, *names: str, group: str = "G") -> tuple[int, int, int, int]:
    """inserted, deleted, updated, devices."""
    status, answer = old.call("POST", f"/group/{group}/videos", {"video_names": list(names)})
    assert status == 200, answer
    return answer["inserted_count"], answer["deleted_count"], answer["updated_count"], answer["devices_marked"]


def plays(old: OldClient, mobile_id: str) -> list[str]:
    return [row["video_name"] for row in old.call("GET", f"/device/{mobile_id}/videos")[1]["items"]]


def link(  # noqa: PLR0917 — the five names of a link row, in their order
    old: OldClient, mobile_id: str, video: str, shop: str, gname: str | None, order: int = 0
) -> Any:
    body = {"mobile_id": mobile_id, "video_name": video, "shop_name": shop, "gname": gname, "display_order": order}
    status, row = old.call("POST", "/link", body)
    assert status == 200, row
    return row


def test_one_row_serves_the_whole_group(old):
    group = GroupFactory.create(name="G")
    for number in range(5):
        DeviceFactory.create(mobile_id=f"d{number}", group=group)
    assert set_videos(old, "b", "a") == (10, 0, 0, 5)
    assert Link.objects.count() == 2
    assert plays(old, "d3") == ["b", "a"]
    DeviceFactory.create(mobile_id="later", group=group)
    assert plays(old, "later") == ["b", "a"]


def test_a_group_without_devices_remembers_its_videos(old):
    GroupFactory.create(name="G")
    assert set_videos(old, "b", "a") == (0, 0, 0, 0)
    answer = old.call("GET", "/group/G/videos")[1]
    assert (answer["video_names"], answer["count"]) == (["a", "b"], 2)


def test_counts_are_rows_of_device_and_video_whatever_the_links_are(old):
    group, shop = GroupFactory.create(name="G"), ShopFactory.create(name="S")
    for number in range(3):
        DeviceFactory.create(mobile_id=f"d{number}", group=group, shop=shop)
    link(old, "d0", "a", "S", "G")
    link(old, "d1", "c", "S", "G")
    LinkFactory.create(video__name="promo", shop=shop)
    assert set_videos(old, "a", "b") == (5, 4, 1, 3)
    assert [plays(old, f"d{number}") for number in range(3)] == [["a", "b"]] * 3
    assert set_videos(old, "a", "b") == (0, 0, 6, 3)


def test_other_groups_and_shops_are_not_touched(old):
    shop = ShopFactory.create(name="S")
    DeviceFactory.create(mobile_id="in", group=GroupFactory.create(name="G"), shop=shop)
    DeviceFactory.create(mobile_id="next", group=GroupFactory.create(name="H"), shop=shop)
    LinkFactory.create(video__name="promo", shop=shop)
    set_videos(old, "a")
    assert (plays(old, "in"), plays(old, "next")) == (["a"], ["promo"])


def test_a_device_that_was_excepted_plays_the_set_again(old):
    DeviceFactory.create(mobile_id="in", group=GroupFactory.create(name="G"))
    set_videos(old, "a", "b")
    row = old.call("GET", "/device/in/video")[1]
    old.call("DELETE", f"/link/{row['id']}")
    assert plays(old, "in") == ["b"]
    assert set_videos(old, "a", "b") == (1, 0, 1, 1)
    assert plays(old, "in") == ["a", "b"]


def test_links_of_the_group_in_one_shop_go_with_the_rest(old):
    group, shop = GroupFactory.create(name="G"), ShopFactory.create(name="S")
    DeviceFactory.create(mobile_id="in", group=group, shop=shop)
    LinkFactory.create(video__name="x", group=group, shop=shop)
    assert set_videos(old, "a") == (1, 1, 0, 1)
    assert plays(old, "in") == ["a"]


def test_what_stays_keeps_its_id_and_place_and_new_ones_fit_around_it(old):
    GroupFactory.create(name="G")
    ShopFactory.create(name="S")
    DeviceFactory.create(mobile_id="in")
    kept = link(old, "in", "b", "S", "G", order=7)
    set_videos(old, "a", "b", "c")
    rows = old.call("GET", "/device/in/videos")[1]["items"]
    assert [(row["video_name"], row["display_order"]) for row in rows] == [("a", 6), ("b", 7), ("c", 8)]
    assert rows[1]["id"] == kept["id"]


def test_an_order_that_cannot_be_fitted_is_numbered_anew(old):
    DeviceFactory.create(mobile_id="in", group=GroupFactory.create(name="G"))
    set_videos(old, "a", "b", "c")
    ids = {row["video_name"]: row["id"] for row in old.call("GET", "/device/in/videos")[1]["items"]}
    assert set_videos(old, "c", "d", "a", "b") == (1, 0, 3, 1)
    rows = old.call("GET", "/device/in/videos")[1]["items"]
    assert [row["video_name"] for row in rows] == ["c", "d", "a", "b"]
    assert ids.items() <= {row["video_name"]: row["id"] for row in rows}.items()


def test_the_only_video_of_a_group(old):
    DeviceFactory.create(mobile_id="in", group=GroupFactory.create(name="G"))
    set_videos(old, "a", "b")
    answer = old.call("POST", "/group/G/video", {"video_name": "b"})[1]
    assert (answer["inserted_count"], answer["deleted_count"], answer["remaining_count"]) == (0, 1, 1)
    assert old.call("POST", "/group/H/video", {"video_name": "x"}) == (404, {"detail": "Group not found: H"})
    assert old.call("POST", "/group/G/video", {"video_name": "x"}) == (404, {"detail": "Video not found: x"})


def test_refusals_come_in_the_old_order_and_change_nothing(old):
    GroupFactory.create(name="G")
    for names, answer in (
        (["", " "], (400, {"detail": "video_names must be non-empty"})),
        (["y", "a", "x"], (404, {"detail": "Videos not found: y, x"})),
        (["a"], (404, {"detail": "Group not found: H"})),
    ):
        assert old.call("PUT", "/group/H/videos", {"video_names": names}) == answer
    assert not Link.objects.exists()


@pytest.mark.parametrize("word", ["_none", "None", " NULL ", "(none)", " "])
def test_no_group_means_the_devices_outside_of_groups_that_play_something(old, word):
    shop, other = ShopFactory.create(name="S"), ShopFactory.create(name="T")
    for mobile_id in ("one", "two", "idle"):
        DeviceFactory.create(mobile_id=mobile_id)
    link(old, "one", "a", "S", None, order=3)
    link(old, "two", "b", "T", None)
    assert set_videos(old, "a", "c", group=word) == (3, 1, 1, 2)
    assert [plays(old, mobile_id) for mobile_id in ("one", "two", "idle")] == [["a", "c"], ["a", "c"], []]
    own: set[Any] = set(Link.objects.values_list("device__mobile_id", "shop", "group"))
    assert own == {
        ("one", shop.pk, None),
        ("two", other.pk, None),
    }
    assert old.call("GET", f"/group/{word}/videos")[1]["video_names"] == ["a", "c"]


def test_no_group_leaves_a_shops_link_alone_and_excepts_the_device(old):
    shop = ShopFactory.create(name="S")
    DeviceFactory.create(mobile_id="one", shop=shop)
    DeviceFactory.create(mobile_id="member", shop=shop, group=GroupFactory.create(name="G"))
    LinkFactory.create(video__name="promo", shop=shop)
    assert set_videos(old, "a", group="none") == (1, 1, 0, 1)
    assert (plays(old, "one"), plays(old, "member")) == (["a"], ["promo"])


def test_no_group_reorders_a_shops_video_for_the_device_alone_and_keeps_its_id(old):
    shop = ShopFactory.create(name="S")
    for mobile_id, group in (("one", None), ("member", GroupFactory.create(name="G"))):
        DeviceFactory.create(mobile_id=mobile_id, shop=shop, group=group)
    LinkFactory.create(video__name="promo", shop=shop, display_order=0)
    LinkFactory.create(video__name="spot", shop=shop, display_order=1)
    ids = {row["video_name"]: row["id"] for row in old.call("GET", "/device/one/videos")[1]["items"]}
    assert set_videos(old, "spot", "promo", group="none") == (0, 0, 2, 1)
    assert (plays(old, "one"), plays(old, "member")) == (["spot", "promo"], ["promo", "spot"])
    assert {row["video_name"]: row["id"] for row in old.call("GET", "/device/one/videos")[1]["items"]} == ids


def test_no_group_without_any_device_changes_nothing(old):
    DeviceFactory.create(mobile_id="idle")
    assert set_videos(old, "a", group="none") == (0, 0, 0, 0)


@pytest.mark.parametrize("group", ["G", "none"])
def test_the_statements_do_not_grow_with_the_devices(old, group, django_assert_max_num_queries):
    members, shop = GroupFactory.create(name="G"), ShopFactory.create(name="S")
    Device.objects.bulk_create(
        Device(mobile_id=f"d{number}", group=members if group == "G" else None, shop=shop) for number in range(300)
    )
    videos = {v: VideoFactory.create(name=v) for v in ("x", "y")}
    Link.objects.bulk_create(
        Link(device=device, video=video, group=device.group, shop=shop)
        for device in Device.objects.all()
        for video in videos.values()
    )
    with django_assert_max_num_queries(20):
        assert set_videos(old, "x", "a", "b", group=group) == (600, 300, 300, 300)
    assert plays(old, "d299") == ["x", "a", "b"]


@pytest.mark.parametrize(
    ("asked", "existing", "places"),
    [
        ([1, 2], {}, {1: 0, 2: 1}),
        ([1, 2, 3], {2: (0, 0)}, {1: -1, 2: 0, 3: 1}),
        ([1, 2, 3], {1: (0, 0), 3: (2, 5)}, {1: 0, 2: 1, 3: 5}),
        ([1, 2, 3], {1: (0, 0), 3: (1, 1)}, None),
        ([2, 1], {1: (0, 0), 2: (1, 1)}, None),
        ([1, 2], {1: (0, 0), 2: (0, 0)}, None),
        ([1, 2], {1: (2**31 - 1, 2**31 - 1)}, None),
    ],
)
def test_places_are_fitted_around_those_that_are_there(asked, existing, places):
    assert fit(asked, existing) == places
