"""What plays: the most specific link counts, in the order of play; Python and SQL agree."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.tests.factories import DeviceFactory, GroupFactory
from locations.tests.factories import ShopFactory
from media_library.models import Link, Placement, Video
from media_library.services.resolver import playing_at, playlist, zone_of
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def device():
    return DeviceFactory.create(group=GroupFactory.create(), shop=ShopFactory.create())


def names(device) -> list[str]:
    return [placement.video.name for placement in playlist(device)]


def test_a_device_plays_what_is_linked_to_it_its_group_and_its_shop_and_nothing_else(device):
    LinkFactory.create(device=device, video__name="own", display_order=2)
    LinkFactory.create(group=device.group, video__name="group", display_order=1)
    LinkFactory.create(shop=device.shop, video__name="shop", display_order=0)
    LinkFactory.create(group=GroupFactory.create(), video__name="another group")
    LinkFactory.create(group=device.group, shop=ShopFactory.create(), video__name="our group elsewhere")
    LinkFactory.create(device=DeviceFactory.create(), video__name="another device")
    assert names(device) == ["shop", "group", "own"]


def test_an_exception_keeps_a_device_out_and_leaves_the_others(device):
    other = DeviceFactory.create(group=device.group)
    LinkFactory.create(group=device.group, video__name="v").except_devices.add(device)
    assert (names(device), names(other)) == ([], ["v"])


def test_a_video_reached_twice_plays_once_by_its_most_specific_link(device):
    video = VideoFactory.create()
    LinkFactory.create(video=video, shop=device.shop, display_order=-9)
    LinkFactory.create(video=video, group=device.group, display_order=-5)
    own = LinkFactory.create(video=video, device=device, display_order=7)
    assert [(p.link_id, p.display_order) for p in playlist(device)] == [(own.pk, 7)]


def test_in_a_tie_the_link_touched_last_is_first_then_the_higher_id(device):
    one, two, three = (LinkFactory.create(device=device) for _ in range(3))
    Link.objects.update(updated_at=NOW)
    Link.objects.filter(pk=two.pk).update(updated_at=NOW + timedelta(microseconds=1))
    assert [p.link_id for p in playlist(device)] == [two.pk, three.pk, one.pk]


def test_only_ready_media_play(device):
    for state in Video.State:
        LinkFactory.create(device=device, video=VideoFactory.create(name=state, state=state))
    assert names(device) == ["ready"]


def test_it_runs_one_statement(device, django_assert_num_queries):
    for _ in range(5):
        LinkFactory.create(group=device.group)
    with django_assert_num_queries(1):
        assert len(names(device)) == 5


def test_a_closed_window_is_left_out_of_what_plays_now(device):
    LinkFactory.create(device=device, video__name="past", valid_until=NOW)
    LinkFactory.create(device=device, video__name="now", valid_from=NOW)
    assert [p.video.name for p in playing_at(playlist(device), NOW, ZoneInfo("UTC"))] == ["now"]


def test_an_emergency_takes_over_until_it_ends_and_a_default_plays_while_nothing_else_does(device):
    hour = timedelta(hours=1)
    LinkFactory.create(video__name="default", layer="default")
    link = {"device": device, "valid_from": NOW, "valid_until": NOW + 3 * hour}
    LinkFactory.create(video__name="regular", **link)
    LinkFactory.create(video__name="alarm", layer="emergency", shop=device.shop, valid_until=NOW + 2 * hour)
    LinkFactory.create(video__name="not yet", layer="emergency", valid_from=NOW + hour, valid_until=NOW + 2 * hour)
    shown = [
        [p.video.name for p in playing_at(playlist(device), NOW + hours * hour, ZoneInfo("UTC"))] for hours in range(5)
    ]
    assert shown == [["alarm"], ["not yet", "alarm"], ["regular"], ["default"], ["default"]]


def test_a_video_in_two_layers_is_there_twice_each_by_its_most_specific_link(device):
    video = VideoFactory.create()
    own, _wide = (LinkFactory.create(video=video, **target) for target in ({"device": device}, {"shop": device.shop}))
    in_group = LinkFactory.create(video=video, group=device.group, layer="default")
    LinkFactory.create(video=video, layer="default", display_order=-5)
    assert {(p.layer, p.link_id) for p in playlist(device)} == {("regular", own.pk), ("default", in_group.pk)}


def test_a_link_to_the_whole_chain_reaches_everybody_but_those_it_excepts(device):
    other = DeviceFactory.create()
    LinkFactory.create(video__name="v", layer="default").except_devices.add(device)
    assert (names(device), names(other)) == ([], ["v"])


def test_a_look_up_by_device_uses_an_index_in_each_branch(device):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT * FROM media_library_placement WHERE device_id = %s", [device.pk])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan" not in plan
    assert "link_whole_chain" in plan


def test_a_devices_clock_is_its_shops():
    assert zone_of(DeviceFactory.create()).key == "UTC"
    assert zone_of(DeviceFactory.create(shop=ShopFactory.create(timezone="Asia/Tokyo"))).key == "Asia/Tokyo"


LINKS = st.lists(
    st.tuples(
        st.integers(0, 2),  # which video
        st.integers(0, 2),  # device: none, ours, another
        st.integers(0, 2),  # group
        st.integers(0, 2),  # shop
        st.integers(-1, 1),  # display_order
        st.integers(0, 1),  # updated_at
        st.booleans(),  # excepts our device
        st.sampled_from(Link.Layer.values),
    ).filter(lambda link: any(link[1:4]) or link[7] != "regular"),
    max_size=12,
    unique_by=lambda link: (link[:4], link[7]),
)


@settings(max_examples=60, deadline=None)
@given(LINKS)
def test_sql_and_python_choose_the_same_links_in_the_same_order(links):
    groups, shops = (GroupFactory.create_batch(2), ShopFactory.create_batch(2))
    devices = [DeviceFactory.create(group=groups[n], shop=shops[n]) for n in range(2)]
    videos = VideoFactory.create_batch(3)
    for video, device, group, shop, order, touched, excepted, layer in links:
        targets = {
            name: rows[number - 1] if number else None
            for name, rows, number in (("device", devices, device), ("group", groups, group), ("shop", shops, shop))
        }
        ends = {"valid_until": NOW} if layer == "emergency" else {}
        link = LinkFactory.create(video=videos[video], display_order=order, layer=layer, **targets, **ends)
        Link.objects.filter(pk=link.pk).update(updated_at=NOW + timedelta(microseconds=touched))
        if excepted:
            link.except_devices.add(devices[0])
    for device in devices:
        in_sql = Placement.objects.on(device).primary().in_play_order().values_list("id", "link_id")
        assert [(p.id, p.link_id) for p in playlist(device)] == list(in_sql)
        reaching = Placement.objects.on(device).values_list("link_id", flat=True)
        assert set(reaching) == set(
            Link.objects.matching(device).exclude(exceptions__device=device).values_list("pk", flat=True)
        )
