"""/api/v1/plays and …/plays/export."""

from datetime import UTC, datetime, timedelta

import pytest

from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.tests.contract import NO_SUCH, assert_refused, key_client
from locations.tests.factories import ShopFactory
from media_library.tests.factories import VideoFactory
from telemetry.tests.factories import PlayHourFactory

ROUTE = "/api/v1/plays"
NINE = datetime(2026, 1, 31, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def device():
    lyon = ShopFactory.create(name="Lyon", timezone="Europe/Paris")
    return DeviceFactory.create(mobile_id="screen-1", name="Door", shop=lyon)


def ids(response):
    assert response.status_code == 200, response.json()
    return [item["id"] for item in response.json()["results"]]


def test_strangers_and_those_without_the_permission_are_refused(api, user_with):
    addresses = (ROUTE, f"{ROUTE}/export")
    for address in addresses:
        assert_refused(api.get(address), 401, "not_authenticated")
    api.force_authenticate(user_with("telemetry.view_devicelog"))
    for address in addresses:
        assert_refused(api.get(address), 403, "permission_denied")
    viewer = user_with("telemetry.view_playhour", username="viewer")
    for address in addresses:
        assert key_client(viewer, "read").get(address).status_code == 200


def test_plays_come_newest_first(admin_api, device):
    video = VideoFactory.create(name="spring")
    old = PlayHourFactory.create(device=device, hour=NINE - timedelta(hours=1), sha256="b" * 64, video_name="")
    new = PlayHourFactory.create(device=device, hour=NINE, video=video, sha256="a" * 64, count=118, seconds=3540)
    assert admin_api.get(f"{ROUTE}/").json() == {
        "count": 2,
        "next": None,
        "previous": None,
        "results": [
            {
                "id": new.id,
                "device": str(device.public_id),
                "mobile_id": "screen-1",
                "shop": str(device.shop.public_id),
                "shop_name": "Lyon",
                "video": str(video.public_id),
                "video_name": "spring",
                "sha256": "a" * 64,
                "hour": "2026-01-31T09:00:00Z",
                "count": 118,
                "seconds": 3540.0,
            },
            {
                "id": old.id,
                "device": str(device.public_id),
                "mobile_id": "screen-1",
                "shop": str(device.shop.public_id),
                "shop_name": "Lyon",
                "video": None,
                "video_name": "",
                "sha256": "b" * 64,
                "hour": "2026-01-31T08:00:00Z",
                "count": 1,
                "seconds": 10.0,
            },
        ],
    }


def test_a_video_deleted_behind_our_back_is_null(admin_api, device):
    PlayHourFactory.create(device=device, video_id=12345)
    assert admin_api.get(ROUTE).json()["results"][0]["video"] is None
    assert len(ids(admin_api.get(ROUTE, {"video": "none"}))) == 1


def test_pages_follow_each_other_forth_and_back_through_equal_hours(admin_api, device):
    rows = [PlayHourFactory.create(device=device, hour=NINE - timedelta(hours=n)) for n in (0, 1, 1, 1, 2)]
    expected = [row.id for row in sorted(rows, key=lambda row: (row.hour, row.id), reverse=True)]
    first = admin_api.get(ROUTE, {"limit": 2, "device": "mobile_id:screen-1"})
    second = admin_api.get(first.json()["next"])
    third = admin_api.get(second.json()["next"])
    assert [ids(page) for page in (first, second, third)] == [expected[:2], expected[2:4], expected[4:]]
    assert third.json()["next"] is None
    assert ids(admin_api.get(third.json()["previous"])) == expected[2:4]
    assert first.json()["previous"] is None


def test_a_page_costs_the_same_for_any_number(admin_api, django_assert_num_queries):
    for _ in range(5):
        PlayHourFactory.create(video=VideoFactory.create(), shop=ShopFactory.create())
    with django_assert_num_queries(5):  # the plays, their devices, shops and videos, the count
        assert len(ids(admin_api.get(ROUTE))) == 5


def test_plays_are_filtered(admin_api, device):
    group, video = GroupFactory.create(), VideoFactory.create()
    member = DeviceFactory.create(group=group)
    ours = PlayHourFactory.create(device=device, hour=NINE, sha256="a" * 64)
    theirs = PlayHourFactory.create(device=member, hour=NINE - timedelta(hours=1), video=video)

    def found(**query):
        return ids(admin_api.get(ROUTE, query))

    assert found(device="mobile_id:screen-1") == [ours.id]
    assert found(device=str(member.public_id)) == [theirs.id]
    assert found(group=str(group.public_id)) == [theirs.id]
    assert found(shop=str(device.shop.public_id)) == [ours.id]
    assert found(shop="none") == [theirs.id]
    assert found(video=str(video.public_id)) == [theirs.id]
    assert found(video="none") == [ours.id]
    assert found(sha256="a" * 64) == [ours.id]
    assert found(hour_after="2026-01-31T09:00:00Z") == [ours.id]
    assert found(hour_before="2026-01-31T09:00:00Z") == [theirs.id]


@pytest.mark.parametrize(
    ("name", "value"),
    [("hour_after", "yesterday"), ("sha256", "a\x00b"), ("limit", "501"), ("cursor", "x"), ("colour", "red")],
)
def test_a_value_that_is_not_allowed_is_refused_by_name(admin_api, name, value):
    for address in (ROUTE, f"{ROUTE}/export")[: 1 if name in {"limit", "cursor"} else 2]:
        assert list(assert_refused(admin_api.get(address, {name: value}), 400)["fields"]) == [name]


def test_an_unknown_device_or_video_is_a_404_that_names_it(admin_api):
    assert_refused(admin_api.get(ROUTE, {"device": NO_SUCH}), 404, "device_not_found")
    assert_refused(admin_api.get(ROUTE, {"video": NO_SUCH}), 404, "video_not_found")


def test_plays_are_not_written_here(admin_api):
    assert_refused(admin_api.post(ROUTE, {}), 405, "method_not_allowed")


@pytest.mark.django_db(transaction=True)
def test_the_export_streams_what_the_filters_leave(admin_api, device):
    PlayHourFactory.create(device=device, hour=NINE, video_name="=1+1", sha256="a" * 64, count=2, seconds=19.5)
    PlayHourFactory.create(hour=NINE)
    response = admin_api.get(f"{ROUTE}/export/", {"device": "mobile_id:screen-1"})
    lines = b"".join(response.streaming_content).decode().splitlines()
    assert response["Content-Disposition"].startswith('attachment; filename="plays-')
    assert lines == [
        "mobile_id,name,shop,group,video,sha256,hour,count,seconds,shop_hour,timezone",
        f"screen-1,Door,Lyon,,'=1+1,{'a' * 64},2026-01-31T09:00:00Z,2,19.5,2026-01-31 10:00,Europe/Paris",
    ]
