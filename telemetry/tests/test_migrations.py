"""What migrations do with rows that are there."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.db import connection

from devices.tests.factories import DeviceFactory
from locations.tests.factories import ShopFactory
from telemetry.models import PlayHour
from telemetry.tests.factories import PlayHourFactory

pytestmark = pytest.mark.django_db

plays_of_shops = import_module("telemetry.migrations.0005_plays_of_shops")


def test_plays_from_before_get_the_present_shop_of_their_device_some_at_a_time(monkeypatch):
    monkeypatch.setattr(plays_of_shops, "AT_ONCE", 2)
    lyon, bern = ShopFactory.create(name="Lyon"), ShopFactory.create(name="Bern")
    here, nowhere = DeviceFactory.create(shop=lyon), DeviceFactory.create()
    before = {"shop": None, "shop_name": ""}
    for hour in range(5):
        PlayHourFactory.create(device=here, hour=datetime(2026, 3, 10, hour, tzinfo=UTC), **before)
    PlayHourFactory.create(device=nowhere, **before)
    told = PlayHourFactory.create(device=here, shop=bern, shop_name="Bern", hour=datetime.now(UTC) - timedelta(days=1))
    for _again in range(2):
        plays_of_shops.give_shops(None, SimpleNamespace(connection=connection))
        assert list(PlayHour.objects.filter(device=here, shop=lyon).values_list("shop_name")) == [("Lyon",)] * 5
        assert PlayHour.objects.filter(device=nowhere, shop=None, shop_name="").count() == 1
        assert PlayHour.objects.filter(pk=told.pk, shop=bern, shop_name="Bern").exists()
