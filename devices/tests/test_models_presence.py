"""Every device has its presence row, by whichever path it was made."""

import pytest
from django.db import connection

from devices.models import Device, Presence
from devices.tests.factories import DeviceFactory

pytestmark = pytest.mark.django_db


def test_a_saved_device_has_a_presence_row_that_says_never_seen():
    device = DeviceFactory.create()
    assert (device.presence.is_online, device.presence.last_seen_at) == (False, None)


def test_devices_made_in_bulk_have_presence_rows():
    Device.objects.bulk_create([Device(mobile_id="a"), Device(mobile_id="b")])
    assert Presence.objects.count() == 2


def test_a_device_made_by_raw_sql_has_a_presence_row():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO devices_device (public_id, mobile_id, name, screen, app_version, notes) "
            "VALUES (gen_random_uuid(), 'raw', '', '', '', '')"
        )
    assert Presence.objects.filter(device__mobile_id="raw").exists()
