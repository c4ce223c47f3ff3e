"""POST enrol: a device comes in by a key, or shows a code and waits."""

from datetime import timedelta

import pytest
from django.utils import timezone

from devices.models import Device, DeviceToken, Pairing
from devices.services.enrolment import CODE_ALPHABET, make_enrolment_key
from devices.tests.factories import DeviceFactory, GroupFactory, enrolled_device
from dgx.protocol import views
from dgx.protocol.tests.helpers import error_code, poll, post
from locations.tests.factories import ShopFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("dgx.protocol.tests.urls")]


@pytest.fixture
def key():
    return make_enrolment_key(
        label="opening", group=GroupFactory.create(name="lobby"), shop=ShopFactory.create(name="Lyon", timezone="CET")
    )[1]


def test_a_key_lets_a_device_in_at_once(key):
    response = post(
        "enrol", {"mobile_id": "s-1", "kind": "camera", "name": "Door", "screen": "1x1", "enrolment_key": key}
    )
    device = Device.objects.get()
    token = response.json().pop("token")
    assert (response.status_code, response.json()["device"]) == (
        201,
        {
            "id": str(device.public_id),
            "mobile_id": "s-1",
            "name": "Door",
            "kind": "camera",
            "group": "lobby",
            "shop": "Lyon",
            "timezone": "CET",
        },
    )
    assert (device.state, device.screen) == ("enrolled", "1x1")
    assert poll(token).status_code == 200


def test_the_token_is_kept_as_a_hash_alone(key):
    token = post("enrol", {"mobile_id": "s-1", "enrolment_key": key}).json()["token"]
    assert token not in str(DeviceToken.objects.values().get())


def test_a_key_takes_in_a_device_that_an_operator_registered(key):
    group = GroupFactory.create(name="already")
    known = DeviceFactory.create(mobile_id="s-1", group=group)
    assert post("enrol", {"mobile_id": "s-1", "enrolment_key": key}).status_code == 201
    known.refresh_from_db()
    assert (known.state, known.group.name, known.shop.name) == ("enrolled", "already", "Lyon")


def test_a_device_that_has_a_token_never_gets_a_second_one_here(key):
    device, _token = enrolled_device(mobile_id="s-1")
    assert error_code(post("enrol", {"mobile_id": "s-1", "enrolment_key": key})) == (409, "already_enrolled")
    assert error_code(post("enrol", {"mobile_id": "s-1"})) == (409, "already_enrolled")
    assert device.tokens.count() == 1


@pytest.mark.parametrize(
    "fields", [{"expires_at": timezone.now()}, {"revoked_at": timezone.now()}, {"max_uses": 1, "uses": 1}]
)
def test_a_key_that_opens_nothing_is_refused_by_field(fields):
    _made, secret = make_enrolment_key(label="dead", **fields)
    response = post("enrol", {"mobile_id": "s-1", "enrolment_key": secret})
    assert error_code(response) == (400, "invalid")
    assert list(response.json()["detail"]["fields"]) == ["enrolment_key"]
    assert not Device.objects.exists()


def test_a_key_lets_in_no_more_than_its_number():
    made, secret = make_enrolment_key(label="two", max_uses=2)
    statuses = [post("enrol", {"mobile_id": f"s-{n}", "enrolment_key": secret}).status_code for n in range(3)]
    made.refresh_from_db()
    assert (statuses, made.uses) == ([201, 201, 400], 2)


def test_a_refused_device_does_not_use_up_the_key(key):
    enrolled_device(mobile_id="s-1")
    made, secret = make_enrolment_key(label="one", max_uses=1)
    post("enrol", {"mobile_id": "s-1", "enrolment_key": secret})
    made.refresh_from_db()
    assert made.uses == 0


def test_without_a_key_it_gets_a_code_to_show():
    response = post("enrol", {"mobile_id": "s-1"})
    pairing = Pairing.objects.get()
    body = response.json()
    assert (response.status_code, set(body)) == (202, {"pairing_code", "claim_token", "expires_at", "poll_after_s"})
    assert (len(body["pairing_code"]), set(body["pairing_code"]) <= set(CODE_ALPHABET)) == (6, True)
    assert body["claim_token"] not in str(Pairing.objects.values().get())
    assert timedelta(minutes=14) < pairing.expires_at - timezone.now() <= timedelta(minutes=15)
    assert not Device.objects.exists()


def test_a_registered_device_and_an_unknown_one_get_the_same_kind_of_answer():
    DeviceFactory.create(mobile_id="registered")
    known, unknown = (post("enrol", {"mobile_id": name}) for name in ("registered", "unknown"))
    assert (known.status_code, set(known.json())) == (unknown.status_code, set(unknown.json()))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "mobile_id"),
        ({"mobile_id": ""}, "mobile_id"),
        ({"mobile_id": " \t"}, "mobile_id"),
        ({"mobile_id": "x" * 300}, "mobile_id"),
        ({"mobile_id": "n\x00l"}, "mobile_id"),
        ({"mobile_id": 12}, "mobile_id"),
        ({"mobile_id": None}, "mobile_id"),
        ({"mobile_id": "x", "kind": "toaster"}, "kind"),
        ({"mobile_id": "x", "name": "n" * 256}, "name"),
        ({"mobile_id": "x", "screen": "s" * 51}, "screen"),
        ({"mobile_id": "x", "app_version": ["3"]}, "app_version"),
        ({"mobile_id": "x", "enrolment_key": ""}, "enrolment_key"),
        ({"mobile_id": "x", "enrolment_key": "k" * 201}, "enrolment_key"),
        ({"mobile_id": "x", "group": "lobby"}, "group"),
    ],
)
def test_it_refuses_a_wrong_field_by_name(body, field):
    response = post("enrol", body)
    assert error_code(response) == (400, "invalid")
    assert list(response.json()["detail"]["fields"]) == [field]
    assert not Pairing.objects.exists()


def test_it_refuses_a_body_too_large():
    assert error_code(post("enrol", {"mobile_id": "x", "name": "n" * 20_000})) == (413, "too_large")


def test_it_refuses_broken_json_and_other_methods(client):
    assert error_code(post("enrol", "{")) == (400, "parse_error")
    assert error_code(client.get("/api/v1/device/enrol")) == (405, "method_not_allowed")


def test_codes_are_limited_by_address(monkeypatch):
    monkeypatch.setattr(views, "PAIRINGS_A_MINUTE", 2)
    statuses = [post("enrol", {"mobile_id": f"s-{n}"}).status_code for n in range(2)]
    response = post("enrol", {"mobile_id": "s-3"})
    assert (statuses, error_code(response)) == ([202, 202], (429, "throttled"))
    assert 0 < int(response["Retry-After"]) <= 60
    assert post("enrol", {"mobile_id": "s-3"}, REMOTE_ADDR="10.0.0.9").status_code == 202


def test_wrong_keys_are_limited_by_address_and_right_ones_still_work(monkeypatch, key):
    monkeypatch.setattr(views, "WRONG_KEYS_A_MINUTE", 2)
    statuses = [post("enrol", {"mobile_id": "s", "enrolment_key": "no"}).status_code for _ in range(3)]
    assert statuses == [400, 400, 429]
    assert post("enrol", {"mobile_id": "s", "enrolment_key": key}).status_code == 201


def test_without_redis_the_limits_stand_open(monkeypatch, settings):
    monkeypatch.setattr(views, "PAIRINGS_A_MINUTE", 1)
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    assert [post("enrol", {"mobile_id": f"s-{n}"}).status_code for n in range(2)] == [202, 202]
