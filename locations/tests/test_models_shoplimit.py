"""A limit to shops: what it means, what it costs, and that it fails closed."""

import pytest
from django.contrib.auth.models import AnonymousUser, User

from dgx.core.scope import is_limited, limit_of, may_change
from locations.models import Shop, ShopLimit
from locations.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db


def limited_to(*shops):
    person = User.objects.create_user("someone")
    ShopLimit.objects.create(user=person).shops.set(shops)
    return person


def test_without_a_row_a_person_is_not_limited(user_with):
    shop, person = ShopFactory.create(), user_with()
    assert (limit_of(person), is_limited(person), may_change(shop, person)) == (None, False, True)
    assert list(Shop.objects.visible_to(person)) == list(Shop.objects.changeable_by(person)) == [shop]


def test_a_limited_person_sees_the_shops_of_the_limit_alone():
    own, foreign = ShopFactory.create(), ShopFactory.create()
    person = limited_to(own)
    assert (limit_of(person), is_limited(person)) == (frozenset({own.pk}), True)
    assert list(Shop.objects.visible_to(person)) == [own]
    assert (may_change(own, person), may_change(foreign, person)) == (True, False)


def test_a_limit_without_shops_leaves_nothing():
    ShopFactory.create()
    assert list(Shop.objects.visible_to(limited_to())) == []


def test_a_limit_stays_when_its_last_shop_is_deleted():
    shop = ShopFactory.create()
    person = limited_to(shop)
    shop.delete()
    ShopFactory.create()
    assert list(Shop.objects.visible_to(person)) == []


@pytest.mark.parametrize("nobody", [None, AnonymousUser()])
def test_nobody_sees_nothing(nobody):
    shop = ShopFactory.create()
    assert list(Shop.objects.visible_to(nobody)) == list(Shop.objects.changeable_by(nobody)) == []
    assert not may_change(shop, nobody)


def test_a_superuser_is_limited_as_anybody(admin_user):
    own = ShopFactory.create()
    ShopLimit.objects.create(user=admin_user).shops.add(own)
    ShopFactory.create()
    assert list(Shop.objects.visible_to(admin_user)) == [own]


def test_the_limit_is_read_once_for_a_persons_object(django_assert_num_queries):
    shops = ShopFactory.create_batch(2)
    person = limited_to(*shops)
    with django_assert_num_queries(1):
        assert [limit_of(person), limit_of(person)] == [frozenset(shop.pk for shop in shops)] * 2
