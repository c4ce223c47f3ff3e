"""Emergencies: they take a scope's screens over and revert by themselves, or when somebody ends them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from devices.models import Device
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.errors import Conflict, Forbidden, Invalid
from locations.models import Chain, ShopLimit
from locations.tests.factories import ShopFactory
from media_library.models import Emergency, Link, Video
from media_library.services.emergency import Scope, end, links_of, start, tidy
from media_library.services.resolver import playing_at, playlist, zone_of
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOW, tick=False):
        yield


def _start(scope: Scope, *videos: Video, by: Any = None, **values: Any) -> Emergency:
    given: dict[str, Any] = {"name": "Fire drill", "until": LATER, "now": NOW} | values
    return start(scope=scope, videos=videos or [VideoFactory.create(name="exit")], by=by, **given)


def _shown(device: Device, at: datetime = NOW) -> list[str]:
    device = Device.objects.with_presence().get(pk=device.pk)
    return [placement.video.name for placement in playing_at(playlist(device), at, zone_of(device))]


def test_it_takes_the_screens_over_in_order_and_each_reverts_by_itself(admin_user):
    shop = ShopFactory.create()
    screen, other = DeviceFactory.create(shop=shop), DeviceFactory.create(shop=ShopFactory.create())
    LinkFactory.create(video__name="coffee", shop=shop)
    LinkFactory.create(video__name="tea", device=other)
    second, first = VideoFactory.create(name="second"), VideoFactory.create(name="first")
    started = _start(Scope(shops=[shop]), first, second, by=admin_user)
    assert _shown(screen) == ["first", "second"]
    assert _shown(screen, LATER - timedelta(seconds=1)) == ["first", "second"]
    assert _shown(screen, LATER) == ["coffee"]
    assert _shown(other) == ["tea"]
    assert (started.screens, started.started_by, started.over_at) == (1, admin_user, LATER)


def test_everywhere_is_one_link_and_one_version_for_any_number_of_screens(admin_user):
    screens = [DeviceFactory.create(shop=ShopFactory.create()) for _ in range(3)]
    before = Chain.objects.version()
    _start(Scope(whole_chain=True), by=admin_user)
    assert [_shown(screen) for screen in screens] == [["exit"]] * 3
    assert (Link.objects.count(), Chain.objects.version()) == (1, before + 1)


def test_a_screen_in_two_of_its_places_is_counted_once(admin_user):
    shop, group = ShopFactory.create(), GroupFactory.create()
    screen = DeviceFactory.create(shop=shop, group=group)
    DeviceFactory.create(shop=shop, kind="sensor")
    scope = Scope(shops=[shop], groups=[group], devices=[screen])
    assert scope.screens(admin_user) == {"total": 1, "offline": 1}
    assert _start(scope, by=admin_user).screens == 1


def test_ended_by_hand_it_gives_the_screens_back_at_once_and_says_who_did_it(admin_user):
    screen = DeviceFactory.create()
    LinkFactory.create(video__name="coffee", device=screen)
    started = _start(Scope(devices=[screen]), by=admin_user)
    by_hand = LinkFactory.create(device=screen, layer="emergency", valid_until=LATER, video__name="another")
    end(started, by=admin_user, now=NOW + timedelta(minutes=5))
    assert _shown(screen) == ["another"]
    by_hand.delete()
    assert _shown(screen) == ["coffee"]
    assert (started.ended_by, started.over_at) == (admin_user, NOW + timedelta(minutes=5))
    with pytest.raises(Conflict, match="over already"):
        end(started, by=admin_user, now=NOW + timedelta(minutes=6))


def test_the_same_media_in_the_same_place_is_refused_while_it_runs_and_not_when_it_is_over(admin_user):
    shop, video = ShopFactory.create(), VideoFactory.create()
    _start(Scope(shops=[shop]), video, by=admin_user)
    with pytest.raises(Conflict, match="runs there"):
        _start(Scope(shops=[shop]), video, by=admin_user)
    assert Emergency.objects.count() == 1
    with time_machine.travel(LATER, tick=False):
        again = _start(Scope(shops=[shop]), video, by=admin_user, now=LATER, until=LATER + timedelta(hours=1))
    assert [link.valid_until for link in links_of(again)] == [again.until]


def test_links_of_what_is_over_are_tidied_away(admin_user):
    _start(Scope(whole_chain=True), by=admin_user)
    assert tidy(now=NOW) == 0
    assert tidy(now=LATER) == 1
    assert [each.name for each in Emergency.objects.over(LATER)] == ["Fire drill"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scope": Scope()}, "shops"),
        ({"videos": []}, "videos"),
        ({"until": NOW}, "until"),
        ({"until": NOW + timedelta(days=31)}, "until"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(admin_user, change: dict[str, Any], field: str):
    given: dict[str, Any] = {
        "scope": Scope(whole_chain=True),
        "videos": [VideoFactory.create()],
        "until": LATER,
    } | change
    with pytest.raises(Invalid) as refused:
        start(name="x", by=admin_user, now=NOW, **given)
    assert list(refused.value.fields) == [field]


def test_media_that_are_not_ready_named_twice_or_too_many_are_refused(admin_user):
    ready, failed = VideoFactory.create(), VideoFactory.create(state="failed")
    for videos in ([failed], [ready, ready], VideoFactory.create_batch(51)):
        with pytest.raises(Invalid):
            _start(Scope(whole_chain=True), *videos, by=admin_user)
    assert not Emergency.objects.exists()


def test_a_person_limited_to_a_shop_starts_and_ends_them_there_alone(user_with, admin_user):
    here, there = ShopFactory.create(), ShopFactory.create()
    person = user_with()
    ShopLimit.objects.create(user=person).shops.add(here)
    for scope in (Scope(whole_chain=True), Scope(shops=[here, there])):
        with pytest.raises(Forbidden):
            _start(scope, VideoFactory.create(), by=person)
    mine = _start(Scope(shops=[here]), VideoFactory.create(), by=person)
    theirs = _start(Scope(shops=[there]), VideoFactory.create(), by=admin_user)
    everywhere = _start(Scope(whole_chain=True), VideoFactory.create(), by=admin_user)
    assert set(Emergency.objects.visible_to(person)) == {mine, everywhere}
    for foreign in (theirs, everywhere):
        with pytest.raises(Forbidden):
            end(foreign, by=person, now=NOW)
    end(mine, by=person, now=NOW)
    assert not mine.is_running(NOW)


def test_it_is_found_by_the_places_that_it_touches(admin_user):
    shop, group = ShopFactory.create(), GroupFactory.create()
    in_shop = _start(Scope(shops=[shop]), VideoFactory.create(), by=admin_user)
    everywhere = _start(Scope(whole_chain=True), VideoFactory.create(), by=admin_user)
    assert set(Emergency.objects.touching(shop=shop.public_id)) == {in_shop, everywhere}
    assert set(Emergency.objects.touching(group=group.public_id, device=None)) == {everywhere}
