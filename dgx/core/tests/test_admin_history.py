"""The audit as people read it: on each object's page, as a list, act by act, and as CSV."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from devices.models import Device, EnrolmentKey, Group
from devices.services.enrolment import make_enrolment_key
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.audit import change
from dgx.core.models import Change, ChangedRow
from locations.models import Shop, ShopLimit
from locations.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/core/change/"
Make = Callable[..., User]
UNLIKE: dict[str, dict[str, str]] = {"devices/device": {"mobile_id": "d-1"}}


@pytest.fixture
def staff(client: Client, admin_user: User) -> Client:
    client.force_login(admin_user)
    return client


def as_person(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def export_of(client: Client) -> str:
    response: Any = client.get(f"{LIST}export/")
    return b"".join(response.streaming_content).decode()


def csv_of(response: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))


def test_what_a_person_saves_is_in_the_history_of_the_object(staff: Client) -> None:
    shop = Shop.objects.create(name="Lyon")
    key = make_enrolment_key(label="opening")[0]
    address = f"/admin/devices/enrolmentkey/{key.pk}/change/"
    assert staff.post(address, {"label": "opening day", "shop": shop.pk, "max_uses": 20}).status_code == 302
    row = ChangedRow.objects.of(key).get(action="changed")
    assert row.fields == {"label": ["opening", "opening day"], "shop": [None, shop.pk], "max_uses": [None, 20]}
    act = row.change
    assert (act.who, act.door, act.address) == ("admin", "admin", f"POST {address}")
    page = staff.get(f"/admin/devices/enrolmentkey/{key.pk}/history/").content.decode()
    for text in ("opening day", "Lyon", "admin", "by Admin", "Max uses"):
        assert text in page
    assert LogEntry.objects.count() == 0


def test_keys_and_choices_are_said_in_words(staff: Client) -> None:
    shop, group = ShopFactory(name="Lyon"), GroupFactory(name="Windows")
    device = DeviceFactory(state="enrolled")
    device.shop, device.group, device.state = shop, group, "retired"
    device.save()
    device.group = None
    device.save()
    Group.objects.filter(pk=group.pk).delete()
    page = staff.get(f"/admin/devices/device/{device.pk}/history/").content.decode()
    for text in ("Lyon", "Windows (deleted)", "Retired", "Enrolled"):
        assert text in page


@pytest.mark.parametrize("kind", ["devices/device", "devices/group", "locations/shop", "media_library/video"])
def test_the_latest_changes_stand_on_the_object_s_page(staff: Client, kind: str) -> None:
    obj = apps.get_model(kind.replace("/", "."))._base_manager.create(name="Window", **UNLIKE.get(kind, {}))
    type(obj)._base_manager.filter(pk=obj.pk).update(name="Entrance")
    address = f"/admin/{kind}/{obj.pk}"
    page = staff.get(f"{address}/changes/" if kind != "media_library/video" else f"{address}/change/").content.decode()
    assert "All changes" in page
    assert '<span class="dgx-change__before">Window</span>' in page
    assert '<span class="dgx-change__after">Entrance</span>' in page


def test_a_long_history_is_read_page_by_page(staff: Client) -> None:
    group = GroupFactory(name="g-0")
    for number in range(1, 61):
        Group.objects.filter(pk=group.pk).update(name=f"g-{number}")
    first = staff.get(f"/admin/devices/group/{group.pk}/history/")
    older = staff.get(f"/admin/devices/group/{group.pk}/history/{first.context['older']}")
    assert len(first.context["shown"]) == 50
    assert [entry.row.label for entry in older.context["shown"]][-1] == "g-0"
    assert older.context["older"] == ""


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "²"])
def test_a_page_that_is_none_is_the_first(staff: Client, before: str) -> None:
    group = GroupFactory()
    assert staff.get(f"/admin/devices/group/{group.pk}/history/?before={before}").status_code == 200


def test_an_action_on_many_is_one_act_with_its_name(staff: Client) -> None:
    keys = [make_enrolment_key(label=f"key {number}")[0] for number in range(3)]
    post = {"action": "revoke", "_selected_action": [key.pk for key in keys], "confirmed": "1"}
    assert staff.post("/admin/devices/enrolmentkey/", post).status_code == 302
    assert EnrolmentKey.objects.exclude(revoked_at=None).count() == 3
    act = Change.objects.get(door="action")
    assert (act.what, act.who, act.rows.count()) == ("Revoke", "admin", 3)


def test_the_list_says_who_did_what_by_which_door(staff: Client, admin_user: User) -> None:
    with change(door="action", what="Assign shop Lyon", user=admin_user):
        Device.objects.bulk_create([Device(mobile_id=f"d-{number}") for number in range(1200)])
    with change(door="command", what="manage.py loaddemo"):
        Shop.objects.create(name="Lyon")
    page = staff.get(LIST).content.decode()
    for text in ("Assign shop Lyon", "1000+ · devices", "manage.py loaddemo", "Command", "1 · shop"):
        assert text in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?door__exact=command", ["made by a command"]),
        ("?kind=devices.group", ["made by a person"]),
        ("?q=lyO", ["made by a command"]),
        ("?q=yon", []),
        ("?q=%25", []),
        ("?kind=devices.device", []),
        ("?at_from_0=2000-01-01&at_to_0=2001-01-01", []),
        ("?at_from_0=2000-01-01&at_from_1=08:00:00", ["made by a person", "made by a command"]),
        ("?at_from_0=soon", ["made by a person", "made by a command"]),
    ],
)
def test_the_list_is_filtered_and_searched(staff: Client, admin_user: User, query: str, found: list[str]) -> None:
    with change(door="command", what="made by a command"):
        Shop.objects.create(name="Lyon")
    with change(door="admin", what="made by a person", user=admin_user):
        Group.objects.create(name="Windows")
    listed = staff.get(LIST + query).context["cl"].result_list
    assert [act.what for act in listed if act.what.startswith("made")] == found


def test_the_list_finds_a_person_s_acts(staff: Client, admin_user: User, user_with: Make) -> None:
    other = user_with(username="maria")
    with change(door="admin", what="maria's", user=other):
        ShopFactory()
    with change(door="admin", what="admin's", user=admin_user):
        ShopFactory()
    listed = staff.get(f"{LIST}?user__id__exact={other.pk}").context["cl"].result_list
    assert [act.what for act in listed] == ["maria's"]


def test_an_act_opens_its_rows(staff: Client, admin_user: User) -> None:
    with change(door="import", what="70 shops from shops.csv", user=admin_user):
        Shop.objects.bulk_create([Shop(name=f"Shop {number:02}") for number in range(70)])
    act = Change.objects.get(door="import")
    first = staff.get(f"{LIST}{act.pk}/change/")
    rest = staff.get(f"{LIST}{act.pk}/change/{first.context['more']}")
    assert first.context["title"] == "70 shops from shops.csv"
    assert len(first.context["shown"]) == 50
    assert [entry.row.label for entry, _address in rest.context["shown"]][-1] == "Shop 69"
    assert rest.context["more"] == ""


def test_an_act_that_is_none_is_not_found(staff: Client) -> None:
    for key in ("0", "x", "9" * 25):
        assert staff.get(f"{LIST}{key}/change/").status_code == 404


def test_what_is_deleted_keeps_its_history(staff: Client) -> None:
    shop = Shop.objects.create(name="Lyon")
    key = shop.pk
    assert staff.post(f"/admin/locations/shop/{key}/delete/", {"post": "yes"}).status_code == 302
    act = Change.objects.order_by("-id").first()
    assert act is not None
    page = staff.get(f"{LIST}{act.pk}/change/").content.decode()
    assert f"{LIST}of/locations.shop/{key}/" in page
    history = staff.get(f"{LIST}of/locations.shop/{key}/").content.decode()
    assert "Deleted" in history
    assert "Lyon" in history
    assert staff.get(f"{LIST}of/locations.shop/{key + 1}/").status_code == 404


def test_the_list_and_the_pages_take_few_queries(staff: Client, admin_user: User) -> None:
    for number in range(60):
        with change(door="admin", user=admin_user):
            DeviceFactory(shop=ShopFactory(), name=f"d {number}")
    device = Device.objects.first()
    assert device is not None
    for address in (LIST, f"/admin/devices/device/{device.pk}/history/"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert staff.get(address).status_code == 200
        assert len(queries) <= 12, [query["sql"][:120] for query in queries]


def test_the_export_has_a_line_for_each_field_and_is_safe_in_a_spreadsheet(staff: Client, admin_user: User) -> None:
    shop = Shop.objects.create(name="Lyon")
    with change(door="api", what="=1+1", user=admin_user):
        Shop.objects.filter(pk=shop.pk).update(name="=cmd()", code="L")
    lines = csv_of(staff.get(f"{LIST}export/?door__exact=api"))
    assert [(line["field"], line["from"], line["to"]) for line in lines] == [
        ("Code", "—", "L"),
        ("Name", "Lyon", "'=cmd()"),
    ]
    assert lines[0] | {"at": "", "field": "", "from": "", "to": ""} == {
        "at": "",
        "who": "admin",
        "door": "API",
        "what": "'=1+1",
        "kind": "shop",
        "object": "'=cmd()",
        "object id": str(shop.pk),
        "action": "Changed",
        "field": "",
        "from": "",
        "to": "",
        "address": "",
        "request id": "",
    }


def test_a_filter_that_does_not_exist_leads_back_to_the_list(staff: Client) -> None:
    answer = staff.get(f"{LIST}export/?no_such_filter=1")
    assert (answer.status_code, answer["Location"]) == (302, LIST)


def test_secrets_are_in_no_history_list_or_export(staff: Client) -> None:
    made = staff.post("/admin/devices/enrolmentkey/add/", {"label": "Lyon", "max_uses": ""})
    (_label, secret) = made.context["secrets"][0]
    key = EnrolmentKey.objects.get()
    export = export_of(staff)
    act = Change.objects.filter(kinds__contains=["devices.enrolmentkey"]).get()
    pages = [
        export,
        staff.get(f"/admin/devices/enrolmentkey/{key.pk}/history/").content.decode(),
        staff.get(LIST).content.decode(),
        staff.get(f"{LIST}{act.pk}/change/").content.decode(),
    ]
    for page in pages:
        assert secret not in page
        assert key.key_hash not in page
    assert key.prefix in export


def test_without_the_permission_there_is_no_list_but_an_object_s_own_history(user_with: Make) -> None:
    shop = Shop.objects.create(name="Lyon")
    viewer = as_person(user_with("locations.view_shop"))
    assert viewer.get(LIST).status_code == 403
    assert viewer.get(f"{LIST}export/").status_code in {403, 404}
    page = viewer.get(f"/admin/locations/shop/{shop.pk}/history/")
    assert page.status_code == 200
    assert LIST not in page.content.decode()


def test_a_reader_sees_changes_of_kinds_that_they_may_look_at(user_with: Make) -> None:
    with change(door="command", what="of shops"):
        Shop.objects.create(name="Lyon")
    with change(door="command", what="of both"):
        Shop.objects.create(name="Nice")
        Group.objects.create(name="Windows")
    with change(door="command", what="of people"):
        User.objects.create_user("maria")
    reader = as_person(user_with("core.view_change", "locations.view_shop"))
    listed = reader.get(LIST).context["cl"].result_list
    assert [(act.what, act.count) for act in listed] == [("of both", 1), ("of shops", 1)]
    rows = csv_of(reader.get(f"{LIST}export/"))
    assert {row["kind"] for row in rows} == {"shop"}


def test_a_limited_reader_sees_changes_of_their_shops_alone(user_with: Make) -> None:
    mine, other = ShopFactory(name="Mine"), ShopFactory(name="Elsewhere")
    with change(door="command", what="mine and other"):
        my_device = DeviceFactory(mobile_id="mine-1", shop=mine)
        DeviceFactory(mobile_id="other-1", shop=other)
    with change(door="command", what="only other"):
        DeviceFactory(mobile_id="other-2", shop=other)
    with change(door="command", what="moved here"):
        moved = DeviceFactory(mobile_id="moved", shop=other)
        moved.shop = mine
        moved.save()
    user = user_with("core.view_change", "devices.view_device", "locations.view_shop", "auth.view_user")
    ShopLimit.objects.create(user=user).shops.add(mine)
    reader = as_person(user)
    listed = reader.get(LIST).context["cl"].result_list
    assert [(act.what, act.count) for act in listed if act.door == "command"] == [
        ("moved here", 2),
        ("mine and other", 1),
    ]
    hidden = Change.objects.get(what="only other")
    assert reader.get(f"{LIST}{hidden.pk}/change/").status_code == 404
    both = Change.objects.get(what="mine and other")
    pages = [
        reader.get(LIST).content.decode(),
        reader.get(f"{LIST}{both.pk}/change/").content.decode(),
        reader.get(f"/admin/devices/device/{moved.pk}/history/").content.decode(),
        reader.get(f"/admin/devices/device/{my_device.pk}/history/").content.decode(),
        export_of(reader),
    ]
    for page in pages:
        assert "other-1" not in page
        assert "other-2" not in page
        assert "Elsewhere" not in page
    assert "not in your shops" in pages[2]
    assert reader.get(f"{LIST}of/locations.shop/{other.pk}/").status_code == 404


def test_a_password_s_change_is_told_without_a_value(staff: Client) -> None:
    user = User.objects.create_user("maria", password="first one")
    user.set_password("second one")
    user.save()
    page = staff.get(f"/admin/auth/user/{user.pk}/history/").content.decode()
    assert "Password" in page
    assert "its value is kept nowhere" in page
    assert user.password not in page


def test_changes_without_a_door_are_the_database_s(staff: Client) -> None:
    shop = Shop.objects.create(name="Lyon")
    assert Change.objects.get(rows__object_id=shop.pk, rows__kind="locations.shop").door == "database"
    assert timezone.now() >= Change.objects.latest("at").at
    assert "Database" in staff.get(LIST).content.decode()
