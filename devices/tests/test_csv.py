"""Devices and groups in and out as CSV: what would become of each row and why, then all of it or nothing."""

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from devices.models import Device, Group
from devices.resources import DeviceResource
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.audit_models import Change
from dgx.core.csv_import import import_csv, preview
from dgx.core.resources import Line
from locations.models import ShopLimit
from locations.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db

DEVICES = "/admin/devices/device/"


def upload(client: Client, text: str | bytes, address: str = DEVICES):
    data = text.encode() if isinstance(text, str) else text
    return client.post(f"{address}import-csv/", {"file": SimpleUploadedFile("fleet.csv", data)})


def confirm(client: Client, seen, **more: str):
    return client.post(f"{DEVICES}import-csv/", {"token": seen.context["token"], **more})


def exported(client: Client, address: str = DEVICES, query: str = "") -> str:
    return client.get(f"{address}export-csv/{query}").getvalue().decode()


def test_the_dry_run_shows_each_row_as_new_changed_unchanged_or_wrong_and_why(admin_client: Client):
    group, shop = GroupFactory.create(name="Windows"), ShopFactory.create(name="Lyon")
    DeviceFactory.create(mobile_id="old", name="Before", group=group)
    DeviceFactory.create(mobile_id="same", name="Same", shop=shop)
    seen = upload(
        admin_client,
        "mobile_id,name,group,shop\nnew,Fresh,Windows,Lyon\nold,After,,\nsame,Same,,Lyon\nbad,X,Nowhere,\nnew,Twice,,\n",
    )
    outcome = seen.context["outcome"]
    assert outcome.counts == {"wrong": 2, "new": 1, "changed": 1, "unchanged": 1}
    assert outcome.lines["new"] == [
        Line(2, "new", [("mobile_id", "new"), ("name", "Fresh"), ("group", "Windows"), ("shop", "Lyon")])
    ]
    assert outcome.lines["changed"] == [Line(3, "old", [("name", "Before → After"), ("group", "Windows → (empty)")])]
    assert outcome.lines["unchanged"] == [Line(4, "same", [])]
    assert outcome.lines["wrong"] == [
        Line(5, "bad", [("group", "There is no group “Nowhere”.")]),
        Line(6, "new", [("", "Line 2 is about the same.")]),
    ]
    assert "There is no group “Nowhere”." in seen.content.decode()
    assert Device.objects.count() == 2


def test_nothing_is_applied_while_a_row_is_wrong_unless_asked(admin_client: Client):
    seen = upload(admin_client, "mobile_id,kind\ngood,sensor\nbad,toaster\n")
    refused = confirm(admin_client, seen)
    assert refused.status_code == 200
    assert not Device.objects.exists()
    assert confirm(admin_client, seen, apply_right="on").status_code == 302
    assert list(Device.objects.values_list("mobile_id", "kind")) == [("good", "sensor")]
    messages = [str(message) for message in admin_client.get(DEVICES).context["messages"]]
    assert messages[-1] == "Imported “fleet.csv”: 1 new, 0 changed, 0 unchanged, 1 wrong."


def test_an_import_changes_what_the_file_names_alone_and_is_one_audited_change(admin_client: Client):
    shop = ShopFactory.create(name="Lyon")
    device = DeviceFactory.create(mobile_id="a", name="A", notes="keep", report_interval_s=30)
    before = Change.objects.count()
    seen = upload(admin_client, "MOBILE_ID;shop\na;Lyon\nb;Lyon\n")
    assert confirm(admin_client, seen).status_code == 302
    device.refresh_from_db()
    assert (device.name, device.notes, device.report_interval_s, device.shop) == ("A", "keep", 30, shop)
    made = Device.objects.get(mobile_id="b")
    assert (made.kind, made.state, made.presence.is_online) == ("player", "registered", False)
    change = Change.objects.order_by("-pk")[0]
    assert Change.objects.count() == before + 1
    assert (change.door, change.what, change.who) == ("import", "Import devices from “fleet.csv”", "admin")


def test_what_goes_out_comes_in_again_unchanged(admin_client: Client):
    names = ["=1+1", "'=x", "'", "plain", "-5", 'say "hi"', "two\nlines", "'=, twice", "ä€"]
    group = GroupFactory.create(name="@home")
    for number, name in enumerate(names):
        DeviceFactory.create(mobile_id=f"+{number}", name=name, group=group, missed_reports=number + 1)
    text = exported(admin_client)
    assert "\r\n'+0,'=1+1,player,'@home,,,1," in text
    outcome = preview(DeviceResource, text.encode(), user=None)
    assert outcome.counts == {"wrong": 0, "new": 0, "changed": 0, "unchanged": len(names)}


def test_the_export_holds_what_the_filters_let_through_and_no_foreign_shop(client: Client, user_with):
    mine, other = ShopFactory.create(), ShopFactory.create()
    DeviceFactory.create(mobile_id="a", shop=mine)
    DeviceFactory.create(mobile_id="b", shop=mine, kind="sensor")
    DeviceFactory.create(mobile_id="c", shop=other)
    user: User = user_with("devices.view_device")
    client.force_login(user)
    assert exported(client, query="?kind__exact=sensor").count("\r\n") == 2
    ShopLimit.objects.create(user=user).shops.add(mine)
    assert [line.split(",")[0] for line in exported(client).splitlines()] == ["mobile_id", "a", "b"]


def test_the_export_takes_as_many_statements_for_one_as_for_many(admin_client: Client):
    DeviceFactory.create()
    with CaptureQueriesContext(connection) as one:
        exported(admin_client)
    DeviceFactory.create_batch(30)
    with CaptureQueriesContext(connection) as many:
        exported(admin_client)
    assert len(one) == len(many)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (b"mobile_id\n", "no rows"),
        (b"name\nx\n", "A column is missing: mobile_id."),
        (b"mobile_id,grup\na,b\n", "Unknown column: grup. Known are: mobile_id, name,"),
        (b"mobile_id,name,Name\na,b,c\n", "A column is there twice: name."),
        ("mobile_id,name\na,Müller\n".encode("cp1252"), "line 2 has what Windows-1252 reads as “ü”"),
        ("mobile_id\na\n".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04rest", "spreadsheet"),
        (b"mobile_id\na\x00b\n", "NUL"),
        (b'mobile_id\n"open\n', "is not CSV"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_of_the_form(admin_client: Client, data: bytes, said: str):
    answer = upload(admin_client, data)
    assert answer.status_code == 200
    assert said in answer.context["form"].errors["file"][0]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a,x,,", ("missed_reports", "“x” is no whole number.")),
        ("a,1.5,,", ("missed_reports", "“1.5” is no whole number.")),
        ("a,0,,", ("missed_reports", "Ensure this value is greater than or equal to 1.")),
        ("a,99999999999,,", ("missed_reports", "“99999999999” is too large.")),
        (f"{'x' * 256},,,", ("mobile_id", "Ensure this value has at most 255 characters (it has 256).")),
        (",,name,", ("mobile_id", "This field cannot be blank.")),
        ("a,,,,more", ("", "It has 5 cells; the header has 4.")),
        (f"a,,{'x' * 10_001},", ("name", "Longer than 10,000 characters.")),
    ],
)
def test_a_wrong_cell_is_named_with_its_column_and_its_limit(row: str, reason: tuple[str, str]):
    outcome = preview(DeviceResource, f"mobile_id,missed_reports,name,shop\n{row}\n".encode(), user=None)
    assert [line.said for line in outcome.lines["wrong"]] == [[reason]]


def test_byte_order_marks_blank_lines_and_cells_over_several_lines_are_borne():
    data = '\ufeffmobile_id\tnotes\r\n\r\n a \t"one\ntwo"\r\nb\t\r\n'.encode()
    outcome = preview(DeviceResource, data, user=None)
    assert [(line.number, line.name) for line in outcome.lines["new"]] == [(3, "a"), (5, "b")]


def test_a_group_cannot_be_called_what_means_no_group(admin_client: Client):
    seen = upload(admin_client, "name\nNone\nFine\n", "/admin/devices/group/")
    assert [line.said[0][0] for line in seen.context["outcome"].lines["wrong"]] == ["name"]
    assert not Group.objects.exists()


def test_many_rows_are_read_and_written_by_a_few_statements():
    text = "mobile_id,name\n" + "".join(f"d{n},Old\n" for n in range(1500))
    with CaptureQueriesContext(connection) as made:
        import_csv(DeviceResource, text.encode(), user=None, name="a.csv")
    with CaptureQueriesContext(connection) as changed:
        outcome = import_csv(DeviceResource, text.replace("Old", "New").encode(), user=None, name="a.csv")
    assert outcome.counts["changed"] == 1500
    assert len(outcome.lines["changed"]) == 100
    assert set(Device.objects.values_list("name", flat=True)) == {"New"}
    assert max(len(made), len(changed)) < 20


def test_who_is_limited_to_a_shop_imports_into_it_alone(client: Client, user_with):
    mine, other = ShopFactory.create(name="Mine"), ShopFactory.create(name="Other")
    DeviceFactory.create(mobile_id="foreign", shop=other)
    DeviceFactory.create(mobile_id="own", shop=mine)
    user: User = user_with("devices.view_device", "devices.add_device", "devices.change_device")
    ShopLimit.objects.create(user=user).shops.add(mine)
    client.force_login(user)
    seen = upload(client, "mobile_id,shop\nforeign,Mine\nnew,Other\nloose,\nown,\nfine,Mine\n")
    assert [(line.name, line.said[0][1]) for line in seen.context["outcome"].lines["wrong"]] == [
        ("foreign", "It is there already, beyond the shops that you are limited to."),
        ("new", "There is no shop “Other”."),
        ("loose", "You are limited to some shops; name one of them."),
        ("own", "You are limited to some shops; name one of them."),
    ]
    confirm(client, seen, apply_right="on")
    assert set(mine.devices.values_list("mobile_id", flat=True)) == {"own", "fine"}
    assert Device.objects.get(mobile_id="foreign").shop == other


def test_an_upload_is_for_whoever_made_it_and_for_an_hour(client: Client, user_with, admin_user: User):
    client.force_login(admin_user)
    seen = upload(client, "mobile_id\na\n")
    client.force_login(user_with("devices.view_device", "devices.add_device", "devices.change_device"))
    assert confirm(client, seen).status_code == 302
    assert client.post(f"{DEVICES}import-csv/", {"token": "../x"}).status_code == 302
    assert not Device.objects.exists()


def test_it_is_for_those_who_may_add_and_change(client: Client, user_with):
    assert "/login/" in upload(client, "mobile_id\na\n")["Location"]
    client.force_login(user_with("devices.view_device", "devices.change_device"))
    assert upload(client, "mobile_id\na\n").status_code == 403
    listed = client.get(DEVICES).content.decode()
    assert ("Import CSV" in listed, "Export CSV" in listed) == (False, True)
