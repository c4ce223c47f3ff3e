"""The pages of emergencies: what runs, starting one with a look at its reach first, ending it, and who may."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from devices.tests.factories import DeviceFactory, GroupFactory
from locations.models import Chain, ShopLimit
from locations.tests.factories import ShopFactory
from media_library.models import Emergency, Link
from media_library.services.emergency import Scope, start
from media_library.tests.factories import VideoFactory

pytestmark = pytest.mark.django_db

LIST, START = "/admin/media_library/emergency/", "/admin/media_library/emergency/start/"
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
RIGHTS = ["media_library.view_emergency", "media_library.manage_emergencies"]


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOW, tick=False):
        yield


def _form(**values: Any) -> dict[str, Any]:
    video = VideoFactory.create()
    return {"name": "Fire drill", "everywhere": "on", "lasts": 60, "until": "", "order": str(video.public_id)} | values


def _running(by: User, scope: Scope | None = None) -> Emergency:
    until, videos = NOW + timedelta(hours=1), [VideoFactory.create()]
    return start(
        name="Water cut off", scope=scope or Scope(whole_chain=True), videos=videos, until=until, by=by, now=NOW
    )


def test_it_says_how_many_screens_it_takes_over_before_anything_happens(admin_client: Client):
    DeviceFactory.create_batch(2)
    form = _form()
    asked = admin_client.post(START, form)
    page = asked.content.decode()
    assert asked.templates[0].name == "dgx/confirm.html"
    assert "Take over 2 screens (2 of them offline)?" in page
    assert "Everywhere. Until 10 Mar 2026 13:00 UTC, then each screen reverts by itself." in page
    assert not Emergency.objects.exists()
    answer = admin_client.post(START, dict(asked.context["answers"]) | {"_confirmed": "1"}, follow=True)
    made = Emergency.objects.get()
    assert (made.name, made.screens, made.until) == ("Fire drill", 2, NOW + timedelta(hours=1))
    assert "“Fire drill” has 2 screens until 10 Mar 2026 13:00 UTC." in answer.content.decode()


def test_places_videos_in_order_and_an_exact_end_are_taken(admin_client: Client):
    shop, group, screen = ShopFactory.create(), GroupFactory.create(), DeviceFactory.create()
    first, second = VideoFactory.create(), VideoFactory.create()
    places = {"everywhere": "", "shops": [shop.pk], "groups": [group.pk], "devices": [screen.pk]}
    more = {"order": f"{second.public_id},{first.public_id}", "until": "2026-03-11T06:30", "_confirmed": "1"}
    assert admin_client.post(START, _form(**places, **more)).status_code == 302
    made = Emergency.objects.get()
    assert (made.shops, made.groups, made.devices) == ([shop.public_id], [group.public_id], [screen.public_id])
    assert (made.videos, made.until) == ([second.public_id, first.public_id], datetime(2026, 3, 11, 6, 30, tzinfo=UTC))
    assert Link.objects.filter(layer="emergency").count() == 6


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "This field is required."),
        ({"order": ""}, "Choose at least one video."),
        ({"everywhere": "", "_confirmed": "1"}, "Say where"),
        ({"until": "2026-03-10T11:00", "_confirmed": "1"}, "must end in the future"),
        ({"until": "soon"}, "Enter a valid date/time."),
        ({"lasts": "999"}, "Select a valid choice."),
        ({"shops": ["x"]}, "is not a valid value"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_chosen_stays(admin_client: Client, change: dict[str, Any], said: str):
    answer = admin_client.post(START, _form(**change))
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not Emergency.objects.exists()


def test_the_list_shows_what_runs_with_its_end_and_what_is_over(admin_client: Client, admin_user: User):
    _running(admin_user)
    page = admin_client.get(LIST).content.decode()
    assert 'data-until="2026-03-10T13:00:00+00:00"' in page
    assert "End now" in page
    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        page = admin_client.get(LIST).content.decode()
    assert "No emergency is running" in page
    assert "10 Mar 2026 13:00 UTC, by itself" in page


def test_it_is_ended_after_a_question(admin_client: Client, admin_user: User):
    running = _running(admin_user)
    address = reverse("admin:media_library_emergency_end", args=[running.pk])
    assert admin_client.post(address).templates[0].name == "dgx/confirm.html"
    assert Link.objects.exists()
    assert admin_client.post(address, {"_confirmed": "1"}).status_code == 302
    assert not Link.objects.exists()
    again = admin_client.post(address, {"_confirmed": "1"}, follow=True)
    assert "over already" in again.content.decode()
    assert admin_client.post("/admin/media_library/emergency/99999/end/", {"_confirmed": "1"}).status_code == 404


def test_the_pages_that_it_concerns_say_so_and_the_others_do_not(admin_client: Client, admin_user: User):
    shop, other = ShopFactory.create(), ShopFactory.create()
    screen = DeviceFactory.create(shop=shop)
    _running(admin_user, Scope(shops=[shop]))

    def page(name: str, key: int) -> str:
        return admin_client.get(reverse(f"admin:{name}_change", args=[key])).content.decode()

    assert "Emergency “Water cut off”" in page("locations_shop", shop.pk)
    assert "An emergency has the screen" in page("devices_device", screen.pk)
    assert "Water cut off" not in page("locations_shop", other.pk)
    assert "Water cut off" not in page("locations_chain", Chain.objects.get().pk)


def test_whoever_may_see_them_alone_is_offered_nothing_and_may_do_nothing(client: Client, user_with, admin_user: User):
    running = _running(admin_user)
    client.force_login(user_with("media_library.view_emergency"))
    page = client.get(LIST).content.decode()
    assert "Water cut off" in page
    assert not {"Start an emergency", "End now"} & {
        words for words in ("Start an emergency", "End now") if words in page
    }
    assert client.get(START).status_code == 403
    assert client.post(START, _form()).status_code == 403
    address = reverse("admin:media_library_emergency_end", args=[running.pk])
    assert client.post(address, {"_confirmed": "1"}).status_code == 403


def test_a_person_limited_to_a_shop_is_offered_its_places_and_not_every_screen(
    client: Client, user_with, admin_user: User
):
    here, there = ShopFactory.create(name="Here"), ShopFactory.create(name="There")
    theirs = _running(admin_user, Scope(shops=[there]))
    person = user_with(*RIGHTS, "media_library.view_video")
    ShopLimit.objects.create(user=person).shops.add(here)
    client.force_login(person)
    assert "everywhere" not in client.get(START).context["form"].fields
    assert "Water cut off" not in client.get(LIST).content.decode()
    address = reverse("admin:media_library_emergency_end", args=[theirs.pk])
    assert client.post(address, {"_confirmed": "1"}).status_code == 404
    beyond = _form(everywhere="on", shops=[there.pk], _confirmed="1")
    assert client.post(START, beyond).status_code == 200
    assert Emergency.objects.count() == 1
    assert client.post(START, _form(everywhere="", shops=[here.pk], _confirmed="1")).status_code == 302
    assert Emergency.objects.count() == 2
