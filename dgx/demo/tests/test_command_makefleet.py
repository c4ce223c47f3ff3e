"""`manage.py makefleet`: a small one has everything that the large one has."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, Sum
from django.utils import timezone

from devices.models import Device, DeviceToken, Group, Presence, PresenceFlip
from locations.models import Shop
from media_library.models import Link, Video
from telemetry.models import DeviceLog, DeviceLogHour, PlayHour
from telemetry.services.partitions import rows_in_default
from telemetry.services.rollup import roll_up

pytestmark = pytest.mark.django_db

SMALL = {"devices": 1000, "shops": 40, "groups": 20, "links": 300, "videos": 200, "logs": 20_000}
MODELS = {"devices": Device, "shops": Shop, "groups": Group, "links": Link, "videos": Video, "logs": DeviceLog}


def counts() -> dict[str, int]:
    return {name: model._default_manager.count() for name, model in MODELS.items()}


def test_it_makes_as_many_rows_as_asked_for_and_says_what_it_made(capsys):
    call_command("makefleet", **SMALL)
    assert counts() == SMALL
    said = capsys.readouterr().out
    assert "1,000 devices with their tokens" in said
    assert "20,000 logs" in said
    assert "Made the fleet in" in said


def test_most_devices_are_online_and_some_are_in_each_kind_of_trouble():
    call_command("makefleet", **SMALL)
    now = timezone.now()
    presence = Presence.objects.all()
    assert presence.count() == SMALL["devices"]
    assert presence.online().count() > 0.94 * SMALL["devices"]
    assert presence.filter(last_seen_at=None, device__state="registered").exists()
    assert presence.filter(device__state="retired", is_online=False).exists()
    assert presence.filter(device__state="enrolled", is_online=False).exists()
    assert presence.online().filter(last_seen_at__lt=now - timedelta(hours=1)).exists()
    assert presence.online().filter(temperature__gt=70).exists()
    assert presence.online().filter(clock_offset_s__gt=120).exists()
    assert presence.online().filter(storage_free__lt=20_000_000).exists()
    assert presence.online().filter(missing__gt=0).exists()


def test_a_healthy_device_holds_what_it_should_and_one_that_is_behind_does_not():
    call_command("makefleet", **SMALL)
    online: Any = Device.objects.with_tag().filter(presence__is_online=True)
    assert set(online.filter(presence__missing=0).values_list("holds_tag", flat=True)) == {True}
    assert set(online.filter(presence__missing__gt=0).values_list("holds_tag", flat=True)) == {False}


def test_flips_alternate_from_the_first_report_on_to_what_the_device_is_now():
    call_command("makefleet", **SMALL)
    turns: dict[int, list[PresenceFlip]] = {}
    for flip in PresenceFlip.objects.select_related("device__presence").order_by("at"):
        turns.setdefault(flip.device_id, []).append(flip)
    assert len(turns) == Presence.objects.exclude(since=None).count()
    for flips in turns.values():
        states = [flip.is_online for flip in flips]
        assert states == [number % 2 == 0 for number in range(len(states))]
        presence = flips[-1].device.presence
        assert (presence.is_online, presence.since) == (flips[-1].is_online, flips[-1].at)


def test_logs_lie_in_their_days_and_the_roll_up_has_nothing_left_to_do():
    call_command("makefleet", **SMALL)
    assert rows_in_default() == 0
    assert DeviceLogHour.objects.aggregate(all=Sum("count"))["all"] == SMALL["logs"]
    assert roll_up(now=timezone.now()) == 0
    assert PlayHour.objects.exists()


def test_every_enrolled_device_has_one_token_and_the_others_none():
    call_command("makefleet", **SMALL)
    tokens = Device.objects.annotate(number=Count("tokens")).values_list("state", "number").distinct()
    assert set(tokens) == {("enrolled", 1), ("registered", 0), ("retired", 0)}
    assert DeviceToken.objects.valid(timezone.now()).exists()


def test_the_rows_pass_their_own_validation():
    call_command("makefleet", **SMALL | {"logs": 0})
    for model in (Shop, Group, Video, Link, Device):
        for row in model.objects.all()[:60]:
            row.full_clean(validate_unique=False, validate_constraints=False)


def test_it_refuses_a_database_that_is_not_empty_unless_told_to_add():
    Shop.objects.create(name="Mine")
    with pytest.raises(CommandError, match="not empty"):
        call_command("makefleet", **SMALL)
    call_command("makefleet", **SMALL, add=True)
    call_command("makefleet", **SMALL, add=True)
    twice = {name: 2 * number for name, number in SMALL.items()}
    assert counts() == {**twice, "shops": twice["shops"] + 1}


@pytest.mark.parametrize(
    ("change", "said"),
    [({"devices": 0}, "--devices: At least 1"), ({"logs": -1}, "--logs"), ({"links": 9000, "videos": 1}, "--links")],
)
def test_it_refuses_a_size_that_cannot_be(change, said):
    with pytest.raises(CommandError, match=said):
        call_command("makefleet", **SMALL | change)
    assert not Device.objects.exists()


def test_the_smallest_fleet_has_one_of_each():
    one = dict.fromkeys(SMALL, 1)
    call_command("makefleet", **one)
    assert counts() == one
