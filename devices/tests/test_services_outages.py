"""Our own outages: what the sweep takes for one, by the web's signs of life and its own gaps, and whom it excuses."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.models import FleetEvent, Presence, PresenceFlip, SweepState
from devices.services.outages import LONGEST_BACK_OFF, note_web_serves
from devices.services.presence import mark_offline, notice_silence
from devices.tests.sweeping import NOW, SECOND, flips, online, served, sweep_at, swept

pytestmark = pytest.mark.django_db


def test_the_first_sweep_of_an_installation_is_no_outage():
    mark_offline(now=NOW)
    assert not FleetEvent.objects.exists()


def test_our_own_outage_is_not_blamed_on_devices():
    device = online(seen=NOW - 5 * SECOND)
    swept(NOW)
    back = NOW + timedelta(minutes=10)
    assert mark_offline(now=back).device_ids == []
    deadline = NOW - 5 * SECOND + 60 * SECOND + timedelta(minutes=10) + LONGEST_BACK_OFF
    swept(deadline - 15 * SECOND)
    assert mark_offline(now=deadline).device_ids == []
    assert mark_offline(now=deadline + SECOND).device_ids == [device.pk]
    event = FleetEvent.objects.get()
    assert (event.kind, event.at) == ("outage", back)
    assert "2026-03-10 12:00:00 to 2026-03-10 12:10:00" in event.message


def test_a_sweep_that_is_half_a_minute_late_blames_nobody_and_tells_nobody():
    device = online(seen=NOW - 20 * SECOND)
    swept(NOW)
    assert mark_offline(now=NOW + 45 * SECOND).device_ids == []
    assert not FleetEvent.objects.exists()
    deadline = NOW + (40 + 45 + 45) * SECOND  # what it had left, what we took, and its longest pause since
    swept(deadline - 15 * SECOND)
    assert mark_offline(now=deadline).device_ids == []
    assert mark_offline(now=deadline + SECOND).device_ids == [device.pk]


def test_sweeps_that_are_always_late_still_find_the_silent():
    device = online()
    swept(NOW)
    found = [mark_offline(now=NOW + number * 31 * SECOND).device_ids for number in range(1, 6)]
    assert found == [[], [], [], [device.pk], []]


def test_two_outages_with_a_breath_between_them_are_one():
    device = online(seen=NOW - 5 * SECOND)
    swept(NOW)
    mark_offline(now=NOW + 600 * SECOND)
    swept(NOW + 620 * SECOND)
    assert mark_offline(now=NOW + 900 * SECOND).device_ids == []
    state = SweepState.objects.get()
    assert (state.outage_from, state.outage_until) == (NOW, NOW + 900 * SECOND)
    assert Presence.objects.get(device=device).is_online


def test_an_outage_soon_after_a_late_sweep_is_not_blamed_on_devices():
    swept(NOW)
    mark_offline(now=NOW + 40 * SECOND)
    device = online(seen=NOW + 55 * SECOND)
    swept(NOW + 55 * SECOND)
    note_web_serves(now=NOW + 110 * SECOND)  # the first one since everything was down
    assert mark_offline(now=NOW + 112 * SECOND).device_ids == []
    assert mark_offline(now=NOW + 127 * SECOND).device_ids == []
    assert Presence.objects.get(device=device).is_online


def test_it_remembers_the_webs_signs_of_life_though_redis_forgot_them():
    swept(NOW)
    mark_offline(now=NOW + 40 * SECOND)
    device = online(seen=NOW + 55 * SECOND)
    note_web_serves(now=NOW + 55 * SECOND)
    mark_offline(now=NOW + 55 * SECOND)
    cache.clear()
    assert mark_offline(now=NOW + 100 * SECOND).device_ids == []
    note_web_serves(now=NOW + 110 * SECOND)
    assert mark_offline(now=NOW + 150 * SECOND).device_ids == []
    assert Presence.objects.get(device=device).is_online


def test_a_web_that_was_away_for_an_hour_excuses_nobody_any_more():
    device = online()
    note_web_serves(now=NOW)
    for at in range(0, 2 * 3600, 15):
        mark_offline(now=NOW + at * SECOND)
    (_, turned_at, reason), *_ = flips(device)[1:]
    assert reason == "silence"
    assert timedelta(minutes=60) < turned_at - NOW < timedelta(minutes=63)


def test_an_outage_of_everything_is_told_as_one_though_the_web_served_before_it():
    device = online()
    note_web_serves(now=NOW - 60 * SECOND)
    note_web_serves(now=NOW)
    swept(NOW)
    assert mark_offline(now=NOW + 600 * SECOND).device_ids == []
    assert "devices get that time on top" in FleetEvent.objects.get().message
    assert Presence.objects.get(device=device).is_online


def test_a_sweep_that_is_late_while_devices_were_heard_gives_the_silent_no_time():
    silent, heard = online(), online(seen=NOW + 595 * SECOND)
    swept(NOW)
    served(0, 595)
    assert mark_offline(now=NOW + 600 * SECOND).device_ids == [silent.pk]
    assert Presence.objects.get(device=heard).is_online
    assert FleetEvent.objects.get().message.endswith("devices were heard meanwhile.")


def test_a_clock_that_was_ahead_and_is_set_back_hides_no_silence():
    swept(NOW)
    mark_offline(now=NOW + timedelta(hours=1))
    device = online()
    assert mark_offline(now=NOW + 15 * SECOND).device_ids == []
    swept(NOW + 50 * SECOND)
    assert mark_offline(now=NOW + 61 * SECOND).device_ids == [device.pk]


def test_a_device_that_reports_after_the_outage_has_no_time_on_top():
    swept(NOW)
    back = NOW + timedelta(minutes=10)
    mark_offline(now=back)
    device = online(seen=back + SECOND)
    swept(back + 50 * SECOND)
    assert mark_offline(now=back + 62 * SECOND).device_ids == [device.pk]


def test_a_device_that_was_due_before_the_outage_is_still_due():
    device = online(seen=NOW - timedelta(minutes=5))
    swept(NOW)
    assert mark_offline(now=NOW + timedelta(minutes=10)).device_ids == [device.pk]


def test_while_the_web_gives_no_sign_of_life_nobody_is_blamed():
    devices = [online(seen=NOW - number * SECOND) for number in range(3)]
    note_web_serves(now=NOW)
    for at in range(15, 301, 15):
        assert mark_offline(now=NOW + at * SECOND).device_ids == []
    served(305, 315)
    Presence.objects.filter(device=devices[0]).update(last_seen_at=NOW + 305 * SECOND)
    assert mark_offline(now=NOW + 315 * SECOND).device_ids == []  # the others are on their way
    Presence.objects.filter(device=devices[0]).update(last_seen_at=NOW + 430 * SECOND)
    served(317, 430)
    swept(NOW + 420 * SECOND)
    assert len(mark_offline(now=NOW + 435 * SECOND).device_ids) == 2


def test_a_whole_fleet_that_falls_silent_is_offline_in_time_while_the_web_serves():
    devices = [online() for _ in range(12)]
    for at in range(15, 61, 15):
        served(at - 15, at)
        assert mark_offline(now=NOW + at * SECOND).device_ids == []
    served(60, 75)
    assert len(mark_offline(now=NOW + 75 * SECOND).device_ids) == len(devices)


def test_a_web_that_never_gave_a_sign_of_life_excuses_nobody():
    device = online()
    swept(NOW + 75 * SECOND)
    assert mark_offline(now=NOW + 75 * SECOND).device_ids == [device.pk]


def test_one_that_is_heard_proves_that_we_are_there():
    devices = [online() for _ in range(10)]
    heard = online(seen=NOW + 85 * SECOND)
    swept(NOW + 75 * SECOND)
    assert len(mark_offline(now=NOW + 90 * SECOND).device_ids) == len(devices)
    assert Presence.objects.get(device=heard).is_online


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seen=st.integers(-600, 0), patience=st.integers(1, 7200), gap=st.integers(61, 3600), later=st.integers(0, 7200))
def test_after_an_outage_nobody_flips_before_the_deadline_and_the_gap(db, seen, patience, gap, later):
    """A device that was on time when we went away has all of its time left when we are back, and time to come back."""
    PresenceFlip.objects.all().delete()
    SweepState.objects.all().delete()
    Presence.objects.update(is_online=False)
    device = online(seen=NOW + seen * SECOND, silent_after_s=patience)
    swept(NOW)
    back = NOW + gap * SECOND
    mark_offline(now=back)
    swept(back + later * SECOND)
    mark_offline(now=back + later * SECOND)
    due = seen + patience + min(gap, 60) < later
    assert Presence.objects.get(device=device).is_online is not due


def test_a_web_that_was_away_between_two_sweeps_is_seen_by_its_break(settings):
    settings.DGX_SWEEP_SECONDS = 60
    device = online(seen=NOW - 5 * SECOND)
    served(0, 2)
    sweep_at(2)
    served(52, 62)
    assert sweep_at(62) == [[]]
    state = SweepState.objects.get()
    assert (state.outage_from, state.outage_until) == (NOW + 2 * SECOND, NOW + 52 * SECOND)
    deadline = 55 + 50 + 50  # what it had, what we took, and its longest pause since
    served(64, deadline + 1)
    swept(NOW + 122 * SECOND)
    assert sweep_at(deadline, deadline + 1) == [[], [device.pk]]


def test_a_web_that_restarts_within_eight_seconds_was_not_away():
    device = online()
    found = []
    for at in range(0, 75, 15):
        served(at, at + 8)
        found += sweep_at(at + 15)
    assert found == [[], [], [], [], [device.pk]]


def test_two_webs_whose_clocks_are_a_little_apart_are_one():
    device = online()
    for at in range(0, 76, 2):
        note_web_serves(now=NOW + at * SECOND)
        note_web_serves(now=NOW + (at - 3) * SECOND)
        if at % 14 == 0:
            assert sweep_at(at) == [[]] or at > 60
    assert not Presence.objects.get(device=device).is_online
    assert SweepState.objects.get().outage_until is None


@pytest.mark.parametrize(("back_at", "found_at"), [(32, 75), (44, 90)], ids=["at once", "after a while"])
def test_an_emptied_redis_holds_silence_back_by_little(back_at, found_at):
    device = online()
    for at in (15, 30):
        served(at - 15, at)
        assert sweep_at(at) == [[]]
    cache.clear()
    found = []
    for at in range(45, 91, 15):
        served(max(back_at, at - 15), at)
        found += [at for ids in sweep_at(at) if ids == [device.pk]]
    assert found == [found_at]


def test_after_a_night_without_a_server_nobody_is_blamed_though_the_web_starts_last():
    device = online(seen=NOW - 50 * SECOND)
    served(0, 2)
    sweep_at(2)
    cache.clear()
    morning = 10 * 3600
    assert sweep_at(*range(morning, morning + 300, 15)) == [[]] * 20
    served(morning + 300, morning + 315)
    assert sweep_at(morning + 315) == [[]]
    assert Presence.objects.get(device=device).is_online
    assert FleetEvent.objects.count() == 1


def test_clocks_that_were_ahead_do_not_hide_that_the_web_dies():
    served(3600, 3610)
    sweep_at(3610)
    note_web_serves(now=NOW + 10 * SECOND)  # all clocks were set back
    device = online(seen=NOW + 10 * SECOND, silent_after_s=10)
    assert sweep_at(12, 27, 42) == [[], [], []]
    assert Presence.objects.get(device=device).is_online


def test_a_sign_of_life_from_the_future_says_nothing():
    device = online()
    note_web_serves(now=NOW + timedelta(hours=1))
    swept(NOW + 60 * SECOND)
    assert sweep_at(75) == [[device.pk]]


def test_a_device_that_reported_while_our_clock_was_ahead_is_found_silent_in_time():
    swept(NOW)
    sweep_at(3600)
    device = online(seen=NOW + timedelta(hours=1))
    assert sweep_at(15, 30, 45, 60, 75) == [[], [], [], [], []]
    assert sweep_at(90) == [[device.pk]]


@pytest.mark.parametrize("redis_forgets", [False, True])
def test_a_clock_of_the_sweeps_alone_that_jumps_back_and_forth_blames_nobody(redis_forgets):
    """No device was heard between the two jumps."""
    device = online(seen=NOW + 3600 * SECOND)
    served(3000, 3600)
    sweep_at(3602)
    if redis_forgets:
        cache.clear()
    assert sweep_at(2) == [[]]
    assert Presence.objects.get(device=device).last_seen_at == NOW + 3600 * SECOND
    served(3602, 3604)
    assert sweep_at(3604) == [[]]
    found = []
    for at in range(3619, 3665, 15):
        served(at - 15, at)
        found += sweep_at(at)
    assert found == [[], [], [], [device.pk]]


def test_looking_at_a_device_before_the_sweep_is_back_does_not_blame_it():
    device = online(seen=NOW - 5 * SECOND)
    served(-30, 0)
    sweep_at(0)
    served(600, 602)
    assert notice_silence(device, now=NOW + 602 * SECOND) is True
    assert SweepState.objects.get().outage_until is None
    assert sweep_at(605) == [[]]


def test_looking_at_a_device_while_the_sweep_is_late_and_the_web_serves_finds_its_silence():
    device = online()
    served(0, 2)
    sweep_at(2)
    served(4, 600)
    assert notice_silence(device, now=NOW + 600 * SECOND) is False
