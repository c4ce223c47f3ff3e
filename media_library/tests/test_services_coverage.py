"""Coverage: screens with nothing to play, now or in the days ahead, are just those whose own playlist is empty."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from devices.models import Device, Group
from devices.tests.factories import DeviceFactory, GroupFactory
from locations.models import Shop
from locations.tests.factories import ShopFactory
from media_library.models import Link, Placement, Video
from media_library.models.link import LinkException
from media_library.services.coverage import on_no_device, opens, without_content
from media_library.services.resolver import playing_at, resolved, zone_of
from media_library.tests.factories import LinkFactory, VideoFactory
from media_library.windows import Window

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 28, 12, 0, tzinfo=UTC)  # a Wednesday
WEEK = timedelta(days=7)


def idle(within: timedelta | None = None) -> set[str]:
    return set(without_content(Device.objects.all(), start=NOW, within=within).values_list("mobile_id", flat=True))


def test_a_screen_without_an_open_link_has_nothing_to_play():
    group, shop = GroupFactory.create(), ShopFactory.create()
    for name, fields in (("own", {}), ("group", {"group": group}), ("shop", {"shop": shop}), ("none", {})):
        DeviceFactory.create(mobile_id=name, **fields)
    DeviceFactory.create(mobile_id="sensor", kind="sensor")
    DeviceFactory.create(mobile_id="retired", state="retired")
    LinkFactory.create(device=Device.objects.get(mobile_id="own"))
    LinkFactory.create(group=group)
    LinkFactory.create(shop=shop)
    assert idle() == {"none"}
    LinkFactory.create(layer="default")
    assert idle() == set()


def test_a_window_is_read_on_the_shops_clock_and_within_the_week():
    tokyo = ShopFactory.create(timezone="Asia/Tokyo")
    group = GroupFactory.create()
    DeviceFactory.create(mobile_id="in Tokyo", shop=tokyo, group=group)
    DeviceFactory.create(mobile_id="by UTC", group=group)
    LinkFactory.create(group=group, start_time=time(20), end_time=time(22))  # 21:00 in Tokyo, noon by UTC
    assert idle() == {"by UTC"}
    assert idle(WEEK) == set()
    Link.objects.update(valid_until=NOW + timedelta(hours=1))
    assert idle(WEEK) == {"by UTC"}


def test_a_closed_link_keeps_its_screen_from_the_groups_link_of_the_same_media():
    device = DeviceFactory.create(mobile_id="screen", group=GroupFactory.create())
    everywhere = LinkFactory.create(group=device.group)
    LinkFactory.create(video=everywhere.video, device=device, valid_until=NOW - timedelta(days=1))
    assert idle() == {"screen"}


def test_an_excepted_screen_and_media_that_cannot_be_sent_count_as_nothing():
    group = GroupFactory.create()
    excepted, _other = (DeviceFactory.create(mobile_id=name, group=group) for name in ("excepted", "other"))
    link = LinkFactory.create(group=group)
    LinkException.objects.create(link=link, device=excepted)
    assert idle() == {"excepted"}
    Video.objects.update(state="failed")
    assert idle() == {"excepted", "other"}


def test_media_whose_links_match_nobody_are_on_no_device():
    device = DeviceFactory.create(group=GroupFactory.create(), shop=ShopFactory.create())
    for name, targets in (
        ("own", {"device": device}),
        ("own elsewhere", {"device": device, "shop": ShopFactory.create()}),
        ("group", {"group": device.group}),
        ("group elsewhere", {"group": device.group, "shop": ShopFactory.create()}),
        ("empty group", {"group": GroupFactory.create()}),
        ("shop", {"shop": device.shop}),
        ("empty shop", {"shop": ShopFactory.create()}),
        ("chain", {"layer": "default"}),
    ):
        LinkFactory.create(video=VideoFactory.create(name=name), **targets)
    VideoFactory.create(name="not linked")
    assert set(on_no_device(Video.objects.all()).values_list("name", flat=True)) == {
        "own elsewhere",
        "group elsewhere",
        "empty group",
        "empty shop",
        "not linked",
    }


def test_it_takes_a_fixed_number_of_queries(django_assert_num_queries):
    for _ in range(20):
        LinkFactory.create(device=DeviceFactory.create(), start_time=time(1), end_time=time(2))
    with django_assert_num_queries(4):
        assert without_content(Device.objects.all(), start=NOW).count() == 20


HOURS = st.integers(0, 23).map(time)
DAYS = st.none() | st.lists(st.integers(1, 7), min_size=1, max_size=3, unique=True)
INSTANTS = st.none() | st.integers(-48, 240).map(lambda hours: NOW + timedelta(hours=hours))


@st.composite
def windows(draw: Any) -> dict[str, Any]:
    start, until = draw(INSTANTS), draw(INSTANTS)
    if start and until and until <= start:
        until = None
    has_hours = draw(st.booleans())
    hours = (draw(HOURS), draw(HOURS)) if has_hours else (None, None)
    weekdays = draw(DAYS)
    return {
        "valid_from": start,
        "valid_until": until,
        "weekdays": weekdays,
        "start_time": hours[0],
        "end_time": hours[1],
    }


@given(window=windows(), zone=st.sampled_from(["UTC", "Asia/Tokyo", "America/Los_Angeles"]))
def test_a_window_opens_within_a_stretch_when_it_holds_one_of_its_hours(window: dict[str, Any], zone: str):
    shop = Shop(timezone=zone)
    found = Window.of(Link(**window)) or Window()
    hourly = any(found.contains(NOW + timedelta(hours=n), shop.zone) for n in range(7 * 24))
    assert opens(found, NOW, NOW + WEEK, shop.zone) == hourly


TARGETS = st.sampled_from([("device",), ("group",), ("shop",), ("group", "shop"), ("device", "group"), ()])
LINKS = st.lists(
    st.tuples(st.integers(0, 2), TARGETS, st.integers(0, 1), st.sampled_from(["regular", "default"]), windows()),
    max_size=7,
)


@budget(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(links=LINKS, excepted=st.booleans())
def test_it_never_disagrees_with_the_resolver(links: Any, excepted: bool):
    for model in (Link, Device, Group, Shop, Video):
        model.objects.all().delete()
    videos = [VideoFactory.create() for _ in range(3)]
    groups = [GroupFactory.create() for _ in range(2)]
    shops = [ShopFactory.create(timezone=zone) for zone in ("UTC", "Asia/Tokyo")]
    screens = [DeviceFactory.create(group=groups[n % 2], shop=shops[n // 2]) for n in range(4)]
    there: dict[str, list[Any]] = {"device": screens, "group": groups, "shop": shops}
    for video, targets, which, layer, window in links:
        named = {name: there[name][which] for name in targets}
        twin = Link.objects.filter(video=videos[video], layer=layer)
        same = {name: named.get(name) for name in ("device", "group", "shop")}
        if (named or layer == "default") and not twin.filter(**same).exists():
            LinkFactory.create(video=videos[video], layer=layer, **named, **window)
    if excepted and (link := Link.objects.filter(device=None).first()):
        LinkException.objects.create(link=link, device=screens[0])

    def plays(device: Device, hours: int) -> bool:
        placements = resolved(Placement.objects.on(device).deliverable().select_related("video"))
        return any(playing_at(placements, NOW + timedelta(hours=n), zone_of(device)) for n in range(hours))

    assert idle() == {screen.mobile_id for screen in screens if not plays(screen, 1)}
    assert idle(WEEK) == {screen.mobile_id for screen in screens if not plays(screen, 7 * 24)}
