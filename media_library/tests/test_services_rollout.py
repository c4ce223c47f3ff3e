"""How far a change has come on the screens of a group, a shop or the whole chain."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from devices.models import Device, Group, Presence
from devices.tests.factories import DeviceFactory, GroupFactory
from locations.models import Chain, Shop, ShopLimit
from locations.tests.factories import ShopFactory
from media_library.services.rollout import Rollout, laggards_of, rollout_of, unfinished

pytestmark = pytest.mark.django_db


@pytest.fixture
def group() -> Group:
    made: Group = GroupFactory.create(name="Windows")
    return made


def _screen(group: Group | None, holds: str = "", **presence: Any) -> Device:
    """A player; `holds` is a tag, or “present” for what it should hold."""
    device: Device = DeviceFactory.create(group=group, shop=presence.pop("shop", None))
    tag = Device.objects.with_tag().get(pk=device.pk).tag if holds == "present" else holds  # type: ignore[attr-defined]
    given = {"is_online": True, "last_seen_at": timezone.now(), "held_tag": tag} | presence
    Presence.objects.filter(device=device).update(**given)
    return device


def _publish(group: Group) -> Group:
    Group.objects.filter(pk=group.pk).bump()
    group.refresh_from_db()
    return group


def test_every_screen_is_counted_once_where_it_stands(group: Group, admin_user):
    old = _screen(group, "present")
    _publish(group)
    _screen(group, "present")
    _screen(group, "", missing=2)
    _screen(group, Device.objects.with_tag().get(pk=old.pk).tag, is_online=False)  # type: ignore[attr-defined]
    _screen(group, "d9.0-g1.0-s0.0-c0", is_online=False)
    DeviceFactory.create(group=group)
    DeviceFactory.create(group=group, kind="sensor")
    DeviceFactory.create(group=group, state="retired")
    _screen(GroupFactory.create(), "present")
    found = rollout_of(group, admin_user)
    assert found == Rollout(group, 1, group.content_changed_at, 6, 2, 1, 1, 1, 1)
    words = "v1: 2 of 6 hold it, 1 downloading, 1 not taken up yet, 1 offline, 1 never seen"
    assert (found.in_words(), found.is_complete, found.percent) == (words, False, 33)


def test_a_version_that_only_begins_alike_is_another(group: Group, admin_user):
    Group.objects.filter(pk=group.pk).update(content_version=1)
    group.refresh_from_db()
    _screen(group, f"d1.0-g{group.pk}.12-s0.0-c0")
    _screen(group, f"d1.0-g{group.pk}1.1-s0.0-c0")
    assert rollout_of(group, admin_user).holding == 0


def test_shops_and_the_whole_chain_are_counted_by_their_own_version(admin_user):
    shop = ShopFactory.create()
    _screen(None, "present", shop=shop)
    Shop.objects.filter(pk=shop.pk).update(content_version=5)
    Chain.objects.update(content_version=7)
    shop.refresh_from_db()
    assert [rollout_of(each, admin_user).holding for each in (shop, Chain.objects.get())] == [0, 0]
    _screen(None, "present", shop=shop)
    assert [rollout_of(each, admin_user).holding for each in (shop, Chain.objects.get())] == [1, 1]


def test_the_laggards_come_with_their_status(group: Group, admin_user, django_assert_num_queries):
    late = _screen(group, "x", is_online=False)
    _screen(group, "present")
    with django_assert_num_queries(3):  # the third reads the person's limit
        [found] = laggards_of(group, admin_user, timezone.now())
        assert (found, found.progress) == (late, "offline")
        assert found.status


def test_changes_on_their_way_are_listed_the_latest_first_and_finished_or_old_ones_are_not(
    group: Group, admin_user, django_assert_max_num_queries
):
    done, old = GroupFactory.create(), GroupFactory.create()
    shop = ShopFactory.create()
    _screen(group, "x", shop=shop)
    _screen(old, "x")
    _publish(group)
    _publish(done)
    _screen(done, "present")
    Shop.objects.filter(pk=shop.pk).update(content_version=1)
    now = timezone.now()
    with django_assert_max_num_queries(6):
        found = unfinished(admin_user, now)
    assert [str(each.target) for each in found] == [str(shop), "Windows"]
    assert unfinished(admin_user, now + timedelta(days=8)) == []


def test_a_person_limited_to_a_shop_counts_the_screens_there_alone(group: Group, user_with):
    here, there = ShopFactory.create(), ShopFactory.create()
    _screen(group, "x", shop=here)
    _screen(group, "x", shop=there)
    person = user_with()
    ShopLimit.objects.create(user=person).shops.add(here)
    assert rollout_of(_publish(group), person).total == 1
