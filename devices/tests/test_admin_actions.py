"""What operators do to many devices at once: the effect in numbers first, then one change in a few statements."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from devices.models import Device, DeviceToken, Presence
from devices.services.enrolment import issue_token, retire
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.credentials import hash_secret
from locations.models import Shop
from locations.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/devices/device/"
EVERY = {"select_across": 1}
PAGE_OF_TOKENS = 50


def post(client: Client, action: str, *devices: Device, query: str = "", **more: Any):
    return client.post(LIST + query, {"action": action, "_selected_action": [d.pk for d in devices], **more})


def effect(client: Client, action: str, *devices: Device, **more: Any) -> list[str]:
    """The lines of the page before the action."""
    return list(post(client, action, *devices, chosen=1, **more).context["effect"])


def done(client: Client, action: str, *devices: Device, **more: Any) -> list[str]:
    """The messages of the list after the action."""
    answer = post(client, action, *devices, confirmed=1, **more)
    assert answer.status_code == 302
    return [str(message) for message in client.get(LIST).context["messages"]]


def test_a_move_says_how_many_come_from_where_who_is_there_and_who_is_silent(admin_client: Client):
    there, one, two = GroupFactory.create(), GroupFactory.create(), GroupFactory.create()
    devices = [DeviceFactory.create(group=group) for group in (there, one, one, two, None)]
    Presence.objects.filter(device__in=devices[:3]).update(is_online=True)
    assert effect(admin_client, "assign_group", *devices, target=there.pk) == [
        f"4 devices move to {there} from 2 groups, 1 from no group.",
        "1 device is there already.",
        "Whoever moves fetches the programme anew with the next report.",
        "2 of them are not online and will follow with the next report.",
    ]
    assert done(admin_client, "assign_group", *devices, target=there.pk) == [
        f"4 devices are now in {there}. 1 device had been there already."
    ]
    assert there.devices.count() == 5


def test_a_choice_is_shown_again_as_text_and_nothing_is_changed_before_the_last_button(admin_client: Client):
    device, shop = DeviceFactory.create(), ShopFactory.create()
    first = post(admin_client, "assign_shop", device)
    assert (first.context["step"], first.context["kept"], list(first.context["effect"])) == ("chosen", None, [])
    second = post(admin_client, "assign_shop", device, chosen=1, target=shop.pk)
    assert second.context["step"] == "confirmed"
    assert second.context["kept"] == [{"name": "target", "label": "Shop", "values": [str(shop.pk)], "said": shop.name}]
    assert not shop.devices.exists()


def test_where_nothing_would_change_there_is_no_button(admin_client: Client):
    shop = ShopFactory.create()
    device = DeviceFactory.create(shop=shop)
    asked = post(admin_client, "assign_shop", device, chosen=1, target=shop.pk)
    assert (asked.context["acts"], list(asked.context["effect"])) == (False, ["They are there already."])
    assert "Nothing will happen" in asked.content.decode()


def test_a_filter_that_the_action_itself_changes_selects_the_same_rows_to_the_end(admin_client: Client):
    devices = DeviceFactory.create_batch(3, state="enrolled")
    for device in devices:
        issue_token(device)
    other = DeviceFactory.create(state="registered")
    query = "?state__exact=enrolled"
    answer = post(admin_client, "allow_pairing", devices[0], query=query, confirmed=1, **EVERY)
    assert answer.status_code == 302
    assert Device.objects.filter(state="registered").count() == 4
    assert not DeviceToken.objects.filter(revoked_at=None).exists()
    assert other.state == "registered"


def test_rows_outside_of_the_selection_stay_as_they_are(admin_client: Client):
    chosen, other = DeviceFactory.create(), DeviceFactory.create()
    done(admin_client, "assign_group", chosen, target=GroupFactory.create().pk)
    done(admin_client, "set_intervals", chosen, report_interval_s=60)
    done(admin_client, "retire", chosen)
    other.refresh_from_db()
    assert (other.group, other.report_interval_s, other.state) == (None, None, "registered")


def test_intervals_say_what_they_mean_for_the_rate_of_reports(admin_client: Client):
    devices = DeviceFactory.create_batch(40)
    assert effect(admin_client, "set_intervals", *devices, report_interval_s=60) == [
        "40 devices change.",
        "Together they report 40.0 times a minute; now it is 2.0 times a second.",
        "A device is told its interval in the answer to its next report.",
    ]
    assert done(admin_client, "set_intervals", *devices, report_interval_s=60, missed_reports=5) == [
        "Report intervals set for 40 devices."
    ]
    assert set(Device.objects.values_list("report_interval_s", "missed_reports")) == {(60, 5)}


def test_an_empty_number_stays_and_the_box_takes_both_from_the_group(admin_client: Client):
    device = DeviceFactory.create(report_interval_s=30, missed_reports=4)
    done(admin_client, "set_intervals", device, missed_reports=9)
    device.refresh_from_db()
    assert (device.report_interval_s, device.missed_reports) == (30, 9)
    done(admin_client, "set_intervals", device, inherit="on")
    device.refresh_from_db()
    assert (device.report_interval_s, device.missed_reports) == (None, None)


@pytest.mark.parametrize(
    "values",
    [{}, {"inherit": "on", "missed_reports": 3}, {"report_interval_s": 0}, {"report_interval_s": "x"},
     {"report_interval_s": 86_401}, {"missed_reports": 1001}],
)  # fmt: skip
def test_intervals_that_cannot_be_are_errors_of_the_question(admin_client: Client, values: dict[str, Any]):
    device = DeviceFactory.create(report_interval_s=30)
    answer = post(admin_client, "set_intervals", device, confirmed=1, **values)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    device.refresh_from_db()
    assert device.report_interval_s == 30


def test_retiring_says_who_is_online_and_who_is_retired_already(admin_client: Client):
    online, off = DeviceFactory.create(), DeviceFactory.create()
    gone = DeviceFactory.create(state="retired")
    Presence.objects.filter(device=online).update(is_online=True)
    assert effect(admin_client, "retire", online, off, gone) == [
        "2 devices are retired.",
        "1 of them is online now and will be refused.",
        "1 device is retired already.",
    ]
    assert done(admin_client, "retire", online, off, gone) == ["Retired: 2."]


def test_many_tokens_come_as_a_file_once_each_works_and_nothing_of_it_is_kept(admin_client: Client):
    devices = DeviceFactory.create_batch(PAGE_OF_TOKENS + 1)
    devices[0].name = "=cmd"
    devices[0].save()
    old = issue_token(devices[1])
    assert "They come as a file" in effect(admin_client, "rotate_token", *devices)[-1]
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        answer = post(admin_client, "rotate_token", *devices, confirmed=1)
    assert answer["Content-Disposition"] == 'attachment; filename="device-tokens.csv"'
    assert "no-store" in answer["Cache-Control"]
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [row["mobile_id"] for row in rows] == sorted(device.mobile_id for device in devices)
    assert {row["name"] for row in rows if row["name"].endswith("=cmd")} == {"'=cmd"}
    for row in rows:
        token = DeviceToken.objects.get(token_hash=hash_secret(row["token"]))
        assert (token.device.mobile_id, token.prefix) == (row["mobile_id"], row["token"][:12])
        assert (token.expires_at, token.device.state) == (None, "enrolled")
    assert DeviceToken.objects.get(token_hash=hash_secret(old)).expires_at == now + timedelta(hours=24)


def test_a_second_rotation_of_many_does_not_prolong_the_life_of_the_first_tokens(admin_client: Client):
    devices = DeviceFactory.create_batch(3)
    now = timezone.now()
    for device in devices:
        issue_token(device)
    for hours in (0, 1):
        with time_machine.travel(now + timedelta(hours=hours), tick=False):
            post(admin_client, "rotate_token", *devices, confirmed=1)
    ends = [list(device.tokens.order_by("id").values_list("expires_at", flat=True)) for device in devices]
    assert ends == [[now + timedelta(hours=24), now + timedelta(hours=25), None]] * 3


def test_a_retired_device_among_many_gets_no_token_and_its_old_one_stays_dead(admin_client: Client):
    going, gone = DeviceFactory.create(), DeviceFactory.create()
    now = timezone.now()
    issue_token(gone)
    retire(Device.objects.filter(pk=gone.pk), now=now)
    assert effect(admin_client, "rotate_token", going, gone) == [
        "1 new token is made.",
        "1 device is retired and gets none.",
    ]
    made = post(admin_client, "rotate_token", going, gone, confirmed=1).context["secrets"]
    assert [DeviceToken.objects.get(token_hash=hash_secret(token)).device for _whose, token in made] == [going]
    assert list(gone.tokens.values_list("expires_at", "revoked_at")) == [(None, now)]
    gone.refresh_from_db()
    assert gone.state == "retired"
    assert done(admin_client, "rotate_token", gone) == ["A retired device gets no token; no token was made."]


def test_tokens_made_at_once_have_the_form_of_those_made_singly_and_differ(admin_client: Client):
    device = DeviceFactory.create()
    single = issue_token(device)
    devices = DeviceFactory.create_batch(3)
    answer = post(admin_client, "rotate_token", *devices, confirmed=1)
    made = [token for _whose, token in answer.context["secrets"]]
    assert {(token[:5], len(token)) for token in made} == {(single[:5], len(single))}
    assert len(set(made)) == 3


def test_more_tokens_than_the_limit_are_refused_before_one_is_made(admin_client: Client, monkeypatch):
    monkeypatch.setattr("devices.admin.actions.TOKENS_AT_ONCE", 2)
    devices = DeviceFactory.create_batch(3)
    assert effect(admin_client, "rotate_token", *devices) == ["At most 2 tokens at once; these are 3."]
    assert done(admin_client, "rotate_token", *devices) == ["At most 2 tokens at once. No token was changed."]
    assert not DeviceToken.objects.exists()


@pytest.mark.parametrize(
    ("action", "values"),
    [
        ("assign_group", lambda: {"target": GroupFactory.create().pk}),
        ("assign_shop", lambda: {"target": ShopFactory.create().pk}),
        ("set_intervals", lambda: {"report_interval_s": 77}),
        ("retire", dict),
        ("allow_pairing", dict),
        ("rotate_token", dict),
    ],
)
def test_an_action_takes_as_many_statements_for_one_device_as_for_a_thousand(
    admin_client: Client, action: str, values: Callable[[], dict[str, Any]]
):
    one = Device.objects.create(mobile_id="one", kind="sensor")
    Device.objects.bulk_create(Device(mobile_id=f"many-{n}") for n in range(1000))
    statements = []
    for query in ("?kind__exact=sensor", "?kind__exact=player"):
        chosen = values()
        for step in ("chosen", "confirmed"):
            with CaptureQueriesContext(
                connection,
            ) as caught:
                post(admin_client, action, one, query=query, **{step: 1}, **EVERY, **chosen)
            statements.append(len(caught))
    assert statements[:2] == statements[2:]
    assert Device.objects.filter(kind="player").count() == 1000


def test_a_stranger_is_sent_to_the_door(client: Client):
    device, shop = DeviceFactory.create(), ShopFactory.create()
    assert "/login/" in post(client, "assign_shop", device, confirmed=1, target=shop.pk)["Location"]
    assert not Shop.objects.filter(devices=device).exists()
