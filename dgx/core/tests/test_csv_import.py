"""A database that fails while a file is read or brought in says nothing about its rows, and nothing of them stays."""

from collections.abc import Iterable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client

from devices.models import Device
from devices.resources import DeviceResource
from devices.tests.factories import DeviceFactory
from dgx.core import csv_import
from dgx.core.audit_models import Change
from dgx.core.csv_import import import_csv, preview
from dgx.core.tests.failing import end_our_backend, out_of_reach
from locations.models import ShopLimit
from locations.tests.factories import ShopFactory

ADDRESS = "/admin/devices/device/import-csv/"
FILE = b"mobile_id,name,group,shop\na,A,,\nb,B,,\n"


class _CutOff(DeviceResource):
    """Devices whose database is ended while the rows go to it."""

    def _update(self, rows: Iterable[Any]) -> Iterable[int]:
        def cut_off() -> Iterable[Any]:
            end_our_backend()
            yield from rows

        return super()._update(cut_off())  # type: ignore[arg-type]  # it goes through them once before it is cut off


def bring_in(file: bytes = FILE, user: Any = None) -> dict[str, int]:
    return import_csv(DeviceResource, file, user=user, name="fleet.csv").counts


@pytest.mark.django_db
@pytest.mark.parametrize("table", ["devices_device", "devices_group", "locations_shop"])
def test_rows_that_cannot_be_compared_are_not_called_wrong_or_new(table: str):
    with out_of_reach(table):
        with pytest.raises(OperationalError, match="lock timeout"):
            preview(DeviceResource, FILE, user=None)
        with pytest.raises(OperationalError, match="lock timeout"):
            bring_in()
    assert not Device.objects.exists()
    assert bring_in() == {"wrong": 0, "new": 2, "changed": 0, "unchanged": 0}


@pytest.mark.django_db
def test_rows_that_cannot_be_written_are_not_refused():
    changes = Change.objects.count()
    with out_of_reach("devices_device", "SHARE"), pytest.raises(OperationalError, match="lock timeout"):
        bring_in()
    assert (Device.objects.count(), Change.objects.count()) == (0, changes)
    assert bring_in() == {"wrong": 0, "new": 2, "changed": 0, "unchanged": 0}


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_ends_amid_the_rows_is_the_databases_absence_and_no_fault():
    DeviceFactory.create(mobile_id="b", name="Before")
    with pytest.raises(OperationalError):
        import_csv(_CutOff, FILE, user=None, name="fleet.csv")
    assert list(Device.objects.values_list("mobile_id", "name")) == [("b", "Before")]
    assert bring_in() == {"wrong": 0, "new": 1, "changed": 1, "unchanged": 0}


@pytest.mark.django_db(transaction=True)
def test_the_page_says_try_again_and_the_same_file_comes_in_then(admin_client: Client):
    DeviceFactory.create(mobile_id="a", name="Before", shop=ShopFactory.create(name="Lyon"))

    def upload():
        return admin_client.post(ADDRESS, {"file": SimpleUploadedFile("fleet.csv", FILE + b"c,C,,Lyon\n")})

    with out_of_reach("locations_shop"):
        away = upload()
    assert (away.status_code, away["Retry-After"]) == (503, "5")
    seen = upload()
    assert seen.context["outcome"].counts == {"wrong": 0, "new": 2, "changed": 1, "unchanged": 0}
    confirmed = {"token": seen.context["token"], "apply_right": "on"}
    with out_of_reach("locations_shop"):
        away = admin_client.post(ADDRESS, confirmed)
    assert (away.status_code, away["Retry-After"]) == (503, "5")
    assert list(Device.objects.values_list("mobile_id", "name")) == [("a", "Before")]
    assert admin_client.post(ADDRESS, confirmed).status_code == 302
    assert set(Device.objects.values_list("mobile_id", "name")) == {("a", "A"), ("b", "B"), ("c", "C")}


@pytest.mark.django_db(transaction=True)
def test_whose_limit_cannot_be_asked_for_is_not_told_of_a_refusal(user_with):
    """Once the rows are written, it is looked whether they lie within the person's shops."""
    mine = ShopFactory.create(name="Mine")
    user = user_with("devices.view_device")
    ShopLimit.objects.create(user=user).shops.add(mine)

    class Late(DeviceResource):
        def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
            end_our_backend()
            super().after_import(dataset, result, **kwargs)

    file = b"mobile_id,shop\na,Mine\n"
    with pytest.raises(OperationalError):
        import_csv(Late, file, user=user, name="fleet.csv")
    assert not Device.objects.exists()
    assert bring_in(file, user) == {"wrong": 0, "new": 1, "changed": 0, "unchanged": 0}


@pytest.mark.django_db
def test_rows_that_are_in_stay_in_though_the_planner_cannot_be_told(monkeypatch, caplog):
    """A vacuum may be at the table."""
    monkeypatch.setattr(csv_import, "MANY", 1)
    with out_of_reach("devices_device", "SHARE UPDATE EXCLUSIVE"):
        assert bring_in()["new"] == 2
    assert Device.objects.count() == 2
    assert "devices_device" in caplog.text
