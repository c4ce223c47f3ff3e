"""The admin's home page: how the fleet is, what is wrong and what to do first; to each person what that person sees."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from devices.models import Device, FleetEvent, FleetSample, Group, Presence, SweepState
from devices.services.samples import start_of_bucket
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.dashboard.page import FIGURES
from dgx.dashboard.tasks import keep_fresh
from locations.models import ShopLimit
from locations.tests.factories import ShopFactory
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db

HOME = "/admin/"


def present(name: str, *, online: bool = True, **fields: Any) -> Device:
    now = timezone.now()
    presence = {key: fields.pop(key) for key in list(fields) if key in {"temperature", "held_tag", "since"}}
    device: Device = DeviceFactory.create(mobile_id=name, **fields)
    measured = {"temperature_at": now} if "temperature" in presence else {}
    held = {"held_at": now - timedelta(days=1)} if "held_tag" in presence else {}
    Presence.objects.filter(device=device).update(
        is_online=online, last_seen_at=now, **{"since": now - timedelta(hours=2), **presence, **measured, **held}
    )
    return device


def statuses(answer: Any) -> dict[str, str]:
    return {row["code"]: row["n"] for row in answer.context["fleet"]["statuses"]}


def test_it_counts_devices_by_status_and_media_by_state(admin_client: Client):
    SweepState.objects.create(swept_at=timezone.now())
    for n, online in enumerate([True, True, False]):
        present(f"device-of-the-home-page-{n}", online=online)
    DeviceFactory.create()
    DeviceFactory.create(state="retired")
    VideoFactory.create(state="failed")
    FleetEvent.objects.create(kind="outage", message="We were away for an hour.")
    answer = admin_client.get(HOME)
    expected = {"online": "2", "offline": "1", "degraded": "0", "late": "0", "never": "1", "retired": "1"}
    assert statuses(answer) == expected
    assert answer.context["fleet"]["share"] == "50"
    tiles = {tile.label: tile.value for tile in answer.context["tiles"]}
    assert tiles == {
        "media ready": "0",
        "in processing": "0",
        "failed": "1",
        "of media stored": "1.0 kB",
        "logs today": "0",
    }
    page = answer.content.decode()
    assert "device-of-the-home-page-2" in page  # it fell silent
    assert "device-of-the-home-page-0" not in page
    assert "We were away for an hour." in page


def test_each_figure_leads_to_a_list_that_opens(admin_client: Client):
    present("silent", online=False, shop=ShopFactory.create(), temperature=80.0)
    LinkFactory.create(group=GroupFactory.create(), valid_until=timezone.now() + timedelta(days=1))
    answer = admin_client.get(HOME)
    context = answer.context
    lists = [row["address"] for row in context["fleet"]["statuses"]]
    lists += [tile.address for tile in (*context["tiles"], *context["coverage"])]
    lists += [row["address"] for row in (*context["silent"], *context["hottest"])]
    lists += [row["behind"] for row in context["changes"]]
    assert len(lists) >= 17
    assert {address: admin_client.get(address).status_code for address in lists} == dict.fromkeys(lists, 200)


def test_the_silent_are_grouped_by_shop_the_latest_first(admin_client: Client):
    now, lyon, bern = timezone.now(), ShopFactory.create(name="Lyon"), ShopFactory.create(name="Bern")
    for n in range(5):
        present(f"lyon-{n}", online=False, shop=lyon, since=now - timedelta(hours=3, minutes=n))
    present("bern", online=False, shop=bern, since=now - timedelta(hours=1))
    present("long-ago", online=False, shop=bern, since=now - timedelta(days=3))
    silent = admin_client.get(HOME).context["silent"]
    assert [(row["name"], row["n"], [label for _, label, _ in row["devices"]], row["more"]) for row in silent] == [
        ("Bern", 1, ["bern"], 0),
        ("Lyon", 5, ["lyon-0", "lyon-1", "lyon-2"], 2),
    ]


def test_changes_say_how_many_screens_hold_them(admin_client: Client):
    group, shop = GroupFactory.create(name="Windows"), ShopFactory.create(name="Lyon")
    screens = [present(f"screen-{n}", group=group, shop=shop, held_tag="d1.0-g1.0-s1.0-c0") for n in range(4)]
    LinkFactory.create(group=group)
    version = Group.objects.get(pk=group.pk).content_version
    Presence.objects.filter(device__in=screens[:3]).update(held_tag=f"d1.0-g{group.pk}.{version}-s{shop.pk}.0-c0")
    LinkFactory.create(layer="default")
    Presence.objects.filter(device=screens[0]).update(held_tag=f"d1.0-g{group.pk}.{version}-s{shop.pk}.0-c1")
    changes = {
        row["label"]: (row["holding"], row["n"], row["left"]) for row in admin_client.get(HOME).context["changes"]
    }
    assert changes == {"Windows": (3, 4, 1), "The whole chain": (1, 4, 3)}


def test_coverage_counts_what_is_missing(admin_client: Client):
    present("idle", shop=ShopFactory.create(name="With a screen"))
    playing = present("playing")
    ShopFactory.create(name="Empty")
    VideoFactory.create()
    LinkFactory.create(device=playing, valid_until=timezone.now() + timedelta(days=2))
    coverage = {tile.label: tile.value for tile in admin_client.get(HOME).context["coverage"]}
    assert coverage == {
        "screens with nothing to play now": "1",
        "screens with nothing to play in the next 7 days": "1",
        "ready media on no device": "1",
        "links that end in the next 7 days": "1",
        "shops without devices": "1",
    }


def test_an_emergency_is_said_above_all_else(admin_client: Client):
    until = timezone.now() + timedelta(hours=2)
    LinkFactory.create(layer="emergency", valid_until=until, video=VideoFactory.create(name="Leave the building"))
    LinkFactory.create(layer="emergency", valid_until=timezone.now() - timedelta(hours=1))
    page = admin_client.get(HOME).content.decode()
    assert page.count("Emergency on air") == 1
    assert "“Leave the building” has taken over" in page
    assert "every screen" in page


def test_a_newcomer_is_told_what_to_do_first(admin_client: Client):
    answer = admin_client.get(HOME)
    assert [(step.title, step.is_done) for step in answer.context["steps"]] == [
        ("Add a shop", False),
        ("Pair a screen", False),
        ("Upload a video", False),
        ("Put it on the screen", False),
    ]
    assert "Coverage" not in answer.content.decode()  # nothing but noughts
    for step in answer.context["steps"]:
        assert admin_client.get(step.address).status_code == 200
    ShopFactory.create()
    assert [step.is_done for step in admin_client.get(HOME).context["steps"]] == [True, False, False, False]
    LinkFactory.create(device=DeviceFactory.create())
    assert admin_client.get(HOME).context["steps"] == []


def test_charts_are_drawn_from_the_samples_with_gaps_where_there_was_none(admin_client: Client):
    present("screen")
    now = start_of_bucket(timezone.now())
    for minutes, online in ((0, 7), (10, 8), (40, 9)):
        FleetSample.objects.create(
            at=now - timedelta(minutes=minutes),
            devices=10,
            online=online,
            measured=2,
            temperature_mean=40,
            temperature_max=50,
        )
    charts = admin_client.get(HOME).context["charts"]
    assert sorted(charts) == ["presence_day", "temperature_day"]
    online, in_service = json.loads(charts["presence_day"])["datasets"]
    assert (online["label"], online["data"][-5:]) == ("Online", [9, None, None, 8, 7])
    assert in_service["data"][-5:] == [10, None, None, 10, 10]
    assert [line["data"][-1] for line in json.loads(charts["temperature_day"])["datasets"]] == [50, 40]


def test_figures_are_computed_once_a_minute_and_say_how_old_they_are(
    admin_client: Client, django_assert_max_num_queries: Any, time_machine: Any
):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    present("first")
    admin_client.get(HOME)
    present("second")
    time_machine.move_to(start + timedelta(seconds=30), tick=False)
    with django_assert_max_num_queries(12):
        answer = admin_client.get(HOME)
    assert answer.context["fleet"]["in_service"] == 1
    assert answer.context["ages"]["statuses"] == "30 s ago"
    time_machine.move_to(start + timedelta(seconds=61), tick=False)
    assert admin_client.get(HOME).context["fleet"]["in_service"] == 2


def test_a_task_computes_what_they_see_who_are_not_limited_before_they_come(
    admin_client: Client, django_assert_max_num_queries: Any, time_machine: Any
):
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    present("first")
    assert keep_fresh() == len(FIGURES)
    present("second")
    time_machine.move_to(start + timedelta(seconds=45), tick=False)
    with django_assert_max_num_queries(12):
        answer = admin_client.get(HOME)
    assert (answer.context["fleet"]["in_service"], answer.context["ages"]["statuses"]) == (1, "45 s ago")


def test_whoever_is_limited_to_a_shop_sees_that_shop_counted(client: Client, admin_client: Client, user_with: Any):
    lyon, bern = ShopFactory.create(name="Lyon"), ShopFactory.create(name="Bern")
    present("in-lyon", online=False, shop=lyon, temperature=50.0)
    present("in-bern", online=False, shop=bern, temperature=60.0)
    admin_client.get(HOME)  # fills the cache for those without a limit
    someone = user_with("devices.view_device", "locations.view_shop")
    ShopLimit.objects.create(user=someone).shops.set([lyon])
    client.force_login(someone)
    answer = client.get(HOME)
    assert answer.context["fleet"]["in_service"] == 1
    page = answer.content.decode()
    assert "in-lyon" in page
    assert "in-bern" not in page


def test_whoever_may_see_nothing_sees_nothing(client: Client, user_with: Any):
    present("a-device", online=False)
    client.force_login(user_with())
    answer = client.get(HOME)
    assert answer.status_code == 200
    assert "Your account has no role." in answer.content.decode()
    assert [answer.context.get(name) for name in ("fleet", "silent", "changes", "events")] == [None] * 4
    assert (answer.context["tiles"], answer.context["coverage"], answer.context["steps"]) == ([], [], [])


def test_our_pages_hold_no_scripts_or_styles_of_their_own(admin_client: Client):
    present("screen", online=False)
    LinkFactory.create(layer="emergency", valid_until=timezone.now() + timedelta(hours=2))
    page = admin_client.get(HOME).content.decode()
    ours = page[page.index("dgx-home__") : page.rindex("Fleet events")]
    assert "<script" not in ours
    assert " style=" not in ours
    assert " onclick=" not in ours


def test_logging_in_leads_to_it(client: Client, admin_user: User):
    cache.clear()
    values = {"username": "admin", "password": "correct horse battery"}
    assert client.post("/admin/login/", values)["Location"] == HOME
