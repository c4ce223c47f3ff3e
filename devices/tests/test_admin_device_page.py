"""What a device's page opens with: its status and evidence, what it holds and should hold, how available it was."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from devices.models import Device, Group, Presence, PresenceFlip, SweepState
from devices.services.content import Awaited, awaited, versions_in
from devices.services.uptime import availability, last_days, last_hours, sessions_of
from devices.tests.factories import DeviceFactory, GroupFactory
from locations.models import Chain
from locations.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 30, 12, tzinfo=UTC)


def _page(device: Device) -> str:
    return reverse("admin:devices_device_change", args=[device.pk])


def _reporting(device: Device, **values: Any) -> None:
    now = timezone.now()
    SweepState.objects.update_or_create(pk=1, defaults={"swept_at": now})
    given = {"is_online": True, "last_seen_at": now, "since": now - timedelta(hours=2)} | values
    Presence.objects.filter(device=device).update(**given)


def _tagged(device: Device) -> Any:
    return Device.objects.with_presence().with_tag().get(pk=device.pk)


def test_it_opens_with_the_status_its_reason_and_the_evidence(admin_client: Client):
    device = DeviceFactory.create(shop=ShopFactory.create(), screen="1920x1080", app_version="3.2")
    values = {"temperature": 41.5, "temperature_at": timezone.now(), "clock_offset_s": -150.0, "boot_id": "abcdef"}
    _reporting(device, **values, storage_free=21_000_000_000)
    page = admin_client.get(_page(device)).content.decode()
    assert "Degraded" in page
    assert "Its clock is 2 min 30 s behind" in page
    for evidence in ("41.5 °C", "2 min 30 s behind", "21.0 GB", "3.2", "abcdef", "1920x1080"):
        assert f">{evidence}</dd>" in page


def test_the_form_is_a_tab_behind_the_overview(admin_client: Client):
    device = DeviceFactory.create()
    page = admin_client.get(_page(device)).content.decode()
    assert page.index('id="general-group"') < page.index('id="settings-group"')
    titles = [item["title"] for item in admin_client.get(_page(device)).context["tab_list"][0]["items"]]
    assert titles[:2] == ["Overview", "Playlist"]
    assert {"Settings", "Reports", "Why?"} < set(titles)


def test_whoever_may_see_the_device_alone_is_shown_no_tab_of_what_they_may_not_see(client: Client, user_with):
    device = DeviceFactory.create()
    client.force_login(user_with("devices.view_device"))
    titles = [item["title"] for item in client.get(_page(device)).context["tab_list"][0]["items"]]
    assert titles == ["Overview", "Settings", "Changes"]


def test_it_says_which_version_it_holds_which_waits_since_when_and_that_it_was_offline(admin_client: Client):
    group = GroupFactory.create(name="Menu boards")
    device = DeviceFactory.create(group=group, shop=ShopFactory.create(timezone="Europe/Berlin"))
    held = _tagged(device).tag
    group.__class__.objects.filter(pk=group.pk).bump()
    group.refresh_from_db()
    _reporting(device, held_tag=held, held_at=timezone.now() - timedelta(hours=3), is_online=False)
    page = admin_client.get(_page(device)).content.decode()
    local = group.content_changed_at.astimezone(device.shop.zone)
    assert f"Group Menu boards: holds v0, v1 waits since {local:%H:%M}, it was offline" in page


def test_what_waits_is_told_part_by_part_and_nothing_of_what_it_holds():
    group, shop = GroupFactory.create(), ShopFactory.create()
    device = DeviceFactory.create(group=group, shop=shop)
    held = _tagged(device).tag
    _reporting(device, held_tag=held)
    assert awaited(_tagged(device)) == []
    Chain.objects.update(content_version=5)
    Device.objects.filter(pk=device.pk).bump()
    changed = Device.objects.get(pk=device.pk).content_changed_at
    chain = Chain.objects.get()
    assert awaited(_tagged(device)) == [
        Awaited("the whole chain", 0, 5, chain.content_changed_at),
        Awaited("the device's own playlist", versions_in(held)["device"][1], device.content_version + 1, changed),  # type: ignore[index]
    ]


def test_a_device_that_came_into_another_group_holds_none_of_its_content():
    old, new = GroupFactory.create(), GroupFactory.create()
    device = DeviceFactory.create(group=old)
    _reporting(device, held_tag=_tagged(device).tag)
    Device.objects.filter(pk=device.pk).assign(group=new)
    Group.objects.filter(pk=new.pk).bump()
    assert [(step.of, step.held) for step in awaited(_tagged(device)) if step.of.startswith("group")] == [
        (f"group {new}", None)
    ]


@pytest.mark.parametrize("tag", ["", "v1", "d1.2", "d1.2-g3.4-s5.6-cx", "x" * 64])
def test_a_tag_that_is_not_ours_names_no_versions(tag: str):
    assert versions_in(tag) is None


def test_availability_is_the_share_of_what_is_known():
    def flip(online: bool, hours_ago: float) -> PresenceFlip:
        return PresenceFlip(is_online=online, at=NOON - timedelta(hours=hours_ago), reason="report")

    sessions = sessions_of([flip(True, 12), flip(False, 6), flip(True, 3)], before=None, start=None, stop=NOON)
    day = availability(sessions, NOON - timedelta(days=1), NOON)
    assert (day.online_s, day.offline_s, day.share) == (9 * 3600, 3 * 3600, 0.75)
    assert availability(sessions, NOON - timedelta(days=3), NOON - timedelta(days=2)).share is None


def test_days_are_the_shops_and_the_day_on_which_the_clocks_change_is_shorter():
    shop = ShopFactory.build(timezone="Europe/Berlin")
    days = last_days(NOON, 3, shop.zone)
    lengths = [(end - start) / timedelta(hours=1) for start, end in days]
    assert lengths == [24, 23, 14]
    assert last_hours(NOON + timedelta(minutes=5), 2) == [
        (NOON - timedelta(hours=1), NOON),
        (NOON, NOON + timedelta(minutes=5)),
    ]


def test_the_page_shows_a_day_a_week_and_a_month(admin_client: Client):
    device = DeviceFactory.create()
    now = timezone.now()
    _reporting(device)
    for online, ago in ((True, timedelta(days=40)), (False, timedelta(hours=7)), (True, timedelta(hours=1))):
        PresenceFlip.objects.create(device=device, is_online=online, at=now - ago, reason="report")
    page = admin_client.get(_page(device)).content.decode()
    assert [figure in page for figure in ("75.0 %", "96.4 %", "99.2 %")] == [True, True, True]
    assert page.count("dgx-cell--bad") + page.count("dgx-cell--warn") >= 6


def test_a_device_that_flips_without_end_is_read_to_a_limit(admin_client: Client, monkeypatch):
    monkeypatch.setattr("devices.admin.overview.FLIPS_READ", 10)
    device = DeviceFactory.create()
    now = timezone.now()
    PresenceFlip.objects.bulk_create(
        PresenceFlip(device=device, is_online=n % 2 == 0, at=now - timedelta(minutes=n), reason="report")
        for n in range(40)
    )
    assert admin_client.get(_page(device)).status_code == 200


def test_the_page_takes_twelve_queries_at_most(admin_client: Client, django_assert_max_num_queries):
    device = DeviceFactory.create(group=GroupFactory.create(), shop=ShopFactory.create())
    _reporting(device, held_tag="d1.1-g1.1-s1.1-c0")
    admin_client.get(_page(device))
    with django_assert_max_num_queries(12):
        assert admin_client.get(_page(device)).status_code == 200
