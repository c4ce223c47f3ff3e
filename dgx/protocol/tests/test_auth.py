"""Who may poll: tokens that are missing, unknown, revoked, expired, rotated, or of a device that is retired."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from devices.models import Device, Presence
from devices.services.enrolment import allow_pairing, retire, revoke_tokens, rotate_token
from devices.tests.factories import enrolled_device
from dgx.protocol.tests.helpers import error_code, get_manifest, poll

pytestmark = [pytest.mark.django_db, pytest.mark.urls("dgx.protocol.tests.urls")]


@pytest.fixture
def enrolled():
    return enrolled_device(mobile_id="screen-1")


def test_it_asks_a_caller_without_a_token_for_one():
    response = poll("")
    assert (*error_code(response), response["WWW-Authenticate"]) == (
        401,
        "not_authenticated",
        'Device realm="device"',
    )


@pytest.mark.parametrize("header", ["Device", "Device  ", "Bearer dgxd_x", "x" * 5000])
def test_it_asks_for_a_device_token_and_no_other(client, header):
    response = client.get("/api/v1/device/manifest", headers={"Authorization": header})
    assert error_code(response) == (401, "not_authenticated")


@pytest.mark.parametrize("token", ["dgxd_unknown", "x" * 5000, "n\x00l", "\udcff"])
def test_it_refuses_an_unknown_token(token, client):
    response = client.get("/api/v1/device/manifest", HTTP_AUTHORIZATION=f"Device {token}")
    assert error_code(response) == (401, "token_unknown")


def test_it_refuses_a_revoked_token(enrolled):
    device, token = enrolled
    revoke_tokens(Device.objects.filter(pk=device.pk), now=timezone.now())
    assert error_code(poll(token)) == (401, "token_revoked")


def test_of_a_refused_poll_nothing_is_stored(enrolled):
    device, token = enrolled
    revoke_tokens(Device.objects.filter(pk=device.pk), now=timezone.now())
    assert poll(token, boot_id="b", seq=1, temperature=4.5, logs=[{"log_type": "x"}]).status_code == 401
    assert (device.logs.count(), device.flips.count()) == (0, 0)
    assert Presence.objects.get(device=device).boot_id == ""


def test_what_is_wrong_with_a_poll_is_told_to_devices_alone(enrolled):
    _, token = enrolled
    assert error_code(poll("dgxd_unknown", colour="red")) == (401, "token_unknown")
    assert error_code(poll(token, colour="red")) == (400, "invalid")


def test_it_says_that_a_device_is_retired(enrolled):
    device, token = enrolled
    retire(Device.objects.filter(pk=device.pk), now=timezone.now())
    assert error_code(poll(token)) == (401, "device_retired")
    assert error_code(get_manifest(token)) == (401, "device_retired")


def test_a_rotated_token_works_on_for_a_day_and_then_says_that_it_expired(enrolled):
    device, old = enrolled
    start = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
    new = rotate_token(device, now=start)
    with time_machine.travel(start + timedelta(hours=23), tick=False):
        assert (poll(old).status_code, poll(new).status_code) == (200, 200)
    with time_machine.travel(start + timedelta(hours=24), tick=False):
        assert (error_code(poll(old)), poll(new).status_code) == ((401, "token_expired"), 200)


def test_a_device_that_is_to_be_paired_again_has_no_token_that_works(enrolled):
    device, token = enrolled
    allow_pairing(Device.objects.filter(pk=device.pk), now=timezone.now())
    assert error_code(poll(token)) == (401, "token_revoked")


def test_the_token_of_a_deleted_device_is_unknown(enrolled):
    device, token = enrolled
    device.delete()
    assert error_code(poll(token)) == (401, "token_unknown")


def test_the_word_device_may_be_written_in_any_case(enrolled, client):
    response = client.get("/api/v1/device/manifest", headers={"Authorization": f"DEVICE {enrolled[1]}"})
    assert response.status_code == 200


def test_a_stranger_without_a_token_leaves_no_trace(enrolled):
    poll("dgxd_wrong", temperature=5)
    device, _token = enrolled
    assert device.presence.last_seen_at is None
