"""The web's sign of life: there while it can store what it hears, and only then."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from devices.models import Presence
from devices.services.presence import mark_offline
from devices.tests.factories import DeviceFactory
from dgx.tests.stack_helpers import wait_until
from dgx.web import pulse
from dgx.web.pulse import Pulse

pytestmark = pytest.mark.django_db
POLL = "/api/v1/device/poll"


@pytest.fixture
def silent():
    """A device that is due in five seconds."""
    device = DeviceFactory.create()
    Presence.objects.filter(device=device).update(
        is_online=True, last_seen_at=timezone.now() - timedelta(seconds=55), silent_after_s=60
    )
    return device


def offline_in(seconds: float) -> list[int]:
    return mark_offline(now=timezone.now() + timedelta(seconds=seconds)).device_ids


def test_a_web_that_serves_leaves_silence_to_the_devices(silent):
    Pulse().beat()
    assert offline_in(7) == [silent.pk]


def test_a_web_that_has_died_is_known_by_its_silence(silent):
    Pulse().beat()
    assert offline_in(30) == []


def test_a_web_that_lately_failed_gives_no_sign_of_life(silent):
    own = Pulse()
    own.beat()
    own.note(POLL, 503)
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        own.beat()
    assert offline_in(30) == []


@pytest.mark.parametrize(("path", "status"), [(POLL, 200), (POLL, 500), ("/api/v1/videos/", 503)])
def test_what_says_nothing_of_reports_is_no_failure(silent, path, status):
    own = Pulse()
    own.note(path, status)
    own.beat()
    assert offline_in(7) == [silent.pk]


def test_a_failure_of_a_while_ago_is_forgotten(silent, monkeypatch):
    monkeypatch.setattr(pulse, "UNWELL_FOR_S", 0)
    own = Pulse()
    own.note(POLL, 503)
    own.beat()
    assert offline_in(7) == [silent.pk]


def test_no_fault_ends_it(monkeypatch):
    """As when another version of this code left in Redis what this one cannot read."""
    monkeypatch.setattr(pulse, "EVERY_S", 0.01)
    tries: list[int] = []

    def failing() -> bool:
        tries.append(1)
        if len(tries) < 3:
            raise ValueError
        return True

    Pulse(is_stuck=failing).start()
    wait_until(lambda: len(tries) > 3)


def test_while_nothing_moves_there_is_no_sign_of_life(silent):
    Pulse(is_stuck=lambda: False).beat()
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        Pulse(is_stuck=lambda: True).beat()
    assert offline_in(30) == []
