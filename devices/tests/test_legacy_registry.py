"""Registering, finding and renaming devices and groups over the old routes."""

import pytest

from devices.models import Device, Group
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.tests.old_client import OldClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def old(settings) -> OldClient:
    settings.DGX_LEGACY_ANONYMOUS = True
    return OldClient()


def test_a_repeated_registration_gives_the_known_id_and_changes_nothing(old):
    first = old.call("POST", "/insert_device", {"mobile_id": "d"})
    assert old.call("POST", "/insert_device", {"mobile_id": " d ", "download_status": True}) == first
    assert old.call("GET", "/device/d")[1]["download_status"] is False
    group = old.call("POST", "/insert_group", {"gname": "g"})
    assert old.call("POST", "/insert_group", {"gname": "g"}) == group
    assert (Device.objects.count(), Group.objects.count()) == (1, 1)


def test_a_device_row(old):
    status, answer = old.call("POST", "/insert_device", {"mobile_id": "d", "download_status": "yes"})
    device = Device.objects.get()
    assert (status, answer) == (200, {"id": device.pk, "message": "Device inserted successfully"})
    assert old.call("GET", "/device/d")[1] == {
        "id": device.pk,
        "mobile_id": "d",
        "download_status": True,
        "created_at": device.created_at.isoformat(),
        "updated_at": device.updated_at.isoformat(),
    }


def test_names_are_looked_up_exactly(old):
    DeviceFactory.create(mobile_id="Cooler")
    assert old.call("GET", "/device/cooler") == (404, {"detail": "Device not found"})
    assert old.call("GET", "/devices?q=COOL")[1]["total"] == 1


def test_lists_count_what_they_show_and_devices_all_that_match(old, django_assert_num_queries):
    for number in range(3):
        DeviceFactory.create(mobile_id=f"d{number}")
        GroupFactory.create(name=f"g{number}")
    with django_assert_num_queries(2):
        answer = old.call("GET", "/devices?limit=2")[1]
    assert ([row["mobile_id"] for row in answer["items"]], answer["total"], answer["count"]) == (["d2", "d1"], 3, 2)
    assert answer["query"] is None
    with django_assert_num_queries(1):
        answer = old.call("GET", "/groups?q=G&limit=1&offset=2")[1]
    assert answer["items"][0]["gname"] == "g0"
    assert {key: answer[key] for key in ("count", "limit", "offset", "query")} == {
        "count": 1,
        "limit": 1,
        "offset": 2,
        "query": "G",
    }


def test_a_device_does_not_take_the_name_of_another(old):
    DeviceFactory.create(mobile_id="a")
    DeviceFactory.create(mobile_id="b")
    assert old.call("PUT", "/device/a", {"mobile_id": "b", "download_status": True})[0] == 409
    assert old.call("GET", "/device/a")[1]["download_status"] is False
    assert old.call("PUT", "/device/a", {"mobile_id": "c"})[1]["item"]["mobile_id"] == "c"
    assert old.call("PUT", "/device/a", {}) == (404, {"detail": "Device not found or no changes"})


def test_an_empty_patch_is_fine(old):
    DeviceFactory.create(mobile_id="a")
    GroupFactory.create(name="g")
    assert old.call("PUT", "/device/a", {})[1]["message"] == "Device updated"
    assert old.call("PUT", "/group/g", {"gname": None})[1]["message"] == "Group updated"


def test_groups_are_renamed_and_keep_to_names_that_mean_a_group(old):
    GroupFactory.create(name="g")
    GroupFactory.create(name="h")
    assert old.call("PUT", "/group/g", {"gname": "h"})[0] == 409
    assert old.call("PUT", "/group/x", {"gname": "y"}) == (404, {"detail": "Group not found or no changes"})
    assert old.call("PUT", "/group/g", {"gname": "k"})[1]["item"]["gname"] == "k"
    for name in ("none", " NULL ", "_None", "(none)"):
        assert old.call("POST", "/insert_group", {"gname": name})[0] == 400
        assert old.call("PUT", "/group/k", {"gname": name})[0] == 400


@pytest.mark.parametrize("name", ["", "   ", "\t"])
def test_blank_names_are_refused(old, name):
    GroupFactory.create(name="g")
    assert old.call("POST", "/insert_device", {"mobile_id": name}) == (400, {"detail": "mobile_id is required"})
    assert old.where("POST", "/device/create", {"mobile_id": name}) == [["body", "mobile_id"]]
    assert old.where("POST", "/insert_group", {"gname": name}) == [["body", "gname"]]
    assert old.where("PUT", "/group/g", {"gname": name}) == [["body", "gname"]]
    assert old.where("POST", "/insert_shop", {"shop_name": name}) == [["body", "shop_name"]]
