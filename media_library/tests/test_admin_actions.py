"""Media put on many devices, groups or shops at once, and taken off: what it would do, and what it did."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from devices.models import Device, Group
from devices.tests.factories import DeviceFactory, GroupFactory
from locations.models import Shop, ShopLimit
from locations.tests.factories import ShopFactory
from media_library.models import Link, Video
from media_library.models.link import LinkException
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db

LISTS = {Device: "/admin/devices/device/", Group: "/admin/devices/group/", Shop: "/admin/locations/shop/"}


def post(client: Client, action: str, *rows: Device | Group | Shop, **more: object):
    values = {"action": action, "_selected_action": [row.pk for row in rows], **more}
    return client.post(LISTS[type(rows[0])], values)


def effect(client: Client, action: str, *rows: Device | Group | Shop, **more: object) -> list[str]:
    """The lines of the page before the action."""
    return list(post(client, action, *rows, chosen=1, **more).context["effect"])


def done(client: Client, action: str, *rows: Device | Group | Shop, **more: object) -> list[str]:
    """The messages after the action."""
    assert post(client, action, *rows, confirmed=1, **more).status_code == 302
    return [str(message) for message in client.get(LISTS[type(rows[0])]).context["messages"]]


def order(**target: Device | Group | Shop) -> list[str]:
    """The names of what is linked to just that, in order."""
    return list(Link.objects.filter(**target).order_by("display_order").values_list("video__name", flat=True))


def test_media_go_behind_what_each_device_has_and_what_is_there_stays(admin_client: Client):
    first, second = DeviceFactory.create_batch(2)
    a, b = VideoFactory.create(name="a"), VideoFactory.create(name="b")
    LinkFactory.create(video=b, device=first, display_order=7)
    assert effect(admin_client, "add_videos", first, second, videos=[a.pk, b.pk]) == [
        "3 links are made: 2 for each of 2 devices (a link of their group or shop would be 2 in all).",
        "1 link is there already.",
    ]
    assert done(admin_client, "add_videos", first, second, videos=[a.pk, b.pk]) == ["3 links made."]
    assert (order(device=first), order(device=second)) == (["b", "a"], ["a", "b"])
    assert effect(admin_client, "add_videos", first, second, videos=[a.pk, b.pk]) == ["All of it is there already."]


@pytest.mark.parametrize("field", ["group", "shop"])
def test_groups_and_shops_get_one_link_a_video_and_the_page_says_how_many_devices_that_reaches(
    admin_client: Client, field: str
):
    place = GroupFactory.create() if field == "group" else ShopFactory.create()
    DeviceFactory.create_batch(3, **{field: place})
    video = VideoFactory.create()
    noun = "group" if field == "group" else "shop"
    assert effect(admin_client, "add_videos", place, videos=[video.pk]) == [
        f"1 link is made: 1 for each of 1 {noun}.",
        "3 devices will fetch a new programme with their next report.",
    ]
    before = type(place).objects.get(pk=place.pk).content_version
    done(admin_client, "add_videos", place, videos=[video.pk])
    assert order(**{field: place}) == [video.name]
    assert type(place).objects.get(pk=place.pk).content_version == before + 1
    assert done(admin_client, "remove_videos", place, videos=[video.pk]) == ["1 link deleted."]
    assert order(**{field: place}) == []


def test_removing_leaves_what_comes_through_the_group_unless_told_otherwise(admin_client: Client):
    group = GroupFactory.create()
    device, sibling = DeviceFactory.create(group=group), DeviceFactory.create(group=group)
    video = VideoFactory.create()
    LinkFactory.create(video=video, group=group)
    own = LinkFactory.create(video=video, device=device)
    assert effect(admin_client, "remove_videos", device, videos=[video.pk]) == [
        "1 link is deleted.",
        "1 device go on to play them through links of their groups, shops or the chain.",
    ]
    assert done(admin_client, "remove_videos", device, videos=[video.pk], everywhere="on") == [
        "1 link deleted. 1 exception made."
    ]
    assert not Link.objects.filter(pk=own.pk).exists()
    assert list(LinkException.objects.values_list("device", flat=True)) == [device.pk]
    assert sibling.pk != device.pk


def test_what_a_device_has_only_through_its_group_is_said_and_nothing_is_done(admin_client: Client):
    group = GroupFactory.create()
    device, video = DeviceFactory.create(group=group), VideoFactory.create()
    LinkFactory.create(video=video, group=group)
    asked = post(admin_client, "remove_videos", device, chosen=1, videos=[video.pk])
    assert not asked.context["acts"]
    assert asked.context["effect"][-1] == "None of these has a link of its own to them."


def test_links_of_other_layers_stay(admin_client: Client):
    group, video = GroupFactory.create(), VideoFactory.create()
    kept = LinkFactory.create(video=video, group=group, layer="default")
    done(admin_client, "add_videos", group, videos=[video.pk])
    done(admin_client, "remove_videos", group, videos=[video.pk])
    assert list(Link.objects.all()) == [kept]


@pytest.mark.parametrize("videos", [[], [999_999], ["x"], list(range(1, 60))])
def test_media_that_cannot_be_chosen_are_an_error_of_the_question(admin_client: Client, videos: list[object]):
    device = DeviceFactory.create()
    answer = post(admin_client, "add_videos", device, confirmed=1, videos=videos)
    assert list(answer.context["form"].errors) == ["videos"]


@pytest.mark.parametrize("action", ["add_videos", "remove_videos"])
def test_it_takes_as_many_statements_for_one_device_as_for_a_thousand(admin_client: Client, action: str):
    one = Device.objects.create(mobile_id="one", kind="sensor")
    many = Device.objects.bulk_create(Device(mobile_id=f"many-{n}") for n in range(1000))
    videos = VideoFactory.create_batch(2)
    if action == "remove_videos":
        Link.objects.bulk_create(Link(video=videos[0], device=device) for device in [one, *many])
    statements = []
    for query in ("?kind__exact=sensor", "?kind__exact=player"):
        for step in ("chosen", "confirmed"):
            values = {"action": action, "_selected_action": [one.pk], "select_across": 1, step: 1}
            with CaptureQueriesContext(connection) as caught:
                admin_client.post(LISTS[Device] + query, {**values, "videos": [video.pk for video in videos]})
            statements.append(len(caught))
    assert statements[:2] == statements[2:]
    assert Link.objects.count() == (2002 if action == "add_videos" else 0)


def test_who_may_only_look_is_not_offered_it_and_cannot_do_it(client: Client, user_with):
    device, video = DeviceFactory.create(), VideoFactory.create()
    client.force_login(user_with("devices.view_device", "devices.change_device"))
    assert b'value="add_videos"' not in client.get(LISTS[Device]).content
    post(client, "add_videos", device, confirmed=1, videos=[video.pk])
    assert not Link.objects.exists()


def test_who_is_limited_to_a_shop_changes_that_shops_devices_alone(client: Client, user_with):
    mine, other = ShopFactory.create(), ShopFactory.create()
    device, foreign = DeviceFactory.create(shop=mine), DeviceFactory.create(shop=other)
    user: User = user_with("devices.view_device", "media_library.add_link", "media_library.view_video")
    ShopLimit.objects.create(user=user).shops.add(mine)
    client.force_login(user)
    video: Video = VideoFactory.create()
    post(client, "add_videos", device, foreign, confirmed=1, videos=[video.pk])
    assert list(Link.objects.values_list("device", flat=True)) == [device.pk]
