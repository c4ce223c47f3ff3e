"""/api/v1/devices: the resource itself, its flips, uptime and credentials."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from devices.models import Device, DeviceToken, Presence, PresenceFlip
from devices.tests.factories import DeviceFactory, GroupFactory, enrolled_device
from dgx.core.tests.contract import NO_SUCH, WriteContract, assert_refused
from locations.tests.factories import ShopFactory
from media_library.tests.factories import LinkFactory
from telemetry.models import DeviceLog

ROUTE = "/api/v1/devices"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def tag_of(device):
    return getattr(Device.objects.with_tag().get(pk=device.pk), "tag")  # noqa: B009 — an annotation, which mypy misses


class TestDevices(WriteContract):
    route = ROUTE
    permission = "devices.device"
    list_queries = 2
    change = {"notes": "behind the plant"}
    text_field = "mobile_id"
    unique_field = "mobile_id"

    def make(self):
        return DeviceFactory.create(group=GroupFactory.create(), shop=ShopFactory.create())

    def body(self):
        group, shop = GroupFactory.create(), ShopFactory.create()
        body = {"mobile_id": "screen-1", "name": "Door", "kind": "player", "report_interval_s": 30}
        return {**body, "group": str(group.public_id), "shop": str(shop.public_id)}


@time_machine.travel(NOON, tick=False)
def test_a_device_shows_its_place_its_presence_and_what_it_holds(admin_api):
    group, shop = GroupFactory.create(name="Windows"), ShopFactory.create(name="Lyon", timezone="Europe/Paris")
    device = DeviceFactory.create(mobile_id="screen-1", group=group, shop=shop)
    tag = tag_of(device)
    Presence.objects.filter(device=device).update(
        is_online=True,
        last_seen_at=NOON,
        since=NOON,
        temperature=41.5,
        temperature_at=NOON,
        held_tag=tag,
        daily_count=3,
        monthly_count=40,
        last_daily_reset=NOON.date() - timedelta(days=1),
        last_monthly_reset=NOON.date().replace(day=1),
    )
    assert admin_api.get(f"{ROUTE}/{device.public_id}").json() == {
        "id": str(device.public_id),
        "mobile_id": "screen-1",
        "name": "",
        "kind": "player",
        "group": str(group.public_id),
        "shop": str(shop.public_id),
        "notes": "",
        "report_interval_s": None,
        "missed_reports": None,
        "state": "registered",
        "group_name": "Windows",
        "shop_name": "Lyon",
        "screen": "",
        "app_version": "",
        "tag": tag,
        "download_status": True,
        "status": {
            "code": "online",
            "label": "Online",
            "since": "2026-01-31T12:00:00Z",
            "reasons": ["Its last report came 0 s ago."],
        },
        "presence": {
            "is_online": True,
            "last_seen_at": "2026-01-31T12:00:00Z",
            "since": "2026-01-31T12:00:00Z",
            "silent_after_s": 60,
            "temperature": 41.5,
            "temperature_at": "2026-01-31T12:00:00Z",
            "daily_count": 0,  # yesterday's count is none of today's
            "monthly_count": 40,
            "missing": 0,
            "playing": "",
            "storage_free": None,
            "clock_offset_s": None,
        },
        "created_at": "2026-01-31T12:00:00Z",
        "updated_at": "2026-01-31T12:00:00Z",
    }


def test_a_device_that_never_reported_has_no_temperature(admin_api):
    device = DeviceFactory.create()
    presence = admin_api.get(f"{ROUTE}/{device.public_id}").json()["presence"]
    assert (presence["temperature"], presence["is_online"], presence["last_seen_at"]) == (None, False, None)


def test_a_device_is_also_found_by_what_is_printed_on_it(admin_api):
    device = DeviceFactory.create(mobile_id="Screen 1:a")
    assert admin_api.get(f"{ROUTE}/mobile_id:Screen 1:a").json()["id"] == str(device.public_id)
    assert_refused(admin_api.get(f"{ROUTE}/mobile_id:screen 1:a"), 404, "device_not_found")


def test_a_device_in_a_group_that_does_not_exist_is_a_404_that_names_it(admin_api):
    detail = assert_refused(admin_api.post(ROUTE, {"mobile_id": "a", "group": NO_SUCH}), 404, "group_not_found")
    assert detail["message"] == f"There is no group “{NO_SUCH}”."
    assert_refused(admin_api.post(ROUTE, {"mobile_id": "a", "shop": NO_SUCH}), 404, "shop_not_found")


@pytest.mark.parametrize("value", [7, "x", {"a": 1}, [], True, "mobile_id:a"])
def test_a_group_of_another_type_is_refused_by_name(admin_api, value):
    detail = assert_refused(admin_api.post(ROUTE, {"mobile_id": "a", "group": value}), 400)
    assert list(detail["fields"]) == ["group"]


@pytest.mark.parametrize("body", [{"kind": "toaster"}, {"missed_reports": 0}, {"state": "retired"}, {"presence": {}}])
def test_a_value_that_is_not_allowed_is_refused_by_its_field(admin_api, body):
    assert list(assert_refused(admin_api.post(ROUTE, {"mobile_id": "a", **body}), 400)["fields"]) == list(body)


def test_a_device_leaves_its_group_by_null(admin_api):
    device = DeviceFactory.create(group=GroupFactory.create())
    after = admin_api.patch(f"{ROUTE}/{device.public_id}", {"group": None}).json()
    assert (after["group"], after["group_name"]) == (None, None)


def test_a_linked_device_is_not_deleted_and_its_uses_are_listed(admin_api):
    device = DeviceFactory.create(mobile_id="screen-1")
    link = LinkFactory.create(device=device, video__name="spring.mp4")
    detail = assert_refused(admin_api.delete(f"{ROUTE}/{device.public_id}"), 409, "in_use")
    assert detail["uses"] == [{"type": "link", "id": str(link.public_id), "name": "spring.mp4 → screen-1"}]


def test_a_deleted_device_takes_its_history_along(admin_api):
    device, _token = enrolled_device()
    other = DeviceFactory.create()
    for each in (device, other):
        DeviceLog.objects.create(device=each, log_type="temperature", value=1, logged_at=NOON)
    assert admin_api.delete(f"{ROUTE}/{device.public_id}").status_code == 204
    assert list(DeviceLog.objects.values_list("device_id", flat=True)) == [other.pk]
    assert not DeviceToken.objects.exists()


class TestFilters:
    """What a list can be narrowed to."""

    @pytest.fixture
    def ids(self, admin_api):
        def ask(**query):
            response = admin_api.get(ROUTE, query)
            assert response.status_code == 200, response.json()
            return [device["mobile_id"] for device in response.json()["results"]]

        return ask

    def test_by_presence(self, ids):
        for mobile_id, online, hours in (("a", True, 0), ("b", False, 5)):
            device = DeviceFactory.create(mobile_id=mobile_id)
            seen = NOON - timedelta(hours=hours)
            Presence.objects.filter(device=device).update(is_online=online, last_seen_at=seen)
        DeviceFactory.create(mobile_id="c")
        assert ids(is_online="true") == ["a"]
        assert ids(is_online="false") == ["b", "c"]
        assert ids(last_seen_before=(NOON - timedelta(hours=1)).isoformat()) == ["b"]
        assert ids(last_seen_after=(NOON - timedelta(hours=1)).isoformat()) == ["a"]
        assert ids(never_seen="true") == ["c"]
        assert ids(ordering="-presence__last_seen_at", never_seen="false") == ["a", "b"]

    @time_machine.travel(NOON, tick=False)
    def test_by_one_or_more_statuses(self, ids, admin_api):
        for mobile_id, online, hours in (("a", True, 0), ("b", False, 5)):
            seen = NOON - timedelta(hours=hours)
            device = DeviceFactory.create(mobile_id=mobile_id)
            Presence.objects.filter(device=device).update(is_online=online, last_seen_at=seen, since=NOON)
        DeviceFactory.create(mobile_id="c")
        assert ids(status="online") == ["a"]
        assert ids(status=["offline", "never"]) == ["b", "c"]
        shown = admin_api.get(ROUTE, {"status": "offline"}).json()["results"][0]["status"]
        reasons = ["Its last report came 5 hours ago.", "It may be silent for 60 s."]
        assert shown == {"code": "offline", "label": "Offline", "since": "2026-01-31T12:00:00Z", "reasons": reasons}

    def test_by_group_and_shop(self, ids, admin_api):
        group, shop = GroupFactory.create(), ShopFactory.create()
        DeviceFactory.create(mobile_id="a", group=group)
        DeviceFactory.create(mobile_id="b", shop=shop)
        assert ids(group=str(group.public_id)) == ["a"]
        assert ids(shop=str(shop.public_id)) == ["b"]
        assert ids(group="none") == ["b"]
        assert_refused(admin_api.get(ROUTE, {"group": NO_SUCH}), 404, "group_not_found")

    def test_by_kind_state_version_and_name(self, ids):
        DeviceFactory.create(mobile_id="a", kind="sensor", app_version="3.2.0")
        DeviceFactory.create(mobile_id="b", state="retired", name="Till")
        assert ids(kind="sensor") == ["a"]
        assert ids(kind=["sensor", "player"]) == ["a", "b"]
        assert ids(state="retired") == ["b"]
        assert ids(app_version="3.2.0") == ["a"]
        assert ids(mobile_id="a") == ["a"]
        assert ids(search="till") == ["b"]

    def test_by_what_it_holds(self, ids):
        holds, _lacks = DeviceFactory.create(mobile_id="a"), DeviceFactory.create(mobile_id="b")
        tag = tag_of(holds)
        Presence.objects.filter(device=holds).update(held_tag=tag)
        assert ids(download_status="true") == ["a"]
        assert ids(holds_tag="false") == ["b"]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("kind", "toaster"),
            ("last_seen_after", "yesterday"),
            ("mobile_id", "a\x00b"),
            ("state", "?"),
            ("status", "fine"),
        ],
    )
    def test_a_value_that_is_not_allowed_is_refused_by_name(self, admin_api, name, value):
        assert list(assert_refused(admin_api.get(ROUTE, {name: value}), 400)["fields"]) == [name]


class TestFlips:
    """GET …/flips."""

    def test_the_latest_come_first(self, admin_api):
        device = DeviceFactory.create()
        PresenceFlip.objects.create(device=device, is_online=True, at=NOON, reason="report")
        PresenceFlip.objects.create(device=device, is_online=False, at=NOON + timedelta(hours=1), reason="silence")
        PresenceFlip.objects.create(device=DeviceFactory.create(), is_online=True, at=NOON, reason="report")
        assert admin_api.get(f"{ROUTE}/{device.public_id}/flips/", {"limit": 2}).json() == {
            "count": 2,
            "next": None,
            "previous": None,
            "results": [
                {"is_online": False, "at": "2026-01-31T13:00:00Z", "reason": "silence"},
                {"is_online": True, "at": "2026-01-31T12:00:00Z", "reason": "report"},
            ],
        }


class TestUptime:
    """GET …/uptime."""

    @time_machine.travel(NOON, tick=False)
    def test_it_is_made_of_flips(self, admin_api):
        device = DeviceFactory.create()
        for hours, online in ((3, True), (1, False)):
            at = NOON - timedelta(hours=hours)
            PresenceFlip.objects.create(device=device, is_online=online, at=at, reason="report")
        query = {"start": "2026-01-31T08:00:00Z"}
        assert admin_api.get(f"{ROUTE}/{device.public_id}/uptime", query).json() == {
            "start": "2026-01-31T08:00:00Z",
            "end": "2026-01-31T12:00:00Z",
            "online_s": 7200.0,
            "offline_s": 3600.0,
            "online_share": pytest.approx(2 / 3),
            "sessions": [
                {
                    "is_online": True,
                    "start": "2026-01-31T09:00:00Z",
                    "end": "2026-01-31T11:00:00Z",
                    "duration_s": 7200.0,
                    "ongoing": False,
                },
                {
                    "is_online": False,
                    "start": "2026-01-31T11:00:00Z",
                    "end": "2026-01-31T12:00:00Z",
                    "duration_s": 3600.0,
                    "ongoing": True,
                },
            ],
        }

    @time_machine.travel(NOON, tick=False)
    @pytest.mark.parametrize(
        "query",
        [
            {"start": "2026-02-01T00:00:00Z"},
            {"start": "2020-01-01T00:00:00Z"},
            {"start": "x"},
            {"end": "x"},
            {"colour": "red"},
            {"start": "2026-01-31T09:00:00Z", "end": "2026-01-31T09:00:00Z"},
        ],
    )
    def test_a_stretch_that_makes_no_sense_is_refused(self, admin_api, query):
        device = DeviceFactory.create()
        assert_refused(admin_api.get(f"{ROUTE}/{device.public_id}/uptime", query), 400, "invalid")


class TestCredentials:
    """POST …/rotate-token, …/retire, …/allow-pairing."""

    @time_machine.travel(NOON, tick=False)
    def test_a_rotated_token_is_shown_once_and_the_old_one_overlaps(self, admin_api):
        device, _old = enrolled_device()
        body = admin_api.post(f"{ROUTE}/{device.public_id}/rotate-token/").json()
        assert body == {"token": body["token"], "old_tokens_until": "2026-02-01T12:00:00Z"}
        assert body["token"].startswith("dgxd_")
        assert device.tokens.valid(NOON).count() == 2

    def test_a_retired_device_gets_no_token(self, admin_api):
        device, _token = enrolled_device()
        assert admin_api.post(f"{ROUTE}/{device.public_id}/retire").json()["state"] == "retired"
        assert not device.tokens.valid(NOON).exists()
        assert_refused(admin_api.post(f"{ROUTE}/{device.public_id}/rotate-token"), 409, "device_retired")

    def test_a_device_that_may_pair_again_loses_its_tokens(self, admin_api):
        device, _token = enrolled_device()
        assert admin_api.post(f"{ROUTE}/{device.public_id}/allow-pairing").json()["state"] == "registered"
        assert not DeviceToken.objects.filter(revoked_at=None).exists()

    @pytest.mark.parametrize("verb", ["rotate-token", "retire", "allow-pairing"])
    def test_a_viewer_may_not(self, api, user_with, verb):
        device = DeviceFactory.create()
        api.force_authenticate(user_with("devices.view_device"))
        assert_refused(api.post(f"{ROUTE}/{device.public_id}/{verb}"), 403, "permission_denied")
