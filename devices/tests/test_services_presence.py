"""The sweep: silence, our own outage, mass silence, and two sweeps at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.models import Device, FleetEvent, Presence, PresenceFlip, SweepState
from devices.services.presence import LONGEST_BACK_OFF, mark_offline, note_web_serves, notice_silence
from devices.tasks import mark_offline as mark_offline_task
from devices.tests.factories import DeviceFactory, GroupFactory

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LONG_SILENT = NOW + timedelta(minutes=2)
"""Whom nobody heard since NOW is offline by then."""


def online(*, seen: datetime = NOW, silent_after_s: int = 60, **fields) -> Device:
    """A device that reported at `seen`."""
    device: Device = DeviceFactory.create(**fields)
    Presence.objects.filter(device=device).update(
        is_online=True, last_seen_at=seen, since=seen, silent_after_s=silent_after_s
    )
    PresenceFlip.objects.create(device=device, is_online=True, at=seen, reason="report")
    return device


def swept(at: datetime = NOW) -> None:
    """The sweep ran at that instant."""
    SweepState.objects.update_or_create(pk=1, defaults={"swept_at": at})


def flips(device: Device) -> list[tuple[bool, datetime, str]]:
    return list(device.flips.order_by("at", "id").values_list("is_online", "at", "reason"))


@pytest.mark.django_db
class TestSweep:
    def test_a_device_turns_offline_once_its_silence_is_longer_than_allowed(self):
        device = online(silent_after_s=60)
        swept(NOW + 50 * SECOND)
        assert mark_offline(now=NOW + 60 * SECOND).device_ids == []
        assert mark_offline(now=NOW + 61 * SECOND).device_ids == [device.pk]
        assert flips(device)[1:] == [(False, NOW + 61 * SECOND, "silence")]
        row = Presence.objects.get(device=device)
        assert (row.is_online, row.since, row.last_seen_at) == (False, NOW + 61 * SECOND, NOW)

    def test_each_device_has_its_own_patience(self):
        short, long = online(silent_after_s=10), online(silent_after_s=3600)
        swept(NOW + 10 * SECOND)
        assert mark_offline(now=NOW + 40 * SECOND).device_ids == [short.pk]
        assert Presence.objects.get(device=long).is_online

    def test_a_second_sweep_finds_nothing(self):
        device = online()
        swept(NOW + 75 * SECOND)
        assert mark_offline(now=NOW + 90 * SECOND).mobile_ids() == [device.mobile_id]
        assert mark_offline(now=NOW + 90 * SECOND).mobile_ids() == []
        assert len(flips(device)) == 2

    def test_a_device_never_seen_has_no_flip(self):
        DeviceFactory.create()
        assert mark_offline(now=NOW).device_ids == []
        assert not PresenceFlip.objects.exists()

    def test_it_runs_the_same_number_of_statements_for_any_fleet(self, django_assert_max_num_queries):
        for _ in range(15):
            online()
        swept(LONG_SILENT - 15 * SECOND)
        with django_assert_max_num_queries(9):
            assert len(mark_offline(now=LONG_SILENT).device_ids) == 15

    def test_the_first_sweep_of_an_installation_is_no_outage(self):
        mark_offline(now=NOW)
        assert not FleetEvent.objects.exists()

    def test_our_own_outage_is_not_blamed_on_devices(self):
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

    def test_a_sweep_that_is_half_a_minute_late_blames_nobody_and_tells_nobody(self):
        device = online(seen=NOW - 20 * SECOND)
        swept(NOW)
        assert mark_offline(now=NOW + 45 * SECOND).device_ids == []
        assert not FleetEvent.objects.exists()
        deadline = NOW + (40 + 45 + 45) * SECOND  # what it had left, what we took, and its longest pause since
        swept(deadline - 15 * SECOND)
        assert mark_offline(now=deadline).device_ids == []
        assert mark_offline(now=deadline + SECOND).device_ids == [device.pk]

    def test_sweeps_that_are_always_late_still_find_the_silent(self):
        device = online()
        swept(NOW)
        found = [mark_offline(now=NOW + number * 31 * SECOND).device_ids for number in range(1, 6)]
        assert found == [[], [], [], [device.pk], []]

    def test_two_outages_with_a_breath_between_them_are_one(self):
        device = online(seen=NOW - 5 * SECOND)
        swept(NOW)
        mark_offline(now=NOW + 600 * SECOND)
        swept(NOW + 620 * SECOND)
        assert mark_offline(now=NOW + 900 * SECOND).device_ids == []
        state = SweepState.objects.get()
        assert (state.outage_from, state.outage_until) == (NOW, NOW + 900 * SECOND)
        assert Presence.objects.get(device=device).is_online

    def test_an_outage_soon_after_a_late_sweep_is_not_blamed_on_devices(self):
        swept(NOW)
        mark_offline(now=NOW + 40 * SECOND)
        device = online(seen=NOW + 55 * SECOND)
        swept(NOW + 55 * SECOND)
        note_web_serves(now=NOW + 110 * SECOND)  # the first one since everything was down
        assert mark_offline(now=NOW + 112 * SECOND).device_ids == []
        assert mark_offline(now=NOW + 127 * SECOND).device_ids == []
        assert Presence.objects.get(device=device).is_online

    def test_it_remembers_the_webs_signs_of_life_though_redis_forgot_them(self):
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

    def test_a_web_that_was_away_for_an_hour_excuses_nobody_any_more(self):
        device = online()
        note_web_serves(now=NOW)
        for at in range(0, 2 * 3600, 15):
            mark_offline(now=NOW + at * SECOND)
        (_, turned_at, reason), *_ = flips(device)[1:]
        assert reason == "silence"
        assert timedelta(minutes=60) < turned_at - NOW < timedelta(minutes=63)

    def test_an_outage_of_everything_is_told_as_one_though_the_web_served_before_it(self):
        device = online()
        note_web_serves(now=NOW - 60 * SECOND)
        note_web_serves(now=NOW)
        swept(NOW)
        assert mark_offline(now=NOW + 600 * SECOND).device_ids == []
        assert "devices get that time on top" in FleetEvent.objects.get().message
        assert Presence.objects.get(device=device).is_online

    def test_a_sweep_that_is_late_while_devices_were_heard_gives_the_silent_no_time(self):
        silent, heard = online(), online(seen=NOW + 595 * SECOND)
        swept(NOW)
        for at in range(0, 600, 5):
            note_web_serves(now=NOW + at * SECOND)
        assert mark_offline(now=NOW + 600 * SECOND).device_ids == [silent.pk]
        assert Presence.objects.get(device=heard).is_online
        assert FleetEvent.objects.get().message.endswith("devices were heard meanwhile.")

    def test_a_clock_that_was_ahead_and_is_set_back_hides_no_silence(self):
        swept(NOW)
        mark_offline(now=NOW + timedelta(hours=1))
        device = online()
        assert mark_offline(now=NOW + 15 * SECOND).device_ids == []
        swept(NOW + 50 * SECOND)
        assert mark_offline(now=NOW + 61 * SECOND).device_ids == [device.pk]

    def test_a_device_that_reports_after_the_outage_has_no_time_on_top(self):
        swept(NOW)
        back = NOW + timedelta(minutes=10)
        mark_offline(now=back)
        device = online(seen=back + SECOND)
        swept(back + 50 * SECOND)
        assert mark_offline(now=back + 62 * SECOND).device_ids == [device.pk]

    def test_a_device_that_was_due_before_the_outage_is_still_due(self):
        device = online(seen=NOW - timedelta(minutes=5))
        swept(NOW)
        assert mark_offline(now=NOW + timedelta(minutes=10)).device_ids == [device.pk]

    def test_many_that_fall_silent_at_once_are_one_event(self):
        for _ in range(10):
            online()
        for _ in range(5):
            online(silent_after_s=3600)
        swept(LONG_SILENT - 15 * SECOND)
        mark_offline(now=LONG_SILENT)
        assert list(FleetEvent.objects.values_list("kind", "message")) == [
            ("mass_silence", "10 of 15 devices fell silent at once.")
        ]

    def test_while_the_web_gives_no_sign_of_life_nobody_is_blamed(self):
        devices = [online(seen=NOW - number * SECOND) for number in range(3)]
        note_web_serves(now=NOW)
        for at in range(15, 301, 15):
            assert mark_offline(now=NOW + at * SECOND).device_ids == []
        note_web_serves(now=NOW + 305 * SECOND)
        Presence.objects.filter(device=devices[0]).update(last_seen_at=NOW + 305 * SECOND)
        assert mark_offline(now=NOW + 315 * SECOND).device_ids == []  # the others are on their way
        Presence.objects.filter(device=devices[0]).update(last_seen_at=NOW + 430 * SECOND)
        note_web_serves(now=NOW + 430 * SECOND)
        swept(NOW + 420 * SECOND)
        assert len(mark_offline(now=NOW + 435 * SECOND).device_ids) == 2

    def test_a_whole_fleet_that_falls_silent_is_offline_in_time_while_the_web_serves(self):
        devices = [online() for _ in range(12)]
        for at in range(15, 61, 15):
            note_web_serves(now=NOW + at * SECOND)
            assert mark_offline(now=NOW + at * SECOND).device_ids == []
        note_web_serves(now=NOW + 75 * SECOND)
        assert len(mark_offline(now=NOW + 75 * SECOND).device_ids) == len(devices)

    def test_a_web_that_never_gave_a_sign_of_life_excuses_nobody(self):
        device = online()
        swept(NOW + 75 * SECOND)
        assert mark_offline(now=NOW + 75 * SECOND).device_ids == [device.pk]

    def test_one_that_is_heard_proves_that_we_are_there(self):
        devices = [online() for _ in range(10)]
        heard = online(seen=NOW + 85 * SECOND)
        swept(NOW + 75 * SECOND)
        assert len(mark_offline(now=NOW + 90 * SECOND).device_ids) == len(devices)
        assert Presence.objects.get(device=heard).is_online

    def test_a_few_that_fall_silent_are_no_event(self):
        for _ in range(9):
            online()
        swept(NOW + 75 * SECOND)
        mark_offline(now=NOW + 90 * SECOND)
        assert not FleetEvent.objects.exists()

    def test_looking_at_one_device_sweeps_that_one_alone(self):
        looked_at, other = online(), online()
        swept(NOW + 75 * SECOND)
        assert notice_silence(looked_at, now=NOW + 30 * SECOND) is True
        assert notice_silence(looked_at, now=NOW + 90 * SECOND) is False
        assert (len(flips(looked_at)), len(flips(other))) == (2, 1)

    def test_the_command_says_who_and_is_safe_twice(self, capsys):
        device = online()
        swept(NOW + 75 * SECOND)
        with time_machine.travel(NOW + 90 * SECOND, tick=False):
            call_command("markoffline")
            call_command("markoffline")
        assert capsys.readouterr().out.splitlines() == [
            f"1 device turned offline: {device.mobile_id}",
            "No device fell silent.",
        ]

    def test_the_command_names_the_first_of_many(self, capsys):
        for number in range(25):
            online(mobile_id=f"d-{number:02}")
        swept(LONG_SILENT - 15 * SECOND)
        with time_machine.travel(LONG_SILENT, tick=False):
            call_command("markoffline")
        printed = capsys.readouterr().out
        assert printed.startswith("25 devices turned offline: d-00, d-01,")
        assert printed.endswith("d-19, …\n")

    def test_the_task_says_how_many(self):
        online()
        swept(NOW + 75 * SECOND)
        with time_machine.travel(NOW + 90 * SECOND, tick=False):
            assert (mark_offline_task(), mark_offline_task()) == (1, 0)


@pytest.mark.django_db
class TestPatience:
    @pytest.mark.parametrize(
        ("device", "group", "expected"),
        [
            ({}, {}, (20, 60)),
            ({}, {"report_interval_s": 30}, (30, 90)),
            ({"report_interval_s": 5}, {"report_interval_s": 30, "missed_reports": 10}, (5, 50)),
            ({"missed_reports": 1}, {"report_interval_s": 30, "missed_reports": 10}, (30, 30)),
            ({"report_interval_s": 86_400, "missed_reports": 1000}, {}, (86_400, 86_400_000)),
        ],
    )
    def test_it_is_the_devices_else_the_groups_else_the_settings(self, device, group, expected):
        made = DeviceFactory.create(group=GroupFactory.create(**group), **device)
        assert (made.expected_interval_s(), made.silent_after_s()) == expected

    def test_without_a_group_it_is_the_settings(self):
        assert DeviceFactory.create().silent_after_s() == 60


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_flip_each_device_once():
    devices = [online() for _ in range(30)]
    swept(LONG_SILENT - 15 * SECOND)

    def sweep(_):
        try:
            return mark_offline(now=LONG_SILENT).device_ids
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        found = [pk for ids in pool.map(sweep, range(4)) for pk in ids]
    assert sorted(found) == sorted(device.pk for device in devices)
    assert PresenceFlip.objects.filter(is_online=False).count() == 30
    assert FleetEvent.objects.count() == 1


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seen=st.integers(-600, 0), patience=st.integers(1, 7200), gap=st.integers(61, 3600), later=st.integers(0, 7200))
def test_after_an_outage_nobody_flips_before_the_deadline_and_the_gap(db, seen, patience, gap, later):
    """A device that was on time when we went away has all of its time left when we are back, and time to come back."""
    PresenceFlip.objects.all().delete()
    Presence.objects.update(is_online=False)
    device = online(seen=NOW + seen * SECOND, silent_after_s=patience)
    swept(NOW)
    back = NOW + gap * SECOND
    mark_offline(now=back)
    swept(back + later * SECOND)
    mark_offline(now=back + later * SECOND)
    due = seen + patience + min(gap, 60) < later
    assert Presence.objects.get(device=device).is_online is not due


@pytest.mark.django_db
def test_the_sweep_notes_since_when_a_device_that_reports_has_a_fault():
    fine, hot, late_clock, silent = (DeviceFactory.create() for _ in range(4))
    usual = {"is_online": True, "last_seen_at": NOW, "silent_after_s": 3600}
    Presence.objects.update(**usual)
    Presence.objects.filter(device=hot).update(temperature=80, temperature_at=NOW)
    Presence.objects.filter(device=late_clock).update(clock_offset_s=-500, storage_free=10**12)
    Presence.objects.filter(device=silent).update(is_online=False, storage_free=1)

    def noted() -> dict[int, datetime | None]:
        return dict(Presence.objects.values_list("device", "trouble_since"))

    mark_offline(now=NOW)
    later = NOW + timedelta(minutes=1)
    mark_offline(now=later)
    assert noted() == {fine.pk: None, hot.pk: NOW, late_clock.pk: NOW, silent.pk: None}
    Presence.objects.filter(device=hot).update(temperature=40)
    Presence.objects.filter(device=fine).update(storage_free=1)
    mark_offline(now=later)
    assert noted() == {fine.pk: later, hot.pk: None, late_clock.pk: NOW, silent.pk: None}
