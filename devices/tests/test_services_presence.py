"""The sweep: silence, two sweeps at once, and who asks for it."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from devices.models import FleetEvent, Presence, PresenceFlip
from devices.services.presence import mark_offline, notice_silence
from devices.tasks import mark_offline as mark_offline_task
from devices.tests.factories import DeviceFactory, GroupFactory
from devices.tests.sweeping import LONG_SILENT, NOW, SECOND, flips, online, sweep_at, swept


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

    def test_it_runs_the_same_number_of_statements_for_any_fleet(self):
        statements = []
        for number, at in ((12, LONG_SILENT), (40, LONG_SILENT + timedelta(hours=1))):
            for _ in range(number):
                online(seen=at - timedelta(minutes=2))
            swept(at - 15 * SECOND)
            with CaptureQueriesContext(connection) as captured:
                assert len(mark_offline(now=at).device_ids) == number
            statements.append(len(captured))
        assert statements == [10, 10]
        assert FleetEvent.objects.count() == 2

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


@pytest.mark.django_db
def test_a_device_that_falls_silent_has_no_fault_of_its_own_any_more():
    hot = online()
    Presence.objects.filter(device=hot).update(temperature=80, temperature_at=NOW)
    assert sweep_at(30, 45, 75) == [[], [], [hot.pk]]
    presence = Presence.objects.get(device=hot)
    assert (presence.is_online, presence.trouble_since) == (False, None)


@pytest.mark.django_db(transaction=True)
def test_a_report_that_arrives_while_the_sweep_looks_counts():
    heard, silent = online(), online()
    swept(LONG_SILENT - 15 * SECOND)

    def sweep():
        try:
            return mark_offline(now=LONG_SILENT).device_ids
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Presence.objects.filter(device=heard).update(last_seen_at=LONG_SILENT)
        found = pool.submit(sweep)
        until_somebody_waits_for_us()
    assert found.result(timeout=30) == [silent.pk]


def until_somebody_waits_for_us() -> None:
    """It has looked, and found the row that we have changed and not committed yet."""
    with connection.cursor() as cursor:
        for _ in range(1000):
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("nobody waited")
