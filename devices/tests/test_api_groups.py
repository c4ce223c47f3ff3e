"""/api/v1/groups."""

import pytest

from devices.models import Group
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.tests.contract import WriteContract, assert_refused
from media_library.tests.factories import LinkFactory

ROUTE = "/api/v1/groups"


class TestGroups(WriteContract):
    route = ROUTE
    permission = "devices.group"
    list_queries = 2
    change = {"report_interval_s": 30}

    def make(self):
        return GroupFactory.create()

    def body(self):
        return {"name": "Windows", "report_interval_s": 20, "missed_reports": 3}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["none", " NULL ", "_none", "(none)"])
def test_a_name_that_stands_for_no_group_is_refused(admin_api, name):
    assert_refused(admin_api.post(ROUTE, {"name": name}), 400, "invalid")
    assert not Group.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("value", [0, 86401, -1, 1.5, "x", 10**30, True])
def test_an_interval_out_of_range_is_refused_by_name(admin_api, value):
    detail = assert_refused(admin_api.post(ROUTE, {"name": "Windows", "report_interval_s": value}), 400)
    assert list(detail["fields"]) == ["report_interval_s"]


@pytest.mark.django_db
def test_a_group_in_use_is_not_deleted_and_its_uses_are_listed(admin_api):
    group = GroupFactory.create(name="Windows")
    device = DeviceFactory.create(group=group, mobile_id="screen-1")
    link = LinkFactory.create(group=group, video__name="spring.mp4")
    detail = assert_refused(admin_api.delete(f"{ROUTE}/{group.public_id}"), 409, "in_use")
    assert detail["uses"] == [
        {"type": "device", "id": str(device.public_id), "name": "screen-1"},
        {"type": "link", "id": str(link.public_id), "name": "spring.mp4 → Windows"},
    ]
    assert Group.objects.filter(pk=group.pk).exists()
