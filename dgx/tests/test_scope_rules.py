"""What a limited person may change: a device stays in their shops, a link reaches no screen outside of them, and what
both see is changed by nobody who is limited."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from devices.models import Device, EnrolmentKey, Group, Pairing
from devices.services.enrolment import start_pairing
from dgx.core.models import ApiKey
from dgx.core.tests.contract import assert_refused
from dgx.tests.two_shops import TwoShops
from locations.models import Shop, ShopLimit
from media_library.models import Link, Video
from media_library.tests.factories import VideoFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db):
    return TwoShops()


@pytest.fixture
def person(world):
    """May do everything, in one shop."""
    limited = world.limit(User.objects.create_superuser("limited"))
    return User.objects.get(pk=limited.pk)


@pytest.fixture
def limited_api(api, person):
    api.force_authenticate(person)
    return api


@pytest.fixture
def browser(person):
    client = Client()
    client.force_login(person)
    return client


def named(row):
    return str(row.public_id)


class TestDevices:
    def test_one_is_registered_in_ones_own_shop_alone(self, limited_api, world):
        for place, status in ((named(world.shop), 201), (named(world.other_shop), 404), (None, 403)):
            body = {"mobile_id": f"new-{status}", "shop": place}
            assert limited_api.post("/api/v1/devices", body).status_code == status
        assert list(Device.objects.filter(mobile_id__startswith="new").values_list("mobile_id", flat=True)) == [
            "new-201"
        ]

    def test_one_is_moved_neither_to_a_foreign_shop_nor_out_of_any(self, limited_api, world):
        address = f"/api/v1/devices/{named(world.screen)}"
        assert limited_api.patch(address, {"shop": named(world.other_shop)}).status_code == 404
        assert_refused(limited_api.patch(address, {"shop": None}), 403, "permission_denied")
        world.screen.refresh_from_db()
        assert world.screen.shop == world.shop

    def test_one_joins_a_group_in_sight_and_no_other(self, limited_api, world):
        address = f"/api/v1/devices/{named(world.screen)}"
        assert limited_api.patch(address, {"group": named(world.foreign[Group][0])}).status_code == 404
        assert limited_api.patch(address, {"group": named(world.shared)}).status_code == 200

    def test_the_form_asks_for_a_shop_and_offers_ones_own(self, browser, world):
        page = browser.get(f"/admin/devices/device/{world.screen.pk}/change/")
        fields = page.context["adminform"].form.fields
        assert (fields["shop"].required, list(fields["shop"].queryset)) == (True, [world.shop])
        assert set(fields["group"].queryset) == {world.own[Group][0], world.shared}


class TestGroupsAndShops:
    def test_they_are_made_by_the_unlimited(self, limited_api, browser):
        for resource in ("groups", "shops"):
            assert_refused(limited_api.post(f"/api/v1/{resource}", {"name": "new"}), 403, "permission_denied")
        assert browser.get("/admin/devices/group/add/").status_code == 403
        assert browser.get("/admin/locations/shop/add/").status_code == 403
        assert not Group.objects.filter(name="new").exists()
        assert not Shop.objects.filter(name="new").exists()

    def test_a_group_of_ones_own_shop_is_changed(self, limited_api, world):
        group = world.own[Group][0]
        assert limited_api.patch(f"/api/v1/groups/{named(group)}", {"name": "windows"}).status_code == 200
        body = {"videos": [named(world.video)]}
        assert limited_api.put(f"/api/v1/groups/{named(group)}/videos", body).status_code == 200

    def test_a_group_of_both_shops_is_read(self, limited_api, browser, world):
        address = f"/api/v1/groups/{named(world.shared)}"
        assert limited_api.get(address).status_code == 200
        assert_refused(limited_api.patch(address, {"name": "x"}), 403, "permission_denied")
        assert_refused(limited_api.put(f"{address}/videos", {"videos": []}), 403, "permission_denied")
        page = browser.get(f"/admin/devices/group/{world.shared.pk}/change/").content.decode()
        assert 'name="_save"' not in page

    def test_what_keeps_a_shop_from_deletion_is_named_as_far_as_it_is_seen(self, limited_api, world):
        Link.objects.create(video=world.video, shop=world.shop, group=world.foreign[Group][0])
        answer = limited_api.delete(f"/api/v1/shops/{named(world.shop)}")
        detail = answer.json()["detail"]
        assert (answer.status_code, detail["total"]) == (409, 6)
        assert len(detail["uses"]) == 5


class TestLinks:
    def test_one_reaches_ones_own_screens_alone(self, limited_api, world):
        film, own = named(VideoFactory.create()), world.own
        asked = [
            ({"device": named(world.screen)}, 201),
            ({"shop": named(world.shop)}, 201),
            ({"group": named(own[Group][0])}, 201),
            ({"group": named(world.shared), "shop": named(world.shop)}, 201),
            ({"group": named(world.shared)}, 403),
            ({"layer": "default"}, 403),
            ({"device": named(world.other_screen)}, 404),
            ({"shop": named(world.other_shop)}, 404),
            ({"group": named(world.foreign[Group][0])}, 404),
        ]
        answers = [limited_api.post("/api/v1/links", {"video": film, **body}).status_code for body, _status in asked]
        assert answers == [status for _body, status in asked]
        assert Link.objects.filter(video__public_id=film).count() == 4

    def test_a_bulk_with_one_beyond_is_refused_as_a_whole(self, limited_api, world):
        film = named(VideoFactory.create())
        body = {"links": [{"video": film, "shop": named(world.shop)}, {"video": film, "group": named(world.shared)}]}
        assert_refused(limited_api.post("/api/v1/links/bulk", body), 403, "permission_denied")
        assert not Link.objects.filter(video__public_id=film).exists()

    def test_the_order_of_links_beyond_stays(self, limited_api, world):
        beyond, foreign = named(world.beyond[0]), named(world.foreign[Link][0])
        assert_refused(limited_api.post("/api/v1/links/reorder", {"links": [beyond]}), 403, "permission_denied")
        assert_refused(limited_api.post("/api/v1/links/reorder", {"links": [foreign]}), 404, "link_not_found")

    def test_exceptions_that_are_out_of_sight_stay(self, limited_api, world):
        link = world.own[Link][2]
        hidden = set(link.except_devices.all())
        answer = limited_api.patch(f"/api/v1/links/{named(link)}", {"except_devices": [named(world.screen)]})
        assert answer.json()["except_devices"] == [named(world.screen)]
        assert set(link.except_devices.all()) == {*hidden, world.screen}

    def test_the_admin_refuses_a_link_beyond_and_says_so(self, browser, world):
        values = {"video": VideoFactory.create().pk, "group": world.shared.pk, "layer": "regular"}
        empty = {"exceptions-TOTAL_FORMS": "0", "exceptions-INITIAL_FORMS": "0"}
        before = Link.objects.count()
        answer = browser.post("/admin/media_library/link/add/", {**values, **empty}, follow=True)
        assert "You are limited to some shops" in answer.content.decode()
        assert Link.objects.count() == before


class TestMedia:
    def test_the_library_is_everybodys_and_what_plays_elsewhere_stays_as_it_is(self, limited_api, world):
        everything = limited_api.get("/api/v1/videos").json()["count"]
        assert everything == Video.objects.count()
        address = f"/api/v1/videos/{named(world.video)}"
        assert_refused(limited_api.patch(address, {"name": "x"}), 403, "permission_denied")
        alone = world.own[Link][0].video
        assert limited_api.patch(f"/api/v1/videos/{named(alone)}", {"name": "mine"}).status_code == 200

    def test_its_uses_are_those_in_sight(self, limited_api, world):
        uses = limited_api.get(f"/api/v1/videos/{named(world.video)}/usage").json()
        assert {use["id"] for use in uses["results"]} == {named(link) for link in world.own[Link][1:]}


class TestDoors:
    def test_a_screen_is_let_in_to_ones_own_shop_by_its_code(self, limited_api, world):
        code = start_pairing(mobile_id="new", details={}).pairing.code
        address = "/api/v1/pairings/approve"
        assert set(assert_refused(limited_api.post(address, {"code": code}), 400)["fields"]) == {"shop"}
        assert limited_api.post(address, {"code": code, "shop": named(world.other_shop)}).status_code == 404
        assert limited_api.post(address, {"code": code, "shop": named(world.shop)}).status_code == 200
        assert Device.objects.get(mobile_id="new").shop == world.shop

    def test_a_screen_that_is_registered_in_a_foreign_shop_is_not_let_in(self, limited_api, world):
        Device.objects.create(mobile_id="registered", shop=world.other_shop)
        code = start_pairing(mobile_id="registered", details={}).pairing.code
        body = {"code": code, "shop": named(world.shop)}
        assert_refused(limited_api.post("/api/v1/pairings/approve", body), 403, "permission_denied")
        assert Pairing.objects.get(code=code).state == "pending"

    def test_no_list_shows_who_waits(self, limited_api, browser):
        code = start_pairing(mobile_id="waits-for-somebody", details={}).pairing.code
        assert code not in limited_api.get("/api/v1/pairings").content.decode()
        assert "waits-for-somebody" not in browser.get("/admin/devices/pairing/").content.decode()
        assert "waits-for-somebody" in browser.get(f"/admin/devices/pairing/approve/?code={code}").content.decode()

    def test_an_enrolment_key_leads_to_ones_own_shop(self, limited_api, world):
        address, before = "/api/v1/enrolment-keys", EnrolmentKey.objects.count()
        assert set(assert_refused(limited_api.post(address, {"label": "x"}), 400)["fields"]) == {"shop"}
        assert limited_api.post(address, {"label": "x", "shop": named(world.other_shop)}).status_code == 404
        assert limited_api.post(address, {"label": "x", "shop": named(world.shop)}).status_code == 201
        assert EnrolmentKey.objects.count() == before + 1

    def test_the_old_routes_refuse_the_limited_and_their_keys(self, client, person):
        _key, secret = ApiKey.issue(name="stock", user=person, scope="write")
        answer = client.get("/devices", headers={"x-api-key": secret})
        assert answer.status_code == 403
        assert answer.json() == {
            "detail": "You are limited to some shops, and these routes know no limit. Use /api/v1."
        }
        ShopLimit.objects.filter(user=person).delete()
        assert client.get("/devices", headers={"x-api-key": secret}).status_code == 200

    def test_an_api_key_has_its_users_limit(self, client, person, world):
        _key, secret = ApiKey.issue(name="stock", user=person)
        found = client.get("/api/v1/devices", headers={"x-api-key": secret}).json()
        assert {each["id"] for each in found["results"]} == {named(device) for device in world.own[Device]}
