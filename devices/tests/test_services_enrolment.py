"""How devices come in and how their secrets change, also when two try at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from devices.models import Device, DeviceToken, EnrolmentKey, Pairing
from devices.services.enrolment import (
    allow_pairing,
    approve_pairing,
    claim,
    clear_pairings,
    enrol_with_key,
    make_enrolment_key,
    refuse_pairings,
    retire,
    revoke_tokens,
    rotate_token,
    start_pairing,
)
from devices.services.pairing_codes import approve_code
from devices.tests.factories import DeviceFactory, GroupFactory, enrolled_device
from dgx.core.credentials import hash_secret
from dgx.core.errors import Conflict, Invalid, NotFound, Refusal


def enrol(mobile_id: str, key: str):
    return enrol_with_key(mobile_id=mobile_id, key=key, details={}, now=timezone.now())


@pytest.mark.django_db
class TestKeys:
    def test_a_key_is_shown_once_and_kept_as_its_hash(self):
        made, secret = make_enrolment_key(label="opening")
        assert secret.startswith(made.prefix)
        assert EnrolmentKey.objects.get().key_hash == hash_secret(secret)

    def test_it_puts_the_device_where_the_key_says(self):
        group = GroupFactory.create()
        _made, secret = make_enrolment_key(label="k", group=group)
        enrolled = enrol("d", secret)
        assert (enrolled.device.group, enrolled.device.state) == (group, "enrolled")

    def test_a_revoked_key_opens_nothing_and_its_devices_stay(self):
        made, secret = make_enrolment_key(label="k")
        device = enrol("d", secret).device
        made.revoke()
        with pytest.raises(Invalid):
            enrol("e", secret)
        assert device.tokens.valid(timezone.now()).count() == 1

    def test_a_known_device_is_a_conflict_and_costs_the_key_nothing(self):
        enrolled_device(mobile_id="d")
        _made, secret = make_enrolment_key(label="k", max_uses=1)
        with pytest.raises(Conflict):
            enrol("d", secret)
        assert EnrolmentKey.objects.get().uses == 0


@pytest.mark.django_db
class TestPairing:
    def test_a_code_of_another_screen_or_none_is_not_found(self):
        start_pairing(mobile_id="d", details={})
        with pytest.raises(NotFound):
            approve_pairing(code="AAAAAA", by=None, now=timezone.now())

    def test_a_code_works_once(self):
        code = start_pairing(mobile_id="d", details={}).pairing.code
        approve_pairing(code=code, by=None, now=timezone.now())
        with pytest.raises(NotFound):
            approve_pairing(code=code, by=None, now=timezone.now())

    def test_a_code_dies_after_its_quarter_of_an_hour(self):
        pairing = start_pairing(mobile_id="d", details={}).pairing
        with pytest.raises(NotFound):
            approve_pairing(code=pairing.code, by=None, now=pairing.expires_at)

    def test_a_pairing_that_let_nobody_in_is_forgotten_a_day_after_it_ran_out(self):
        now = timezone.now()
        claimed, waiting = (start_pairing(mobile_id=name, details={}) for name in ("claimed", "waiting"))
        approve_pairing(code=claimed.pairing.code, by=None, now=now)
        claim(claim_token=claimed.claim_token, now=now)
        last_day = waiting.pairing.expires_at + timedelta(hours=24)
        assert clear_pairings(now=last_day) == 0
        assert clear_pairings(now=last_day + timedelta(seconds=1)) == 1
        assert [pairing.mobile_id for pairing in Pairing.objects.all()] == ["claimed"]

    def test_refusing_counts_only_those_that_wait(self):
        started = start_pairing(mobile_id="d", details={})
        start_pairing(mobile_id="e", details={})
        approve_pairing(code=started.pairing.code, by=None, now=timezone.now())
        assert refuse_pairings(Pairing.objects.all(), by=None) == 1

    def test_a_device_that_was_taken_in_otherwise_cannot_be_approved(self):
        started = start_pairing(mobile_id="d", details={})
        enrolled_device(mobile_id="d")
        with pytest.raises(Conflict):
            approve_pairing(code=started.pairing.code, by=None, now=timezone.now())

    def test_a_device_may_be_paired_again_when_an_operator_allows_it(self):
        device, _token = enrolled_device(mobile_id="d")
        allow_pairing(Device.objects.filter(pk=device.pk), now=timezone.now())
        started = start_pairing(mobile_id="d", details={})
        approve_pairing(code=started.pairing.code, by=None, now=timezone.now())
        enrolled = claim(claim_token=started.claim_token, now=timezone.now())
        assert enrolled
        assert enrolled.device == device
        assert device.tokens.valid(timezone.now()).count() == 1


@pytest.mark.django_db
class TestTokens:
    def test_rotation_lets_the_old_token_overlap_and_a_second_one_does_not_prolong_it(self):
        device, _old = enrolled_device()
        now = timezone.now()
        rotate_token(device, now=now)
        rotate_token(device, now=now + timedelta(hours=1))
        ends = list(device.tokens.order_by("id").values_list("expires_at", flat=True))
        assert ends == [now + timedelta(hours=24), now + timedelta(hours=25), None]

    def test_a_retired_device_gets_no_token(self):
        device, _token = enrolled_device()
        retire(Device.objects.filter(pk=device.pk), now=timezone.now())
        device.refresh_from_db()
        with pytest.raises(Conflict):
            rotate_token(device, now=timezone.now())

    def test_revoking_and_retiring_count_what_they_changed_and_leave_strangers(self):
        (device, _one), (stranger, _two) = enrolled_device(), enrolled_device()
        ours = Device.objects.filter(pk=device.pk)
        assert (revoke_tokens(ours, now=timezone.now()), revoke_tokens(ours, now=timezone.now())) == (1, 0)
        assert (retire(ours, now=timezone.now()), retire(ours, now=timezone.now())) == (1, 0)
        assert stranger.tokens.valid(timezone.now()).exists()


def at_once(number: int, call):
    """What `call(n)` returned or refused, from that many threads that start together."""
    start = threading.Barrier(number)

    def run(n):
        try:
            start.wait()
            return call(n)
        except Refusal as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("registered", [False, True])
def test_of_many_that_enrol_under_one_name_at_once_one_gets_a_token(registered):
    if registered:
        DeviceFactory.create(mobile_id="d")
    _made, secret = make_enrolment_key(label="k")
    results = at_once(6, lambda _n: enrol("d", secret))
    assert sum(isinstance(result, Conflict) for result in results) == 5
    assert (DeviceToken.objects.count(), EnrolmentKey.objects.get().uses) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_a_key_for_three_lets_three_of_eight_in_at_once():
    _made, secret = make_enrolment_key(label="k", max_uses=3)
    results = at_once(8, lambda n: enrol(f"d-{n}", secret))
    assert sum(isinstance(result, Invalid) for result in results) == 5
    assert (Device.objects.count(), DeviceToken.objects.count()) == (3, 3)


@pytest.mark.django_db(transaction=True)
def test_a_code_typed_twice_at_once_lets_in_once(admin_user):
    code = start_pairing(mobile_id="d", details={}).pairing.code
    results = at_once(2, lambda _n: approve_code(code=code, by=admin_user, now=timezone.now()))
    assert sorted(type(result).__name__ for result in results) == ["NotFound", "Pairing"]
    assert (Device.objects.get().mobile_id, Pairing.objects.get().state) == ("d", "approved")


@pytest.mark.django_db(transaction=True)
def test_of_a_claim_sent_four_times_at_once_one_token_works_in_the_end():
    started = start_pairing(mobile_id="d", details={})
    approve_pairing(code=started.pairing.code, by=None, now=timezone.now())
    results = at_once(4, lambda _n: claim(claim_token=started.claim_token, now=timezone.now()))
    kept = DeviceToken.objects.get().token_hash
    assert [hash_secret(result.token) for result in results].count(kept) == 1
    assert len({result.token for result in results}) == 4
