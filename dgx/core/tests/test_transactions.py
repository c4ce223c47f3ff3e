"""Two changes that take the same rows the other way round."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import OperationalError, connection, transaction

from dgx.core.api.errors import as_refusal
from dgx.core.transactions import atomic_retried
from locations.models import Shop
from locations.tests.factories import ShopFactory


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_is_tried_again():
    first, second = ShopFactory.create(), ShopFactory.create()
    both_hold_one = Barrier(2)
    tries: list[int] = []

    @atomic_retried
    def take(*keys: int) -> None:
        tries.append(keys[0])
        for key in keys:
            Shop.objects.select_for_update().get(pk=key)
            if len(tries) <= 2 and not both_hold_one.broken and key == keys[0]:
                both_hold_one.wait(timeout=10)

    def work(*keys: int) -> None:
        try:
            take(*keys)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(work, first.pk, second.pk), threads.submit(work, second.pk, first.pk)]:
            done.result(timeout=30)
    assert len(tries) == 3


@pytest.mark.django_db
def test_inside_of_another_transaction_nothing_is_tried_again():
    tries = []

    @atomic_retried
    def fail() -> None:
        tries.append(1)
        raise OperationalError("gone")

    with pytest.raises(OperationalError), transaction.atomic():
        fail()
    assert tries == [1]


def test_one_that_was_broken_off_is_worth_a_retry():
    from psycopg.errors import DeadlockDetected

    error = OperationalError("deadlock detected")
    error.__cause__ = DeadlockDetected("deadlock detected")
    refusal = as_refusal(error)
    assert refusal is not None
    assert (refusal.status, refusal.message) == (503, "Another change of the same things was under way. Try again.")
