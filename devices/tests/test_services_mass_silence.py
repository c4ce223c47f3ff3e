"""Many that fall silent at once: one event for all of them, however many sweeps it takes to find them."""

import pytest

from devices.models import Device, FleetEvent, Presence, PresenceFlip
from devices.tests.sweeping import NOW, SECOND, flips, online, served, sweep_at, swept

pytestmark = pytest.mark.django_db


def fleet(*last_seen: tuple[int, int], staying: int = 0) -> list[Device]:
    """So many devices for each pair of a number and seconds after NOW, and some that are heard for an hour."""
    for _ in range(staying):
        online(silent_after_s=3600)
    return [online(seen=NOW + at * SECOND) for number, at in last_seen for _ in range(number)]


def mass_silences() -> list[str]:
    return list(FleetEvent.objects.filter(kind="mass_silence").order_by("at").values_list("message", flat=True))


def found(*seconds: int) -> list[int]:
    """How many devices sweeps at these instants find."""
    return [len(ids) for ids in sweep_at(*seconds)]


def test_many_that_are_found_at_once_are_one_event():
    fleet((10, 0), staying=5)
    swept(NOW + 60 * SECOND)
    assert found(75, 90) == [10, 0]
    assert mass_silences() == ["10 of 15 devices fell silent within 60 s."]


def test_many_whose_silence_is_found_by_two_sweeps_are_one_event():
    fleet((5, 0), (5, 15), staying=10)
    swept(NOW + 60 * SECOND)
    assert found(75, 90, 105) == [5, 5, 0]
    assert mass_silences() == ["10 of 20 devices fell silent within 60 s."]


def test_the_sweeps_that_follow_correct_its_numbers():
    fleet((11, 0), (10, 15), (9, 30), staying=3)
    swept(NOW + 60 * SECOND)
    assert found(75, 90, 105, 120) == [11, 10, 9, 0]
    assert mass_silences() == ["30 of 33 devices fell silent within 90 s."]


def test_a_long_report_interval_spreads_them_over_more_sweeps(settings):
    settings.DGX_REPORT_INTERVAL_S = 300
    fleet(*((1, at) for at in range(0, 300, 30)), staying=10)
    swept(NOW + 60 * SECOND)
    assert sum(found(*range(75, 420, 15))) == 10
    assert mass_silences() == ["10 of 20 devices fell silent within 300 s."]


def test_a_slow_trickle_is_no_event():
    fleet(*((2, at) for at in range(0, 300, 15)), staying=20)
    swept(NOW + 60 * SECOND)
    assert found(*range(75, 375, 15)) == [2] * 20
    assert mass_silences() == []


def test_a_few_are_no_event():
    fleet((9, 0))
    swept(NOW + 60 * SECOND)
    assert found(75) == [9]
    assert mass_silences() == []


def test_a_small_share_is_no_event():
    fleet((12, 0), staying=30)
    swept(NOW + 60 * SECOND)
    assert found(75) == [12]
    assert mass_silences() == []


def test_an_outage_of_ours_is_no_event():
    fleet((5, -10), (15, 0))
    served(0, 15)
    swept(NOW)
    assert found(*range(15, 300, 15)) == [0] * 19
    assert mass_silences() == []


def test_a_second_incident_is_a_second_event_and_no_device_is_told_twice():
    fleet((10, 0), (10, 300), staying=5)
    swept(NOW + 60 * SECOND)
    found(*range(75, 400, 15))
    assert mass_silences() == [
        "10 of 25 devices fell silent within 60 s.",
        "10 of 15 devices fell silent within 60 s.",
    ]


def test_those_that_come_back_are_part_of_it_and_count_once():
    silent = fleet((11, 0), (4, 15), staying=5)
    swept(NOW + 60 * SECOND)
    assert found(75) == [11]
    back = Presence.objects.filter(device__in=silent[:3])
    back.update(is_online=True, last_seen_at=NOW + 80 * SECOND, since=NOW + 80 * SECOND)
    assert found(90) == [4]
    assert mass_silences() == ["15 of 20 devices fell silent within 75 s."]


def test_devices_that_said_that_they_go_are_not_silent():
    for device in fleet((12, 0)):
        PresenceFlip.objects.create(device=device, is_online=False, at=NOW + 70 * SECOND, reason="said_so")
    Presence.objects.update(is_online=False)
    silent = online()
    swept(NOW + 60 * SECOND)
    assert found(75) == [1]
    assert (mass_silences(), flips(silent)[-1][2]) == ([], "silence")
