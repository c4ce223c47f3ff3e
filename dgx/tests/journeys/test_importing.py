"""A file of devices comes from the warehouse, with two wrong rows: nothing is taken until they are right."""

import pytest

from devices.models import Device

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HEAD = "mobile_id,name,shop,group"
RIGHT = [
    "fridge-1,Fridge 1,Berlin Mitte,Cooler doors",
    "fridge-2,Fridge 2,Berlin Mitte,Cooler doors",
    'demo-ber-cooler,"Berlin, new cooler door",Berlin Mitte,Cooler doors',
]
WRONG = ["fridge-3,Fridge 3,Berlin Mite,Cooler doors", ",Fridge 4,Berlin Mitte,Cooler doors"]


def test_two_wrong_rows_stop_an_import_until_they_are_right(visit, admin_user, tmp_path):
    file = tmp_path / "devices.csv"
    file.write_text("\n".join([HEAD, *RIGHT, *WRONG]))
    operator = visit(admin_user).open("/admin/devices/device/")
    operator.page.get_by_role("link", name="Import CSV").click()
    operator.look("import")
    operator.page.set_input_files("[type=file]", file)
    operator.page.get_by_role("button", name="Show what would happen").click()
    assert operator.says("As long as rows are wrong, nothing is imported.")
    assert operator.page.locator("#wrong tbody tr").count() == len(WRONG)
    assert "Berlin Mite" in operator.page.locator("#wrong").inner_text()
    operator.look("import-wrong")
    assert not Device.objects.filter(mobile_id__startswith="fridge-").exists()
    file.write_text("\n".join([HEAD, *RIGHT]))
    operator.page.get_by_role("link", name="Another file").click()
    operator.page.set_input_files("[type=file]", file)
    operator.page.get_by_role("button", name="Show what would happen").click()
    operator.page.get_by_role("button", name="Import", exact=True).click()
    operator.page.wait_for_url("**/admin/devices/device/**")
    assert Device.objects.filter(mobile_id__startswith="fridge-").count() == 2
    assert Device.objects.get(mobile_id="demo-ber-cooler").name == "Berlin, new cooler door"
