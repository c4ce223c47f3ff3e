"""The admin's home page says how the fleet is, to each person what that person may see."""

import pytest
from django.test import Client
from django.utils import timezone

from devices.models import FleetEvent, Presence
from devices.tests.factories import DeviceFactory
from media_library.tests.factories import VideoFactory

pytestmark = pytest.mark.django_db

HOME = "/admin/"


def test_it_counts_devices_by_presence_and_media_by_state(admin_client: Client, django_assert_max_num_queries):
    now = timezone.now()
    for n, (online, seen) in enumerate([(True, now), (True, now), (False, now), (False, None)]):
        device = DeviceFactory.create(mobile_id=f"device-of-the-home-page-{n}")
        Presence.objects.filter(device=device).update(is_online=online, last_seen_at=seen, since=seen)
    DeviceFactory.create(state="retired")
    VideoFactory.create(state="failed")
    FleetEvent.objects.create(kind="outage", message="We were away for an hour.")
    with django_assert_max_num_queries(10):
        answer = admin_client.get(HOME)
    assert answer.context["fleet"] == {"online": 2, "offline": 1, "never": 1}
    assert answer.context["media_states"] == {"ready": 0, "processing": 0, "failed": 1}
    page = answer.content.decode()
    assert "device-of-the-home-page-2" in page
    assert "device-of-the-home-page-0" not in page
    assert "We were away for an hour." in page


def test_an_empty_installation_says_so(admin_client: Client):
    page = admin_client.get(HOME).content.decode()
    assert "No device is silent." in page


def test_whoever_may_see_nothing_sees_nothing(client: Client, user_with):
    DeviceFactory.create()
    client.force_login(user_with())
    answer = client.get(HOME)
    assert answer.status_code == 200
    assert [answer.context.get(name) for name in ("fleet", "silent", "media_states", "events")] == [None] * 4


def test_our_pages_hold_no_scripts_of_their_own(admin_client: Client):
    page = admin_client.get(HOME).content.decode()
    start = page.index('<div class="dgx-tiles">')
    assert "<script" not in page[start : page.index("</section>", start)]


def test_logging_in_leads_to_it(client: Client, admin_user):
    values = {"username": "admin", "password": "correct horse battery"}
    assert client.post("/admin/login/", values)["Location"] == HOME
