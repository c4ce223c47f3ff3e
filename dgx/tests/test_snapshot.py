"""What a test commits is gone for the next one, and what migrations made is there."""

import pytest
from django.contrib.auth.models import Group as Role
from django.db import connection

from dgx.core.audit_models import Change
from dgx.tests.snapshot import Snapshot
from dgx.tests.two_shops import TwoShops
from locations.models import Chain, Shop
from telemetry.models import DeviceLog

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_test_that_commits_leaves_every_table_as_it_was():
    as_migrated = Snapshot.remember()
    TwoShops()
    Chain.objects.update(content_version=77)
    Role.objects.all().delete()
    full = Snapshot.remember()
    assert {Shop._meta.db_table, DeviceLog._meta.db_table} <= set(full.rows)
    as_migrated.put_back()
    assert Snapshot.remember() == as_migrated
    full.put_back()
    assert Snapshot.remember() == full


def test_what_migrations_made_is_there():
    tables = {"auth_group", "auth_permission", "django_content_type", "locations_chain"}
    assert tables <= set(Snapshot.remember().rows)


def test_putting_back_is_no_act_of_anybody_and_ends_with_its_transaction():
    acts = set(Change.objects.values_list("pk", flat=True))
    as_migrated = Snapshot.remember()
    Shop.objects.create(name="one")
    as_migrated.put_back()
    assert set(Change.objects.values_list("pk", flat=True)) == acts
    Shop.objects.create(name="another")
    assert Change.objects.count() == len(acts) + 1
    with connection.cursor() as cursor:
        cursor.execute("SHOW session_replication_role")
        assert cursor.fetchone() == ("origin",)
