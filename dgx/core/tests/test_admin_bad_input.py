"""Addresses and selections that no page of the admin makes."""

import pytest

pytestmark = pytest.mark.django_db
LISTS = ("/admin/devices/device/", "/admin/auth/group/", "/admin/locations/shop/")


@pytest.fixture
def staff(client, admin_user):
    client.force_login(admin_user)
    return client


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize("query", ["name__contains=%00", "name__regex=(((", "q=%00", "p=abc", "o=999", "id__in=a"])
def test_a_query_that_no_database_takes_is_no_fault(staff, address, query):
    assert staff.get(f"{address}?{query}").status_code in {200, 302, 400}


def test_a_nul_in_a_search_for_choices_is_a_bad_request(staff):
    address = "/admin/autocomplete/?term=%00&app_label=devices&model_name=device&field_name=group"
    assert staff.get(address).status_code == 400


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize("key", ["abc", "\x00", "1.5", ""])
def test_a_selection_that_names_no_row_is_a_bad_request(staff, address, key):
    selection = {"action": "delete_selected", "index": "0", "_selected_action": key}
    assert staff.post(address, selection).status_code == 400


@pytest.mark.parametrize(
    ("listed", "export"),
    [
        ("/admin/devices/device/", "export-csv/"),
        ("/admin/telemetry/devicelog/", "export/"),
        ("/admin/core/change/", "export/"),
    ],
)
def test_an_export_whose_filters_cannot_be_read_goes_back_to_the_list_and_says_so(staff, listed, export):
    answer = staff.get(f"{listed}{export}?no_such_filter=1", follow=True)
    assert answer.redirect_chain == [(listed, 302)]
    assert "These filters cannot be read." in answer.content.decode()
