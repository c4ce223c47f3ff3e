"""POST claim: the device that shows a code asks for its token."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from devices.models import Device, DeviceToken, Pairing
from devices.services.enrolment import (
    allow_pairing,
    approve_pairing,
    make_enrolment_key,
    refuse_pairings,
    retire,
    revoke_tokens,
    rotate_token,
)
from devices.tests.factories import GroupFactory, enrolled_device
from dgx.core.models import ChangedRow
from dgx.protocol import views
from dgx.protocol.tests.helpers import error_code, poll, post

pytestmark = [pytest.mark.django_db, pytest.mark.urls("dgx.protocol.tests.urls")]


@pytest.fixture
def started():
    return post("enrol", {"mobile_id": "s-1", "name": "Door"}).json()


def claim(started):
    return post("claim", {"claim_token": started["claim_token"]})


def approve(started, **fields):
    return approve_pairing(code=started["pairing_code"], by=None, now=timezone.now(), **fields)


def test_it_waits_for_the_operator(started):
    response = claim(started)
    assert (response.status_code, response.json()) == (202, {"poll_after_s": 5})


def test_it_gets_its_token_once_the_code_was_typed(started, admin_user):
    group = GroupFactory.create(name="lobby")
    approve_pairing(code=f" {started['pairing_code'].lower()} ", by=admin_user, now=timezone.now(), group=group)
    response = claim(started)
    assert (response.status_code, response.json()["device"]["group"]) == (201, "lobby")
    assert poll(response.json()["token"]).status_code == 200
    assert Pairing.objects.get().decided_by == admin_user


def test_once_it_has_reported_there_is_no_other_token(started):
    approve(started)
    token = claim(started).json()["token"]
    assert poll(token).status_code == 200
    assert error_code(claim(started)) == (410, "pairing_claimed")
    assert poll(token).status_code == 200
    assert DeviceToken.objects.count() == 1


# --- a claim whose answer was lost ----
def test_a_claim_whose_answer_was_lost_is_made_again(started):
    approve(started)
    lost, kept = claim(started), claim(started)
    assert (lost.status_code, kept.status_code) == (201, 201)
    assert lost.json() | {"token": ""} == kept.json() | {"token": ""}
    assert error_code(poll(lost.json()["token"])) == (401, "token_unknown")
    assert poll(kept.json()["token"]).status_code == 200
    assert error_code(claim(started)) == (410, "pairing_claimed")


def test_the_audit_keeps_that_its_token_is_another_one(started):
    approve(started)
    prefixes = [claim(started).json()["token"][: len(DeviceToken.objects.get().prefix)] for _ in range(2)]
    added, changed = ChangedRow.objects.filter(kind="devices.devicetoken").order_by("pk")
    assert (added.action, changed.action, changed.fields) == ("added", "changed", {"prefix": prefixes})
    assert (changed.change.door, changed.change.what) == ("device", "Came in by a pairing code")


def test_it_is_made_again_also_by_a_device_that_reported_before_it_was_paired_anew(started):
    device, old = enrolled_device(mobile_id="s-2")
    with time_machine.travel(timezone.now() - timedelta(days=1)):
        poll(old)
    allow_pairing(Device.objects.filter(pk=device.pk), now=timezone.now())
    again = post("enrol", {"mobile_id": "s-2"}).json()
    approve(again)
    claim(again)
    assert poll(claim(again).json()["token"]).status_code == 200
    assert poll(old).status_code == 401


def test_a_claim_is_made_again_no_longer_than_the_code_would_live(started):
    approve(started)
    token = claim(started).json()["token"]
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert error_code(claim(started)) == (410, "pairing_claimed")
        assert poll(token).status_code == 200


def pair_anew(device):
    """The device comes in by another code."""
    allow_pairing(Device.objects.filter(pk=device.pk), now=timezone.now())
    again = post("enrol", {"mobile_id": device.mobile_id}).json()
    approve(again)
    assert claim(again).status_code == 201


DECISIONS = {
    "rotated": lambda device: rotate_token(device, now=timezone.now()),
    "taken back": lambda device: revoke_tokens(Device.objects.filter(pk=device.pk), now=timezone.now()),
    "retired": lambda device: retire(Device.objects.filter(pk=device.pk), now=timezone.now()),
    "to be paired anew": lambda device: allow_pairing(Device.objects.filter(pk=device.pk), now=timezone.now()),
    "paired anew": pair_anew,
}


@pytest.mark.parametrize("decide", DECISIONS.values(), ids=DECISIONS)
def test_what_an_operator_decided_since_is_not_undone_by_another_claim(started, decide):
    approve(started)
    claim(started)
    decide(Device.objects.get())
    kept = list(DeviceToken.objects.values_list("token_hash", flat=True))
    assert error_code(claim(started)) == (410, "pairing_claimed")
    assert list(DeviceToken.objects.values_list("token_hash", flat=True)) == kept


def test_a_refused_pairing_is_gone(started, admin_user):
    refuse_pairings(Pairing.objects.all(), by=admin_user)
    assert error_code(claim(started)) == (410, "pairing_refused")


def test_an_expired_pairing_is_gone_even_if_it_was_approved(started):
    approve(started)
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert error_code(claim(started)) == (410, "pairing_expired")


def test_an_unknown_claim_token_is_not_found():
    assert error_code(post("claim", {"claim_token": "dgxc_nobody"})) == (404, "claim_not_found")


def test_of_two_screens_with_one_mobile_id_only_the_first_gets_a_token(started):
    second = post("enrol", {"mobile_id": "s-1"}).json()
    approve(started)
    approve(second)
    assert claim(started).status_code == 201
    assert error_code(claim(second)) == (410, "pairing_overtaken")
    assert DeviceToken.objects.count() == 1


def test_a_device_that_came_in_by_a_key_meanwhile_gets_no_second_token(started):
    approve(started)
    _made, key = make_enrolment_key(label="k")
    assert post("enrol", {"mobile_id": "s-1", "enrolment_key": key}).status_code == 201
    assert error_code(claim(started)) == (410, "pairing_overtaken")


def test_a_device_retired_after_its_approval_stays_retired(started):
    approve(started)
    retire(Device.objects.all(), now=timezone.now())
    assert error_code(claim(started)) == (410, "pairing_overtaken")
    assert Device.objects.get().state == "retired"


@pytest.mark.parametrize("body", [{}, {"claim_token": ""}, {"claim_token": 1}, {"claim_token": "c" * 201}])
def test_it_refuses_a_wrong_claim_token_by_name(body):
    response = post("claim", body)
    assert error_code(response) == (400, "invalid")
    assert list(response.json()["detail"]["fields"]) == ["claim_token"]


def test_claims_are_limited_by_address(monkeypatch, started):
    monkeypatch.setattr(views, "CLAIMS_A_MINUTE", 1)
    assert [claim(started).status_code for _ in range(2)] == [202, 429]
