"""/api/v1/pairings and /api/v1/enrolment-keys."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from devices.models import Device, EnrolmentKey
from devices.services.enrolment import enrol_with_key, make_enrolment_key, start_pairing
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.errors import Invalid
from dgx.core.tests.contract import NO_SUCH, ReadContract, assert_refused, key_client
from locations.models import ShopLimit
from locations.tests.factories import ShopFactory

PAIRINGS = "/api/v1/pairings"
KEYS = "/api/v1/enrolment-keys"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def pairing(mobile_id="screen-1"):
    return start_pairing(mobile_id=mobile_id, details={"name": "Door", "screen": "1920x1080"}).pairing


class TestPairings(ReadContract):
    route = PAIRINGS
    permission = "devices.pairing"
    list_queries = 2
    made = 0

    def make(self):
        self.made += 1
        return pairing(f"screen-{self.made}")


class TestApprove:
    """POST …/approve."""

    @time_machine.travel(NOON, tick=False)
    def test_the_typed_code_lets_the_device_in_where_the_operator_says(self, admin_api, admin_user):
        group, shop = GroupFactory.create(), ShopFactory.create()
        waiting = pairing()
        body = {"code": f" {waiting.code.lower()} ", "group": str(group.public_id), "shop": str(shop.public_id)}
        answer = admin_api.post(f"{PAIRINGS}/approve/", body).json()
        device = Device.objects.get(mobile_id="screen-1")
        assert (device.group, device.shop, device.name) == (group, shop, "Door")
        assert answer == {
            "id": str(waiting.public_id),
            "code": waiting.code,
            "mobile_id": "screen-1",
            "kind": "player",
            "name": "Door",
            "screen": "1920x1080",
            "app_version": "",
            "state": "approved",
            "group": str(group.public_id),
            "shop": str(shop.public_id),
            "device": str(device.public_id),
            "expires_at": "2026-01-31T12:15:00Z",
            "created_at": "2026-01-31T12:00:00Z",
        }

    def test_it_can_give_the_device_a_name(self, admin_api):
        assert admin_api.post(f"{PAIRINGS}/approve", {"code": pairing().code, "name": "Left window"}).status_code == 200
        assert Device.objects.get().name == "Left window"

    @pytest.mark.parametrize("name", ["x" * 256, "a\x00b", []])
    def test_a_name_that_cannot_be_is_refused_by_its_field(self, admin_api, name):
        body = {"code": pairing().code, "name": name}
        assert list(assert_refused(admin_api.post(f"{PAIRINGS}/approve", body), 400)["fields"]) == ["name"]
        assert not Device.objects.exists()

    def test_a_code_that_no_screen_shows_is_a_404(self, admin_api):
        assert_refused(admin_api.post(f"{PAIRINGS}/approve", {"code": "AAAAAA"}), 404, "pairing_not_found")

    def test_a_code_is_dead_after_fifteen_minutes(self, admin_api):
        with time_machine.travel(NOON, tick=False):
            code = pairing().code
        with time_machine.travel(NOON + timedelta(minutes=16), tick=False):
            assert_refused(admin_api.post(f"{PAIRINGS}/approve", {"code": code}), 404, "pairing_not_found")

    @pytest.mark.parametrize(
        "body", [{}, {"code": "a\x00"}, {"code": "x" * 300}, {"code": ["A"]}, {"code": "A", "x": 1}]
    )
    def test_a_body_that_makes_no_sense_is_refused(self, admin_api, body):
        assert_refused(admin_api.post(f"{PAIRINGS}/approve", body), 400, "invalid")

    def test_an_unknown_group_is_a_404_and_the_code_stays_good(self, admin_api):
        code = pairing().code
        assert_refused(admin_api.post(f"{PAIRINGS}/approve", {"code": code, "group": NO_SUCH}), 404, "group_not_found")
        assert admin_api.post(f"{PAIRINGS}/approve", {"code": code}).status_code == 200

    def test_a_viewer_may_not(self, api, user_with):
        api.force_authenticate(user_with("devices.view_pairing", "devices.change_pairing"))
        assert_refused(api.post(f"{PAIRINGS}/approve", {"code": pairing().code}), 403, "permission_denied")


class TestGuessing:
    """POST …/approve, by somebody who does not know the code."""

    wrong = {"code": "AAAAAA"}

    @pytest.fixture
    def limited(self, user_with):
        """Lets screens in to a shop of theirs, and sees in no list which ones wait."""
        person = user_with("devices.view_pairing", "devices.change_pairing", "devices.add_device")
        ShopLimit.objects.create(user=person).shops.add(ShopFactory.create())
        return person

    @staticmethod
    def right(person):
        return {"code": pairing().code, "shop": str(person.shop_limit.shops.get().public_id)}

    @time_machine.travel(NOON, tick=False)
    def test_wrong_codes_are_limited_by_person(self, api, admin_api, limited):
        api.force_authenticate(limited)
        program, right = key_client(limited, "write"), self.right(limited)
        for client in (api, program) * 15:
            assert_refused(client.post(f"{PAIRINGS}/approve", self.wrong), 404, "pairing_not_found")
        for body in (self.wrong, right):  # nor are they told that this one is right
            response = program.post(f"{PAIRINGS}/approve", body)
            said = assert_refused(response, 429, "throttled")["message"]
            assert said == "Too many codes: 30 in 60 seconds are allowed. Try again in 1 second."
            assert response["Retry-After"] == "1"
            assert (response["RateLimit-Policy"], response["RateLimit"]) == (
                '"pairing-code";q=30;w=60',
                '"pairing-code";r=0;t=1',
            )
        assert_refused(admin_api.post(f"{PAIRINGS}/approve", self.wrong), 404, "pairing_not_found")
        with time_machine.travel(NOON + timedelta(seconds=1), tick=False):
            assert program.post(f"{PAIRINGS}/approve", right).json()["state"] == "approved"

    def test_a_replacement_is_another_door_for_the_same_count(self, admin_api):
        device = DeviceFactory.create(mobile_id="screen-0")
        with time_machine.travel(NOON, tick=False):
            for _ in range(30):
                admin_api.post(f"{PAIRINGS}/approve", self.wrong)
            answer = admin_api.post(f"/api/v1/devices/{device.public_id}/replace", {"pairing_code": "AAAAAA"})
        assert_refused(answer, 429, "throttled")

    @time_machine.travel(NOON, tick=False)
    def test_whoever_reads_the_codes_in_the_list_lets_in_as_many_as_there_are(self, admin_api):
        for _ in range(31):
            answer = admin_api.post(f"{PAIRINGS}/approve", self.wrong)
        assert_refused(answer, 429, "throttled")
        assert admin_api.post(f"{PAIRINGS}/approve", {"code": pairing().code}).status_code == 200

    def test_without_redis_codes_are_read_all_the_same(self, api, limited, settings):
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
        api.force_authenticate(limited)
        assert {api.post(f"{PAIRINGS}/approve", self.wrong).status_code for _ in range(40)} == {404}
        assert api.post(f"{PAIRINGS}/approve", self.right(limited)).status_code == 200


class TestRefuse:
    """POST …/refuse."""

    def test_a_refused_pairing_cannot_be_decided_again(self, admin_api):
        waiting = pairing()
        assert admin_api.post(f"{PAIRINGS}/{waiting.public_id}/refuse").json()["state"] == "refused"
        assert_refused(admin_api.post(f"{PAIRINGS}/{waiting.public_id}/refuse"), 409, "pairing_decided")
        assert_refused(admin_api.post(f"{PAIRINGS}/approve", {"code": waiting.code}), 404, "pairing_not_found")

    def test_those_that_wait_can_be_asked_for(self, admin_api):
        waiting, refused = pairing("a"), pairing("b")
        admin_api.post(f"{PAIRINGS}/{refused.public_id}/refuse")
        codes = [item["code"] for item in admin_api.get(PAIRINGS, {"waiting": "true"}).json()["results"]]
        assert codes == [waiting.code]
        codes = [item["code"] for item in admin_api.get(PAIRINGS, {"waiting": "false"}).json()["results"]]
        assert codes == [refused.code]


class TestEnrolmentKeys(ReadContract):
    route = KEYS
    permission = "devices.enrolmentkey"
    list_queries = 2

    def make(self):
        return make_enrolment_key(label="Lyon")[0]


class TestMakingKeys:
    """POST /enrolment-keys and …/revoke."""

    @time_machine.travel(NOON, tick=False)
    def test_a_new_key_shows_its_secret_once_and_lets_a_device_in(self, admin_api, admin_user):
        group = GroupFactory.create()
        body = {"label": "Lyon", "group": str(group.public_id), "expires_at": "2026-02-28T00:00:00Z", "max_uses": 1}
        response = admin_api.post(KEYS, body)
        made = response.json()
        assert (response.status_code, {**made, **body}) == (201, made)
        assert (made["uses"], made["shop"], made["revoked_at"]) == (0, None, None)
        assert "secret" not in admin_api.get(f"{KEYS}/{made['id']}").json()
        assert EnrolmentKey.objects.get().created_by == admin_user
        enrolled = enrol_with_key(mobile_id="screen-1", key=made["secret"], details={}, now=NOON)
        assert enrolled.device.group == group

    @time_machine.travel(NOON, tick=False)
    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "label"),
            ({"label": "x" * 101}, "label"),
            ({"label": "a\x00"}, "label"),
            ({"label": "a", "expires_at": "2026-01-31T11:00:00Z"}, "expires_at"),
            ({"label": "a", "max_uses": 0}, "max_uses"),
            ({"label": "a", "max_uses": 10**30}, "max_uses"),
            ({"label": "a", "uses": 1}, "uses"),
            ({"label": "a", "colour": "red"}, "colour"),
        ],
    )
    def test_a_value_that_is_not_allowed_is_refused_by_its_field(self, admin_api, body, field):
        assert list(assert_refused(admin_api.post(KEYS, body), 400)["fields"]) == [field]

    def test_a_revoked_key_opens_nothing(self, admin_api):
        key, secret = make_enrolment_key(label="Lyon")
        revoked = admin_api.post(f"{KEYS}/{key.public_id}/revoke/").json()
        assert revoked["revoked_at"]
        assert admin_api.post(f"{KEYS}/{key.public_id}/revoke/").json() == revoked
        assert [item["id"] for item in admin_api.get(KEYS, {"usable": "true"}).json()["results"]] == []
        assert admin_api.get(KEYS, {"usable": "false"}).json()["count"] == 1
        with pytest.raises(Invalid):
            enrol_with_key(mobile_id="screen-1", key=secret, details={}, now=NOON)

    def test_a_viewer_may_not_make_or_revoke(self, api, user_with, admin_user):
        key, _secret = make_enrolment_key(label="Lyon")
        api.force_authenticate(user_with("devices.view_enrolmentkey"))
        assert_refused(api.post(KEYS, {"label": "a"}), 403, "permission_denied")
        assert_refused(api.post(f"{KEYS}/{key.public_id}/revoke"), 403, "permission_denied")
        assert_refused(key_client(admin_user, "read").post(KEYS, {"label": "a"}), 403, "api_key_read_only")

    def test_a_device_that_is_known_keeps_its_place(self, admin_api):
        DeviceFactory.create(mobile_id="screen-1", state="enrolled")
        assert admin_api.get(KEYS).json()["count"] == 0
