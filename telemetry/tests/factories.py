"""Logs and plays for tests."""

from datetime import UTC, datetime

import factory

from devices.tests.factories import DeviceFactory
from telemetry.models import DeviceLog, PlayHour


class DeviceLogFactory(factory.django.DjangoModelFactory[DeviceLog]):
    class Meta:
        model = DeviceLog

    device = factory.SubFactory(DeviceFactory)
    log_type = "temperature"
    value = 4.5
    logged_at = factory.LazyFunction(lambda: datetime.now(UTC))
    received_at = factory.LazyAttribute(lambda log: log.logged_at)


class PlayHourFactory(factory.django.DjangoModelFactory[PlayHour]):
    class Meta:
        model = PlayHour

    device = factory.SubFactory(DeviceFactory)
    shop = factory.LazyAttribute(lambda play: play.device.shop)
    shop_name = factory.LazyAttribute(lambda play: play.shop.name if play.shop else "")
    video_name = "spring"
    sha256 = factory.Sequence(lambda n: f"{n:064x}")
    hour = factory.LazyFunction(lambda: datetime.now(UTC).replace(minute=0, second=0, microsecond=0))
    count = 1
    seconds = 10.0
