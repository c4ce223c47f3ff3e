"""The first minutes: somebody logs in and sees how the chain is."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_first_login_leads_home(visit, admin_user):
    operator = visit().open("/admin/")
    operator.look("login")
    operator.page.fill("[name=username]", "admin")
    operator.page.fill("[name=password]", "a wrong one")
    operator.page.click("[type=submit]")
    assert operator.says("Please enter the correct username and password")
    operator.page.fill("[name=username]", "admin")
    operator.page.fill("[name=password]", "correct horse battery")
    operator.page.click("[type=submit]")
    assert operator.says("Online")
    operator.look("home")


LISTS = [
    "devices/device",
    "devices/group",
    "locations/shop",
    "media_library/video",
    "media_library/link",
    "telemetry/devicelog",
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_list_can_be_read_by_everybody(visit, admin_user, theme):
    operator = visit(admin_user, color_scheme=theme)
    for address in LISTS:
        operator.open(f"/admin/{address}/").look(f"list-{address.partition('/')[2]}-{theme}")
