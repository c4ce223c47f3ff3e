"""What an administrator sees and ends of somebody else's access."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from dgx.core.models import Change
from dgx.people.models import Authenticator, Session, TokenLogin
from dgx.people.tests.conftest import CHROME
from dgx.people.tokens import begin

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(user_with: Callable[..., User]) -> User:
    return user_with("devices.view_device", username="clerk")


def address(person: User) -> str:
    return f"/admin/auth/user/{person.pk}/access/"


def test_an_administrator_sees_and_ends_a_session(visitor, admin_user, clerk):
    admin, theirs = visitor(admin_user), visitor(clerk, CHROME)
    page = admin.get(address(clerk))
    assert "Chrome on Linux" in page.content.decode()
    assert theirs.cookies["sessionid"].value not in page.content.decode()
    row = Session.objects.get(user=clerk)
    assert admin.post(address(clerk), {"session": row.session_key})["Location"] == address(clerk)
    assert theirs.get("/admin/account/").status_code == 302
    act = Change.objects.latest("pk")
    assert (act.who, act.what, act.door) == ("admin", "Ended a session of clerk", "admin")


def test_an_administrator_ends_all_of_it(visitor, admin_user, clerk):
    admin, theirs = visitor(admin_user), visitor(clerk)
    begin(clerk)
    admin.post(address(clerk), {"all": "1"})
    assert theirs.get("/admin/account/").status_code == 302
    assert TokenLogin.objects.get().ended_by == "person"
    assert admin.get("/admin/account/").status_code == 200


def test_an_administrator_ends_no_session_of_somebody_else_by_this_page(visitor, admin_user, clerk, user_with):
    admin, other = visitor(admin_user), user_with("devices.view_device", username="other")
    theirs = visitor(other)
    admin.post(address(clerk), {"session": Session.objects.get(user=other).session_key})
    assert theirs.get("/admin/account/").status_code == 200


def test_a_lost_phone_is_helped_with_and_audited(visitor, admin_user, clerk, protect):
    protected, admin = protect(clerk), visitor(admin_user)
    assert "Take the second factor away" in admin.get(address(clerk)).content.decode()
    admin.post(address(clerk), {"second_factor": "off"})
    assert not Authenticator.objects.exists()
    assert visitor(clerk).get("/admin/account/").status_code == 200, "the password alone lets them in"
    act = Change.objects.get(what="Turned off the second factor of clerk")
    assert (act.who, act.door) == ("admin", "admin")
    assert (
        "has no second factor"
        in admin.post(address(protected.user), {"second_factor": "off"}, follow=True).content.decode()
    )


def test_the_button_is_on_the_person_s_page(visitor, admin_user, clerk):
    assert address(clerk) in visitor(admin_user).get(f"/admin/auth/user/{clerk.pk}/change/").content.decode()


def test_one_s_own_is_one_s_account(visitor, admin_user):
    assert visitor(admin_user).get(address(admin_user))["Location"] == "/admin/account/"


def test_whoever_may_not_change_people_sees_nothing_of_it(visitor, clerk, user_with, protect):
    protect(clerk)
    watcher = visitor(user_with("auth.view_user", username="watcher"))
    assert watcher.get(address(clerk)).status_code == 403
    assert watcher.post(address(clerk), {"second_factor": "off"}).status_code == 403
    assert Authenticator.objects.exists()


def test_whoever_is_above_is_left_alone(visitor, admin_user, user_with, protect):
    protect(admin_user)
    below = visitor(user_with("auth.view_user", "auth.change_user", username="below"))
    assert below.post(address(admin_user), {"second_factor": "off"}).status_code == 403
    assert Authenticator.objects.exists()


@pytest.mark.parametrize("key", ["999999", "x", "1'"])
def test_somebody_who_is_not_there_is_no_fault(visitor, admin_user, key):
    assert visitor(admin_user).get(f"/admin/auth/user/{key}/access/").status_code in {403, 404}
