"""What the database, Redis and Django raise reaches a client in the one shape."""

import pytest
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import DatabaseError, DataError, IntegrityError, OperationalError, connection, transaction
from django.db.models import ProtectedError
from django.test import RequestFactory
from redis.exceptions import ConnectionError as RedisGone
from rest_framework.exceptions import Throttled

from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.api import fallback
from dgx.core.api.errors import as_refusal, exception_handler
from dgx.core.errors import TooManyRequests, Unavailable
from locations.models import Shop
from locations.tests.factories import ShopFactory


def answered(error):
    response = exception_handler(error, {})
    assert response is not None
    return response


def answer(error):
    response = answered(error)
    return response.status_code, response.data["detail"]["code"]


@pytest.mark.django_db
class TestDatabase:
    """What two calls at once can run into, after both passed the checks."""

    def raised(self, kind, write):
        with pytest.raises(kind) as caught, transaction.atomic():
            write()
        return caught.value

    def test_a_duplicate_is_a_conflict(self):
        ShopFactory.create(name="Lyon")
        error = self.raised(IntegrityError, lambda: Shop.objects.create(name="Lyon"))
        assert answer(error) == (409, "duplicate")

    def test_a_broken_rule_is_a_mistake(self):
        assert answer(self.raised(IntegrityError, lambda: Shop.objects.create(name=" "))) == (400, "invalid")

    def test_a_vanished_target_is_a_conflict(self):
        def write():
            DeviceFactory.create(shop_id=2**40)
            connection.check_constraints()

        assert answer(self.raised(IntegrityError, write)) == (409, "changed")

    def test_a_row_that_was_deleted_meanwhile_is_a_conflict(self):
        shop = ShopFactory.create()
        Shop.objects.all().delete()
        assert answer(self.raised(DatabaseError, lambda: shop.save(update_fields=["name"]))) == (409, "changed")
        assert answer(self.raised(Shop.DoesNotExist, lambda: Shop.objects.get(pk=shop.pk))) == (409, "changed")

    def test_a_number_that_no_column_holds_is_a_mistake(self):
        def write():
            with connection.cursor() as cursor:
                cursor.execute("SELECT (2^40)::bigint::int")

        assert answer(self.raised(DataError, write)) == (400, "out_of_range")

    def test_a_protected_row_lists_its_uses(self):
        group = GroupFactory.create()
        device = DeviceFactory.create(group=group, mobile_id="screen-1")
        refusal = as_refusal(self.raised(ProtectedError, group.delete))
        assert refusal is not None
        assert refusal.extra["uses"] == [{"type": "device", "id": str(device.public_id), "name": "screen-1"}]

    def test_another_fault_of_integrity_stays_a_fault(self):
        assert exception_handler(IntegrityError("odd"), {}) is None


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OperationalError("gone"), (503, "unavailable")),
        (RedisGone("gone"), (503, "unavailable")),
        (RequestDataTooBig(), (413, "too_large")),
        (ModelValidationError({"name": ["bad"]}), (400, "invalid")),
        (ModelValidationError("bad"), (400, "invalid")),
        (TooManyRequests("slow down", retry_after_s=7), (429, "throttled")),
        (Throttled(wait=7), (429, "throttled")),
    ],
)
def test_each_has_its_status_and_code(error, expected):
    assert answer(error) == expected


def test_a_client_hears_when_to_come_back():
    assert answered(TooManyRequests("slow down", retry_after_s=7))["Retry-After"] == "7"
    assert answered(Unavailable("gone"))["Retry-After"] == "5"


def test_a_fault_of_ours_stays_one():
    assert exception_handler(KeyError("x"), {}) is None


@pytest.mark.parametrize(
    ("path", "shape"), [("/api/v1/shops", dict), ("/device/1", str)], ids=["the API", "the old routes"]
)
def test_django_s_own_refusals_have_the_shape_of_the_surface(path, shape):
    request = RequestFactory().get(path)
    answers = {
        fallback.bad_request(request, SuspiciousOperation()): 400,
        fallback.permission_denied(request, Exception()): 403,
        fallback.page_not_found(request, Exception()): 404,
        fallback.server_error(request): 500,
    }
    for response, status in answers.items():
        assert response.status_code == status
        assert b'"detail"' in response.content
        assert (b'"code"' in response.content) is (shape is dict)
