"""Logs for tests."""

from datetime import UTC, datetime

import factory

from devices.tests.factories import DeviceFactory
from telemetry.models import DeviceLog


class DeviceLogFactory(factory.django.DjangoModelFactory[DeviceLog]):
    class Meta:
        model = DeviceLog

    device = factory.SubFactory(DeviceFactory)
    log_type = "temperature"
    value = 4.5
    logged_at = factory.LazyFunction(lambda: datetime.now(UTC))
    received_at = factory.LazyAttribute(lambda log: log.logged_at)
