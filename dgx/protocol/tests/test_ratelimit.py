"""How often a device may call, and how many unknown tokens an address may bring."""

import pytest
from django.utils import timezone

from devices.models import Device, Presence
from devices.services.enrolment import revoke_tokens
from devices.tests.factories import enrolled_device
from dgx.core.tests.own_redis import own_redis
from dgx.protocol.tests.helpers import error_code, get_manifest, poll
from telemetry.models import DeviceLog

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("dgx.protocol.tests.urls"),
    pytest.mark.usefixtures("frozen"),
]


@pytest.fixture
def token() -> str:
    return enrolled_device(mobile_id="screen-1")[1]


def test_a_device_may_poll_so_often_and_is_then_told_when_to_come_back(token, rate, frozen):
    rate("device", "8/min")
    assert {poll(token).status_code for _ in range(8)} == {200}
    response = poll(token)
    assert error_code(response) == (429, "throttled")
    assert response.json()["detail"]["message"] == "More than 8 calls in 60 s from this device. Try again later."
    assert (response["RateLimit-Policy"], response["RateLimit"]) == ('"device";q=8;w=60', '"device";r=0;t=5')
    assert response["Retry-After"] == "5"
    frozen.shift(5)
    assert poll(token).status_code == 200


def test_the_limit_that_is_set_leaves_room_for_the_shortest_interval(token, frozen):
    for _ in range(100):
        assert poll(token).status_code == 200
        frozen.shift(0.6)


def test_of_a_poll_too_many_nothing_is_stored(token, rate):
    rate("device", "1/min")
    poll(token, boot_id="b", seq=1)
    refused = poll(token, boot_id="b", seq=2, temperature=4.5, logs=[{"log_type": "x"}])
    assert (refused.status_code, DeviceLog.objects.count(), Presence.objects.get().seq) == (429, 0, 1)


def test_manifests_and_bodies_that_are_wrong_count_as_well(token, rate):
    rate("device", "3/min")
    assert (poll(token).status_code, poll(token, colour="red").status_code) == (200, 400)
    assert (get_manifest(token).status_code, error_code(get_manifest(token))) == (200, (429, "throttled"))


def test_another_device_is_not_held_up(token, rate):
    rate("device", "1/min")
    assert [poll(token).status_code for _ in range(2)] == [200, 429]
    assert poll(enrolled_device(mobile_id="screen-2")[1]).status_code == 200


def test_an_ordinary_poll_asks_redis_nothing(token, tmp_path, settings, frozen):
    with own_redis(tmp_path) as server:
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": server.url}}
        for _ in range(40):
            assert poll(token).status_code == 200
            frozen.shift(2)
        assert server.scripts_run() == 0
        assert {poll(token).status_code for _ in range(32)} == {200}  # a quarter of 120 and two more
        assert server.scripts_run() == 2


def test_without_redis_devices_are_let_in(token, rate, settings):
    rate("device", "1/min")
    assert [poll(token).status_code for _ in range(2)] == [200, 429]
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    assert poll(token).status_code == 200


def test_the_limit_can_be_turned_off(token, rate):
    rate("device", "1/min")
    assert [poll(token).status_code for _ in range(2)] == [200, 429]
    rate("device", "off")
    assert {poll(token).status_code for _ in range(3)} == {200}


# --- tokens that open nothing ----
def test_unknown_tokens_are_counted_by_address_and_good_ones_pass(token, rate):
    rate("failure", "2/min")
    guesses = [get_manifest("dgxd_1"), poll("dgxd_2"), poll("dgxd_3")]
    assert [error_code(response) for response in guesses] == [
        (401, "token_unknown"),
        (401, "token_unknown"),
        (429, "throttled"),
    ]
    assert (guesses[2]["Retry-After"], guesses[2]["RateLimit-Policy"]) == ("15", '"failure";q=2;w=60')
    assert [poll(token).status_code for _ in range(3)] == [200] * 3


def test_a_revoked_token_is_no_guess(token, rate):
    rate("failure", "1/min")
    revoke_tokens(Device.objects.all(), now=timezone.now())
    assert {error_code(poll(token)) for _ in range(3)} == {(401, "token_revoked")}
    assert error_code(poll("dgxd_unknown")) == (401, "token_unknown")
