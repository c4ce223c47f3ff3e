"""The page of devices: what an operator sees, does to many at once, and may not do."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from devices.models import Device, DeviceToken, Presence, PresenceFlip
from devices.services.enrolment import issue_token
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.credentials import hash_secret
from dgx.core.models import ChangedRow
from locations.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/devices/device/"
ACTIONS = ["assign_group", "assign_shop", "set_intervals", "rotate_token", "allow_pairing", "retire"]


def _page(device: Device) -> str:
    return reverse("admin:devices_device_change", args=[device.pk])


def _form(device: Device, **changes: object) -> dict[str, object]:
    """What the browser posts for a device without links."""
    values = {"mobile_id": device.mobile_id, "name": device.name, "kind": device.kind, "notes": device.notes}
    places = {"group": device.group_id or "", "shop": device.shop_id or ""}
    reporting = {"report_interval_s": "", "missed_reports": ""}
    inline = {"links-TOTAL_FORMS": 0, "links-INITIAL_FORMS": 0}
    inline |= {"links-default-TOTAL_FORMS": 0, "links-default-INITIAL_FORMS": 0}
    return {**values, **places, **reporting, **inline, **changes}


def _act(client: Client, action: str, *devices: Device, **more: object):
    return client.post(LIST, {"action": action, "_selected_action": [d.pk for d in devices], **more})


def _confirm(client: Client, action: str, *devices: Device, **more: object):
    return _act(client, action, *devices, confirmed=1, **more)


def test_the_list_says_who_is_online_who_is_not_and_who_was_never_seen(admin_client: Client):
    now = timezone.now()
    for name, online, seen in (("on", True, now), ("off", False, now - timedelta(hours=3)), ("new", False, None)):
        device = DeviceFactory.create(mobile_id=name)
        Presence.objects.filter(device=device).update(
            is_online=online, last_seen_at=seen, since=seen and now - timedelta(hours=2)
        )
    page = admin_client.get(LIST).content.decode()
    assert "Online for 2 hours" in page
    assert "Offline for 2 hours" in page
    assert "Its last report came 3 hours ago. It may be silent for 60 s." in page
    assert "Never seen" in page


@pytest.mark.parametrize(
    ("status", "found"),
    [("online", ["on"]), ("offline", ["off"]), ("never", ["new"]), (["never", "online"], ["new", "on"]), ("no", [])],
)
def test_the_status_filter_finds_just_those(admin_client: Client, status: str | list[str], found: list[str]):
    now = timezone.now()
    for name, online, seen in (("on", True, now), ("off", False, now), ("new", False, None)):
        Presence.objects.filter(device=DeviceFactory.create(mobile_id=name)).update(is_online=online, last_seen_at=seen)
    shown = admin_client.get(LIST, {"status": status}).context["cl"].result_list
    assert sorted(device.mobile_id for device in shown) == found


def test_the_content_filter_tells_who_holds_what_it_should(admin_client: Client):
    current, behind = DeviceFactory.create(), DeviceFactory.create()
    tagged: Any = Device.objects.with_tag().get(pk=current.pk)
    Presence.objects.filter(device=current).update(held_tag=tagged.tag, last_seen_at=timezone.now())
    assert list(admin_client.get(LIST, {"content": "current"}).context["cl"].result_list) == [current]
    assert list(admin_client.get(LIST, {"content": "behind"}).context["cl"].result_list) == [behind]


def test_a_save_writes_the_changed_fields_and_nothing_that_was_reported_or_counted_meanwhile(
    admin_client: Client, django_assert_max_num_queries
):
    device = DeviceFactory.create(name="Old")
    admin_client.get(_page(device))
    Presence.objects.filter(device=device).update(is_online=True, temperature=41.5)
    Device.objects.filter(pk=device.pk).update(content_version=7, app_version="3.2.0")
    with django_assert_max_num_queries(40) as queries:
        assert admin_client.post(_page(device), _form(device, name="New")).status_code == 302
    writes = [q["sql"] for q in queries if 'UPDATE "devices_' in q["sql"]]
    assert len(writes) == 1
    assert "content_version" not in writes[0].split("WHERE")[0]
    device.refresh_from_db()
    assert (device.name, device.content_version, device.app_version) == ("New", 7, "3.2.0")
    assert (device.presence.is_online, device.presence.temperature) == (True, 41.5)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("mobile_id", "x" * 300), ("mobile_id", "a\x00b"), ("mobile_id", "  "), ("kind", "toaster"), ("group", "99")],
        *[("report_interval_s", "0"), ("report_interval_s", "nan"), ("missed_reports", "-1"), ("notes", "x" * 4001)],
    ],
)
def test_what_is_not_allowed_is_an_error_at_its_field(admin_client: Client, field: str, value: str):
    device = DeviceFactory.create()
    answer = admin_client.post(_page(device), _form(device, **{field: value}))
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors


def test_a_taken_mobile_id_is_refused(admin_client: Client):
    DeviceFactory.create(mobile_id="taken")
    device = DeviceFactory.create()
    answer = admin_client.post(_page(device), _form(device, mobile_id="taken"))
    assert list(answer.context["adminform"].form.errors) == ["mobile_id"]


@pytest.mark.parametrize("field", ["group", "shop"])
def test_assigning_asks_for_the_place_first_and_then_moves(admin_client: Client, field: str):
    place = GroupFactory.create() if field == "group" else ShopFactory.create()
    devices = DeviceFactory.create_batch(2)
    asked = _act(admin_client, f"assign_{field}", *devices)
    assert (asked.status_code, asked.templates[0].name) == (200, "dgx/ask.html")
    assert not Device.objects.filter(**{field: place}).exists()
    assert _confirm(admin_client, f"assign_{field}", *devices, target=place.pk).status_code == 302
    assert Device.objects.filter(**{field: place}).count() == 2


def test_assigning_nothing_takes_devices_out_of_their_group(admin_client: Client):
    device = DeviceFactory.create(group=GroupFactory.create())
    _confirm(admin_client, "assign_group", device, target="")
    device.refresh_from_db()
    assert device.group is None


def test_a_place_that_is_not_there_is_an_error_of_the_question(admin_client: Client):
    device = DeviceFactory.create()
    answer = _confirm(admin_client, "assign_group", device, target="999999")
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == ["target"]


def test_all_devices_of_a_filter_are_assigned_not_only_those_of_the_page(admin_client: Client):
    group = GroupFactory.create()
    players = DeviceFactory.create_batch(60)
    sensor = DeviceFactory.create(kind="sensor")
    values = {"action": "assign_group", "_selected_action": [players[0].pk], "select_across": 1}
    address = f"{LIST}?kind__exact=player"
    asked = admin_client.post(address, values)
    assert asked.context["count"] == 60
    admin_client.post(asked.context["target"], {**values, "confirmed": 1, "target": group.pk})
    sensor.refresh_from_db()
    assert (group.devices.count(), sensor.group) == (60, None)


def test_retiring_asks_first_and_stops_the_tokens(admin_client: Client):
    device = DeviceFactory.create()
    issue_token(device)
    _act(admin_client, "retire", device)
    assert device.tokens.valid(timezone.now()).exists()
    _confirm(admin_client, "retire", device)
    device.refresh_from_db()
    assert (device.state, device.tokens.valid(timezone.now()).count()) == ("retired", 0)


def test_allowing_re_pairing_stops_the_tokens_and_lets_it_in_again(admin_client: Client):
    device = DeviceFactory.create()
    issue_token(device)
    _confirm(admin_client, "allow_pairing", device)
    device.refresh_from_db()
    assert (device.state, device.tokens.valid(timezone.now()).count()) == ("registered", 0)


def test_a_rotated_token_is_shown_once_and_written_nowhere(admin_client: Client):
    device = DeviceFactory.create()
    issue_token(device)
    assert _act(admin_client, "rotate_token", device).templates[0].name == "dgx/ask.html"
    answer = _confirm(admin_client, "rotate_token", device)
    (_whose, token) = answer.context["secrets"][0]
    assert token in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert DeviceToken.objects.filter(token_hash=hash_secret(token), device=device).count() == 1
    assert token not in repr(list(ChangedRow.objects.values()))
    assert token not in admin_client.get(_page(device)).content.decode()
    assert token not in "".join(str(value) for value in admin_client.session.values())


def test_the_buttons_of_a_device_ask_for_it_alone(admin_client: Client):
    device = DeviceFactory.create()
    for path in ("rotate-token", "allow-pairing", "retire"):
        asked = admin_client.get(f"/admin/devices/device/{device.pk}/{path}/")
        assert (asked.context["named"], asked.context["target"]) == ([str(device)], LIST)
        assert admin_client.get(f"/admin/devices/device/999999/{path}/").status_code == 404
        assert admin_client.get(f"/admin/devices/device/nobody/{path}/").status_code == 404


def test_a_retired_device_gets_no_new_token(admin_client: Client):
    device = DeviceFactory.create(state="retired")
    answer = _confirm(admin_client, "rotate_token", device)
    assert answer.status_code == 302
    assert not device.tokens.exists()


@pytest.mark.parametrize("action", ACTIONS)
def test_whoever_may_only_view_cannot_act(client: Client, user_with, action: str):
    device = DeviceFactory.create(group=GroupFactory.create(), shop=ShopFactory.create())
    client.force_login(user_with("devices.view_device"))
    _confirm(client, action, device, target="")
    device.refresh_from_db()
    assert (device.state, device.group is None, device.shop is None) == ("registered", False, False)
    assert not device.tokens.exists()
    assert client.get(f"/admin/devices/device/{device.pk}/rotate-token/").status_code == 403


def test_whoever_may_change_devices_can_act(client: Client, user_with):
    device = DeviceFactory.create()
    client.force_login(user_with("devices.view_device", "devices.change_device"))
    _confirm(client, "retire", device)
    device.refresh_from_db()
    assert device.state == "retired"


def test_panels_are_for_those_who_may_see_what_they_show(client: Client, user_with, admin_user: User):
    device = DeviceFactory.create()
    issue_token(device)
    client.force_login(user_with("devices.view_device"))
    assert b"Tokens</h2>" not in client.get(_page(device)).content
    client.force_login(admin_user)
    assert b"Tokens</h2>" in client.get(_page(device)).content


def test_deleting_a_device_counts_its_history_and_takes_it_along(admin_client: Client):
    device = DeviceFactory.create()
    PresenceFlip.objects.bulk_create(PresenceFlip(device=device, is_online=True, reason="report") for _ in range(30))
    address = reverse("admin:devices_device_delete", args=[device.pk])
    asked = admin_client.get(address)
    assert dict(asked.context["model_count"])["presence flips"] == 30
    assert not asked.context["perms_lacking"]
    assert admin_client.post(address, {"post": "yes"}).status_code == 302
    assert not Device.objects.filter(pk=device.pk).exists()


def test_a_group_in_use_is_not_deleted_and_its_uses_are_listed(admin_client: Client):
    group = GroupFactory.create()
    device = DeviceFactory.create(group=group)
    address = reverse("admin:devices_group_delete", args=[group.pk])
    page = admin_client.post(address, {"post": "yes"})
    assert f"“{group}” is in use" in page.content.decode()
    assert _page(device) in page.content.decode()
    assert group.devices.count() == 1
