"""The pages of people and roles: nobody gives more than they have, nobody lifts a limit that is theirs."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.test import Client

from dgx.core.models import ApiKey
from dgx.roles.grants import set_permissions
from dgx.roles.table import ADMINISTRATOR, OPERATOR, VIEWER, permissions
from locations.models import ShopLimit
from locations.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db

PEOPLE = "/admin/auth/user/"
PASSWORD = {"password1": "correct horse battery", "password2": "correct horse battery"}
LIMIT = {"shop_limit-TOTAL_FORMS": "1", "shop_limit-MAX_NUM_FORMS": "1"}


@pytest.fixture
def roles(db):
    set_permissions(apps, permissions())
    return {role.name: role for role in Group.objects.all()}


@pytest.fixture
def person_in(roles):
    def make(role, *shops, name=None, **fields):
        person = User.objects.create_user(name or f"the-{role}".replace(" ", "-"), is_staff=True, **fields)
        person.groups.set([roles[role]] if role else [])
        if shops:
            ShopLimit.objects.create(user=person).shops.set(shops)
        return person

    return make


def browser_of(person):
    client = Client()
    client.force_login(person)
    return client


def form_of(person, *roles, limit=None, **values):
    """What the page of that person posts: `limit` are the shops of its inline, None leaves it empty."""
    known = ShopLimit.objects.filter(user=person).first()
    shown = {**LIMIT, "shop_limit-INITIAL_FORMS": "1" if known else "0", "shop_limit-0-user": person.pk}
    if known:
        shown["shop_limit-0-id"] = known.pk
    if limit is None and not known:
        shown["shop_limit-TOTAL_FORMS"] = "0"
    elif limit is not None:
        shown["shop_limit-0-shops"] = [shop.pk for shop in limit]
    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    base = {"username": person.username, "is_active": "on", "is_staff": "on", "groups": [role.pk for role in roles]}
    return {**base, **joined, **shown, **values}


def post(actor, person, *roles, **values):
    return browser_of(actor).post(f"{PEOPLE}{person.pk}/change/", form_of(person, *roles, **values))


def test_an_administrator_gives_a_role_and_a_limit(person_in, roles):
    actor, person, shop = person_in(ADMINISTRATOR), person_in(None, name="anna"), ShopFactory.create()
    assert post(actor, person, roles[OPERATOR], limit=[shop]).status_code == 302
    assert list(person.groups.all()) == [roles[OPERATOR]]
    assert list(person.shop_limit.shops.all()) == [shop]


def test_nobody_gives_a_role_that_holds_more_than_they_have(person_in, roles, user_with):
    actor = user_with("auth.view_user", "auth.change_user", *permissions()[VIEWER])
    person = person_in(None, name="anna")
    page = browser_of(actor).get(f"{PEOPLE}{person.pk}/change/")
    assert set(page.context["adminform"].form.fields["groups"].queryset) == {roles[VIEWER]}
    assert post(actor, person, roles[OPERATOR]).status_code == 200
    assert not person.groups.exists()
    assert post(actor, person, roles[VIEWER]).status_code == 302
    assert list(person.groups.all()) == [roles[VIEWER]]


def test_nobody_gives_themselves_a_role_or_takes_their_limit_away(person_in, roles):
    shop = ShopFactory.create()
    actor = person_in(ADMINISTRATOR, shop)
    post(actor, actor, roles[OPERATOR], roles[ADMINISTRATOR], limit=[shop, ShopFactory.create()], first_name="Ann")
    post(actor, actor, limit=[shop], first_name="Ann", **{"shop_limit-0-DELETE": "on"})
    actor.refresh_from_db()
    assert actor.first_name == "Ann"
    assert list(actor.groups.all()) == [roles[ADMINISTRATOR]]
    assert list(actor.shop_limit.shops.all()) == [shop]


def test_whoever_holds_more_is_not_touched_also_while_locked_out(person_in, user_with):
    actor = user_with("auth.view_user", "auth.change_user", "auth.delete_user")
    above = person_in(ADMINISTRATOR, is_active=False)
    page = f"{PEOPLE}{above.pk}"
    assert browser_of(actor).post(f"{page}/change/", form_of(above)).status_code == 403
    assert browser_of(actor).post(f"{page}/password/", PASSWORD).status_code == 403
    assert browser_of(actor).post(f"{page}/delete/", {"post": "yes"}).status_code == 403


def test_a_limited_administrator_sees_people_of_the_same_shops_alone(person_in):
    shop, other = ShopFactory.create(), ShopFactory.create()
    actor = person_in(ADMINISTRATOR, shop)
    same, none = person_in(VIEWER, shop, name="same"), person_in(VIEWER, name="sees-nothing")
    ShopLimit.objects.create(user=none)
    beyond = [person_in(VIEWER, shop, other, name="wider"), person_in(VIEWER, name="unlimited")]
    browser = browser_of(actor)
    assert set(browser.get(PEOPLE).context["cl"].queryset) == {actor, same, none}
    for person in beyond:
        assert browser.get(f"{PEOPLE}{person.pk}/change/").status_code == 302
        browser.post(f"{PEOPLE}{person.pk}/password/", PASSWORD)
        assert not User.objects.get(pk=person.pk).has_usable_password()


def test_whom_a_limited_administrator_lets_in_is_limited_alike(person_in):
    shop = ShopFactory.create()
    actor = person_in(ADMINISTRATOR, shop)
    answer = browser_of(actor).post(f"{PEOPLE}add/", {"username": "anna", **PASSWORD, "usable_password": "true"})
    assert answer.status_code == 302
    assert list(User.objects.get(username="anna").shop_limit.shops.all()) == [shop]


def test_a_limited_administrator_gives_no_foreign_shop_and_lifts_no_limit(person_in, roles):
    shop, other = ShopFactory.create(), ShopFactory.create()
    actor, person = person_in(ADMINISTRATOR, shop), person_in(VIEWER, shop, name="anna")
    assert post(actor, person, roles[VIEWER], limit=[shop, other]).status_code == 200
    post(actor, person, roles[VIEWER], limit=[shop], **{"shop_limit-0-DELETE": "on"})
    assert list(ShopLimit.objects.get(user=person).shops.all()) == [shop]


def test_a_limited_superuser_makes_no_key_for_anybody_else(person_in):
    actor = person_in(None, ShopFactory.create(), name="root", is_superuser=True)
    other = User.objects.create_superuser("admin")
    values = {"name": "Stock", "scope": "write", "expires_at_0": "", "expires_at_1": ""}
    assert browser_of(actor).post("/admin/core/apikey/add/", {**values, "user": other.pk}).status_code == 200
    browser_of(actor).post("/admin/core/apikey/add/", {**values, "user": actor.pk})
    assert [key.user for key in ApiKey.objects.all()] == [actor]


def test_the_list_tells_roles_and_limits(person_in, admin_client):
    person_in(VIEWER, ShopFactory.create())
    page = admin_client.get(PEOPLE).content.decode()
    assert ("Some shops" in page, "Everything" in page, "superuser" in page) == (True, True, True)


def test_the_page_of_roles_is_for_the_unlimited(person_in):
    assert browser_of(person_in(ADMINISTRATOR)).get("/admin/auth/group/").status_code == 200
    limited = person_in(ADMINISTRATOR, ShopFactory.create(), name="limited")
    assert browser_of(limited).get("/admin/auth/group/").status_code == 403
