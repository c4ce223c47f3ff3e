"""The chain's one row: its version only grows, and what reaches every screen is counted there."""

import pytest
from django.db import IntegrityError

from locations.models import Chain, Shop
from locations.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db


def test_there_is_one_row_from_the_start():
    assert [(str(chain), chain.content_version) for chain in Chain.objects.all()] == [("The whole chain", 0)]
    assert Chain.objects.version() == 0


def test_a_second_row_is_refused():
    with pytest.raises(IntegrityError, match="chain_one_row"):
        Chain.objects.create(id=2)


def test_its_version_never_falls():
    Chain.objects.update(content_version=7)
    Chain.objects.update(content_version=3)
    assert Chain.objects.version() == 7


def test_without_its_row_the_version_is_0_and_a_lock_makes_it_anew():
    Chain.objects.all().delete()
    assert Chain.objects.version() == 0
    Chain.objects.lock()
    assert Chain.objects.count() == 1


def test_it_says_when_its_content_changed_last_and_no_stale_save_takes_that_back():
    shop = ShopFactory.create()
    assert shop.content_changed_at is None
    Shop.objects.filter(pk=shop.pk).update(content_version=1)
    changed_at = Shop.objects.get(pk=shop.pk).content_changed_at
    assert changed_at is not None
    shop.save()
    assert Shop.objects.get(pk=shop.pk).content_changed_at == changed_at
