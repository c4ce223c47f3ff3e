"""What screens would show without a video: the numbers of the whole fleet, and the names of a few."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.tests.factories import DeviceFactory, GroupFactory
from locations.models import ShopLimit
from locations.tests.factories import ShopFactory
from media_library.models import Video
from media_library.services.bin import throw_away
from media_library.services.consequences import Fate, without
from media_library.services.resolver import playlist
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def ask(user, *videos: Video):
    return without(Video.objects.filter(pk__in=[video.pk for video in videos]), user=user, now=NOW)


@pytest.fixture
def spring() -> Video:
    made: Video = VideoFactory.create(name="spring")
    return made


def test_screens_go_on_fall_back_or_go_black(admin_user, spring):
    goes_on, falls_back, black, untouched = DeviceFactory.create_batch(4)
    for device in (goes_on, falls_back, black):
        LinkFactory.create(video=spring, device=device)
    for order, name in enumerate("abcde", 1):
        LinkFactory.create(video=VideoFactory.create(name=name), device=goes_on, display_order=order)
    LinkFactory.create(video=VideoFactory.create(name="logo"), device=falls_back, layer="default")
    LinkFactory.create(device=untouched)
    told = ask(admin_user, spring)
    assert (told.screens, told.go_on, told.fall_back, told.go_black) == (3, 1, 1, 1)
    assert [(each.device.pk, each.fate, each.then, each.more) for each in told.examples] == [
        (black.pk, Fate.BLACK, [], 0),
        (falls_back.pk, Fate.FALLS_BACK, ["logo"], 0),
        (goes_on.pk, Fate.GOES_ON, ["a", "b", "c"], 2),
    ]


def test_a_video_that_cannot_be_played_leaves_the_screen_black(admin_user, spring):
    device = DeviceFactory.create()
    LinkFactory.create(video=spring, device=device)
    LinkFactory.create(video=VideoFactory.create(state="failed"), device=device)
    LinkFactory.create(video=VideoFactory.create(source_url="https://elsewhere.example/a.mp4"), device=device)
    assert ask(admin_user, spring).go_black == 1


def test_the_examples_look_at_the_hour(admin_user, spring):
    device = DeviceFactory.create()
    LinkFactory.create(video=spring, device=device)
    LinkFactory.create(device=device, valid_until=NOW - timedelta(days=1))
    told = ask(admin_user, spring)
    assert (told.go_on, [each.then for each in told.examples]) == (1, [[]])


def test_several_are_counted_as_if_they_went_at_once(admin_user, spring):
    device, other = DeviceFactory.create(), VideoFactory.create()
    for video in (spring, other):
        LinkFactory.create(video=video, device=device)
    assert ask(admin_user, spring).go_on == 1
    assert ask(admin_user, spring, other).go_black == 1


def test_what_is_on_no_screen_concerns_nobody(admin_user, spring):
    told = ask(admin_user, spring)
    assert (told.screens, told.examples) == (0, [])


def test_it_takes_a_fixed_number_of_statements(admin_user, spring, django_assert_num_queries):
    group = GroupFactory.create()
    LinkFactory.create(video=spring, group=group)
    DeviceFactory.create_batch(30, group=group)
    with django_assert_num_queries(6):
        assert ask(admin_user, spring).go_black == 30


def test_somebody_who_is_limited_to_shops_is_told_of_their_screens(user_with, spring):
    mine, theirs = ShopFactory.create_batch(2)
    for shop in (mine, theirs):
        DeviceFactory.create(shop=shop)
        LinkFactory.create(video=spring, shop=shop)
    user = user_with("media_library.view_video")
    ShopLimit.objects.create(user=user).shops.add(mine)
    assert ask(user, spring).screens == 1


LISTS = st.lists(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["regular", "default"])), max_size=4), max_size=4
)


@settings(max_examples=25, deadline=None)
@given(LISTS, st.sets(st.integers(0, 3), min_size=1))
def test_the_numbers_are_what_the_resolver_says_once_they_lie_in_the_bin(lists, chosen):
    user, _made = User.objects.get_or_create(username="asker")
    videos = VideoFactory.create_batch(4)
    devices = DeviceFactory.create_batch(len(lists))
    for device, links in zip(devices, lists, strict=True):
        for number, layer in set(links):
            LinkFactory.create(video=videos[number], device=device, layer=layer)
    gone = [videos[number] for number in chosen]
    keys = [video.pk for video in gone]
    having = [device for device in devices if any(p.video_id in keys for p in playlist(device))]
    told = ask(user, *gone)
    throw_away(Video.objects.filter(pk__in=keys), by="", now=NOW)
    left = [{p.layer for p in playlist(device)} for device in having]
    assert (told.screens, told.go_black) == (len(having), left.count(set()))
    assert told.fall_back == left.count({"default"})
    assert told.go_on == sum("regular" in layers for layers in left)
