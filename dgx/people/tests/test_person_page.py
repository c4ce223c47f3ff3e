"""What an administrator sees and ends of somebody else's access."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY

from dgx.core.admin.confirm import CONFIRMED
from dgx.core.models import Change
from dgx.people.models import Authenticator, Session, TokenLogin
from dgx.people.tests.conftest import CHROME, PASSWORD
from dgx.people.tokens import begin

pytestmark = pytest.mark.django_db

TAKE_AWAY = {"second_factor": "off", CONFIRMED: "1"}


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
    assert "Take the second factor away…" in admin.get(address(clerk)).content.decode()
    admin.post(address(clerk), TAKE_AWAY)
    assert not Authenticator.objects.exists()
    assert visitor(clerk).get("/admin/account/").status_code == 200, "the password alone lets them in"
    act = Change.objects.get(what="Turned off the second factor of clerk")
    assert (act.who, act.door) == ("admin", "admin")
    for answers in (TAKE_AWAY, {"second_factor": "off"}):
        page = admin.post(address(protected.user), answers, follow=True)
        assert "clerk has no second factor." in page.content.decode()


def test_one_click_takes_nothing_away_and_says_what_would_happen(visitor, admin_user, clerk, protect):
    protect(clerk)
    admin, theirs = visitor(admin_user), Client()
    theirs.force_login(clerk)
    page = admin.post(address(clerk), {"second_factor": "off"})
    assert (page.status_code, page.context["title"]) == (200, "Take the second factor of clerk away?")
    assert list(page.context["question"].lines) == [
        "The authenticator app of clerk and the recovery codes left (10) stop working.",
        "The password alone lets them in then.",
        "They are logged out everywhere: all browsers, and all programs that logged in with the password.",
        "Who has the password of clerk needs nothing else then: make sure that it is really clerk who asks.",
    ]
    assert (Authenticator.objects.count(), theirs.get("/admin/account/").status_code) == (1, 200)
    assert not Change.objects.filter(what__contains="second factor").exists()
    admin.post(address(clerk), {**dict(page.context["answers"]), page.context["confirmed"]: "1"})
    assert (Authenticator.objects.count(), theirs.get("/admin/account/").status_code) == (0, 302)


def test_it_is_said_that_whoever_must_have_one_sets_up_another(admin_user, clerk, protect, settings):
    protect(clerk)
    settings.DGX_REQUIRE_SECOND_FACTOR = "everyone"
    admin = Client()
    admin.force_login(admin_user)
    session = admin.session
    session[DEVICE_ID_SESSION_KEY] = "any"
    session.save()
    page = admin.post(address(clerk), {"second_factor": "off"})
    assert page.context["question"].lines[1] == "At the next login they have to set up a new one."


def test_only_a_post_of_our_own_page_takes_it_away(admin_user, clerk, protect):
    protect(clerk)
    admin = Client(enforce_csrf_checks=True)
    admin.force_login(admin_user)
    assert admin.get(address(clerk), TAKE_AWAY).status_code == 200
    assert admin.post(address(clerk), TAKE_AWAY).status_code == 403
    assert Authenticator.objects.exists()


def test_the_button_is_on_the_person_s_page(visitor, admin_user, clerk):
    assert address(clerk) in visitor(admin_user).get(f"/admin/auth/user/{clerk.pk}/change/").content.decode()


def test_one_s_own_is_one_s_account(visitor, admin_user):
    assert visitor(admin_user).get(address(admin_user))["Location"] == "/admin/account/"


def test_whoever_may_not_change_people_sees_nothing_of_it(visitor, clerk, user_with, protect):
    protect(clerk)
    watcher = visitor(user_with("auth.view_user", username="watcher"))
    assert watcher.get(address(clerk)).status_code == 403
    for answers in ({"second_factor": "off"}, TAKE_AWAY):
        assert watcher.post(address(clerk), answers).status_code == 403
    assert Authenticator.objects.exists()


def test_whoever_is_above_is_left_alone(visitor, admin_user, user_with, protect):
    protect(admin_user)
    below = visitor(user_with("auth.view_user", "auth.change_user", username="below"))
    for answers in ({"second_factor": "off"}, TAKE_AWAY):
        assert below.post(address(admin_user), answers).status_code == 403
    assert Authenticator.objects.exists()


@pytest.mark.parametrize("key", ["999999", "x", "1'"])
def test_somebody_who_is_not_there_is_no_fault(visitor, admin_user, key):
    assert visitor(admin_user).get(f"/admin/auth/user/{key}/access/").status_code in {403, 404}


# --- passwords ----
NEW = {"usable_password": "true", "password1": "battery staple 9", "password2": "battery staple 9"}


@pytest.mark.parametrize("key", ["{}", "0{}", "%20{}"])
def test_one_s_own_password_is_changed_where_the_old_one_is_asked_for(visitor, admin_user, key):
    admin = visitor(admin_user)
    own = f"/admin/auth/user/{key.format(admin_user.pk)}/password/"
    for answer in (admin.get(own), admin.post(own, NEW)):
        assert answer["Location"] == "/admin/password_change/"
    admin_user.refresh_from_db()
    assert admin_user.check_password(PASSWORD)


def test_somebody_who_forgot_theirs_is_given_a_new_one(visitor, admin_user, clerk):
    assert visitor(admin_user).post(f"/admin/auth/user/{clerk.pk}/password/", NEW).status_code == 302
    clerk.refresh_from_db()
    assert clerk.check_password("battery staple 9")
