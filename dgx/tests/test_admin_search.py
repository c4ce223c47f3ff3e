"""The admin's search finds lists and objects, tells each device's status of now, and shows nobody another's."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from devices.models import Presence
from devices.tests.factories import DeviceFactory, GroupFactory
from locations.models import ShopLimit
from locations.tests.factories import ShopFactory
from media_library.tests.factories import VideoFactory

pytestmark = pytest.mark.django_db

SEARCH = "/admin/search/"


def found(client: Client, term: str) -> dict[str, str]:
    answer = client.get(SEARCH, {"s": term, "extended": "1"})
    return {result.title: result.description for result in answer.context["results"]} if answer.content else {}


def test_it_finds_objects_of_each_kind_and_says_how_a_device_does(admin_client: Client):
    shop = ShopFactory.create(name="North", code="N-1")
    device = DeviceFactory.create(mobile_id="north-window", shop=shop)
    GroupFactory.create(name="Northern")
    VideoFactory.create(name="north.mp4")
    assert found(admin_client, "north") == {
        "north-window": "Device · Never seen · North",
        "North": "Shop · N-1",
        "Northern": "Group",
        "north.mp4": "Media · Ready",
    }
    now = timezone.now()
    Presence.objects.filter(device=device).update(is_online=False, last_seen_at=now, since=now)
    assert found(admin_client, "north-w") == {"north-window": "Device · Offline for 0 s · North"}


def test_it_finds_lists_by_name(admin_client: Client):
    answer = admin_client.get(SEARCH, {"s": "enrolment"})
    assert "/admin/devices/enrolmentkey/" in [result.link for result in answer.context["results"]]


def test_it_names_a_few_of_many_and_costs_the_same(admin_client: Client, django_assert_max_num_queries: Any):
    for n in range(30):
        DeviceFactory.create(mobile_id=f"till-{n:02}")
    with django_assert_max_num_queries(12):
        assert len(found(admin_client, "till-")) == 8


@pytest.mark.parametrize("term", ["", "  ", "a\x00b", "x" * 5000])
def test_a_term_that_cannot_be_searched_for_finds_nothing(admin_client: Client, term: str):
    DeviceFactory.create()
    assert found(admin_client, term) == {}


def test_whoever_is_limited_to_a_shop_finds_what_is_there(client: Client, user_with: Any):
    lyon, bern = ShopFactory.create(name="Lyon"), ShopFactory.create(name="Bern")
    DeviceFactory.create(mobile_id="screen-lyon", shop=lyon)
    DeviceFactory.create(mobile_id="screen-bern", shop=bern)
    someone = user_with("devices.view_device")
    ShopLimit.objects.create(user=someone).shops.set([lyon])
    client.force_login(someone)
    assert list(found(client, "screen-")) == ["screen-lyon"]
    assert found(client, "lyon") == {"screen-lyon": "Device · Never seen · Lyon"}  # the shop itself needs its right


def test_a_visitor_is_asked_to_log_in(client: Client):
    assert client.get(SEARCH, {"s": "screen"}).status_code == 302
