"""Cookies that nobody was given."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("key", ["\x00abcdefghijk", "a" * 5000, "ABCDEFGHIJKL", "é" * 12, "short", "a'b OR 1=1 --"])
def test_a_session_key_that_we_never_made_is_nobodys(client, key, django_assert_num_queries):
    client.cookies["sessionid"] = key
    with django_assert_num_queries(0):
        response = client.get("/admin/")
    assert (response.status_code, response["Location"]) == (302, "/admin/login/?next=/admin/")
    assert client.get("/api/v1/devices/").status_code == 401


def test_whoever_logged_in_stays_logged_in(client, admin_user):
    client.force_login(admin_user)
    assert client.get("/api/v1/devices/").status_code == 200
