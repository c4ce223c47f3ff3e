"""How the fleet was, every ten minutes: for the whole fleet, and for each shop to those who see just that."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devices.models import Device, FleetSample, Presence, PresenceFlip
from devices.services.samples import take_sample
from devices.tests.factories import DeviceFactory
from locations.models import ShopLimit
from locations.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 31, 10, 4, 30, tzinfo=UTC)
TEN = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)


def present(*, online: bool = True, temperature: float | None = None, **fields: Any) -> Device:
    device: Device = DeviceFactory.create(**fields)
    measured = {} if temperature is None else {"temperature": temperature, "temperature_at": NOW}
    Presence.objects.filter(device=device).update(is_online=online, **measured)
    return device


def rows() -> list[tuple[Any, ...]]:
    kept = FleetSample.objects.order_by("-at", "shop_id")
    return list(
        kept.values_list("at", "shop__name", "devices", "online", "measured", "temperature_mean", "temperature_max")
    )


def test_it_counts_the_fleet_and_each_shop_without_the_retired():
    lyon = ShopFactory.create(name="Lyon")
    present(shop=lyon, temperature=40.0)
    present(shop=lyon, online=False, temperature=50.0)
    present(online=True)
    present(state="retired")
    assert take_sample(now=NOW) == 2
    assert rows() == [(TEN, "Lyon", 2, 1, 2, 45.0, 50.0), (TEN, None, 3, 2, 2, 45.0, 50.0)]


def test_a_temperature_of_long_ago_is_not_counted():
    present(temperature=80.0)
    Presence.objects.update(temperature_at=NOW - timedelta(hours=2))
    take_sample(now=NOW)
    assert rows() == [(TEN, None, 1, 1, 0, None, None)]


def test_ten_minutes_are_kept_once():
    present()
    assert take_sample(now=NOW) == 1
    present()
    assert take_sample(now=NOW + timedelta(minutes=2)) == 0
    assert take_sample(now=NOW + timedelta(minutes=8)) == 1
    assert [row[2] for row in rows()] == [2, 1]


def test_after_a_day_the_full_hours_remain_and_after_a_month_nothing():
    for past in (
        timedelta(hours=27),
        timedelta(hours=27, minutes=10),
        timedelta(days=32),
        timedelta(hours=3, minutes=20),
    ):
        FleetSample.objects.create(at=TEN - past, devices=1, online=1)
    take_sample(now=NOW)
    assert [TEN - row[0] for row in rows()] == [timedelta(0), timedelta(hours=3, minutes=20), timedelta(hours=27)]


def test_the_first_run_recalls_the_month_before_from_the_flips():
    device, other = present(shop=ShopFactory.create(name="Lyon")), present(online=False)
    for flipped, is_online, ago in (
        (device, True, timedelta(days=3)),
        (device, False, timedelta(hours=5, minutes=30)),
        (device, True, timedelta(minutes=15)),
        (other, True, timedelta(hours=2)),
        (other, False, timedelta(minutes=7)),
    ):
        PresenceFlip.objects.create(device=flipped, is_online=is_online, at=NOW - ago, reason="report")
    take_sample(now=NOW)

    def online(at: datetime) -> int:
        return FleetSample.objects.get(shop=None, at=at).online

    assert online(TEN) == 1
    assert online(TEN - timedelta(minutes=10)) == 2  # 09:50: the device is back since 09:49:30
    assert online(TEN - timedelta(minutes=20)) == 1  # 09:40: only the other
    assert online(TEN - timedelta(hours=4)) == 0
    assert online(TEN - timedelta(hours=6)) == 1
    assert not FleetSample.objects.filter(at__lt=NOW - timedelta(days=3)).exists()  # nothing is known of before
    assert FleetSample.objects.filter(at__lt=NOW - timedelta(hours=26), at__minute__gt=0).count() == 0
    assert FleetSample.objects.earliest("at").at == TEN - timedelta(days=3) + timedelta(hours=1)


def test_the_series_is_the_fleets_or_that_of_the_shops_that_a_person_sees(admin_user: Any, user_with: Any):
    lyon, bern = ShopFactory.create(name="Lyon"), ShopFactory.create(name="Bern")
    present(shop=lyon, temperature=40.0)
    present(shop=lyon, temperature=60.0)
    present(shop=bern, online=False, temperature=80.0)
    present()
    take_sample(now=NOW)
    someone = user_with("devices.view_device")
    ShopLimit.objects.create(user=someone).shops.set([lyon])
    nobody = user_with("devices.view_device", username="nobody")
    ShopLimit.objects.create(user=nobody)
    assert list(FleetSample.objects.series_for(admin_user)) == [
        {"at": TEN, "devices": 4, "online": 3, "mean": 60.0, "highest": 80.0}
    ]
    assert list(FleetSample.objects.series_for(someone)) == [
        {"at": TEN, "devices": 2, "online": 2, "mean": 50.0, "highest": 60.0}
    ]
    assert list(FleetSample.objects.series_for(nobody)) == []
