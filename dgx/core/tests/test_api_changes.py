"""GET /api/v1/changes and /api/v1/changes/{id}."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from devices.models import Group
from dgx.core.audit import change
from dgx.core.models import Change
from locations.models import Shop, ShopLimit
from locations.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/changes"


@pytest.fixture
def acts(admin_user: User) -> dict[str, str]:
    """Two acts, by what they were for; the ids."""
    with change(door="command", what="shops"):
        shop = Shop.objects.create(name="Lyon")
    with change(door="action", what="both", user=admin_user):
        Group.objects.create(name="Windows")
        shop.code = "L"
        shop.save()
    return {act.what: str(act.act) for act in Change.objects.exclude(what="")}


def found(api: APIClient, query: str = "") -> list[str]:
    answer = api.get(ADDRESS + query)
    assert answer.status_code == 200, answer.content
    return [act["what"] for act in answer.json()["results"] if act["what"]]


def test_it_lists_acts_newest_first(admin_api: APIClient, acts: dict[str, str]) -> None:
    answer = admin_api.get(ADDRESS).json()
    newest = answer["results"][0]
    assert newest | {"at": ""} == {
        "id": acts["both"],
        "at": "",
        "door": "action",
        "who": "admin",
        "what": "both",
        "address": "",
        "request": "",
        "kinds": ["devices.group", "locations.shop"],
    }
    assert found(admin_api) == ["both", "shops"]


@pytest.mark.parametrize(
    ("query", "whats"),
    [
        ("?door=command", ["shops"]),
        ("?door=command&door=action", ["both", "shops"]),
        ("?who=admin", ["both"]),
        ("?kind=devices.group", ["both"]),
        ("?object=lyo", ["both", "shops"]),
        ("?object=win", ["both"]),
        ("?at_before=2000-01-01T00:00:00Z", []),
        ("?ordering=at", ["both", "shops"]),
    ],
)
def test_it_filters(admin_api: APIClient, acts: dict[str, str], query: str, whats: list[str]) -> None:
    assert sorted(found(admin_api, query)) == whats


@pytest.mark.parametrize("query", ["?door=window", "?at_after=soon", "?nothing=1", "?ordering=who"])
def test_it_refuses_a_filter_that_means_nothing(admin_api: APIClient, query: str) -> None:
    assert admin_api.get(ADDRESS + query).status_code == 400


def test_it_tells_what_was_changed_from_what_to_what(admin_api: APIClient, acts: dict[str, str]) -> None:
    rows = admin_api.get(f"{ADDRESS}/{acts['both']}").json()["rows"]
    shop = Shop.objects.get()
    assert rows[1] == {
        "kind": "locations.shop",
        "object_id": shop.pk,
        "label": "Lyon",
        "action": "changed",
        "fields": {"code": ["", "L"]},
    }
    assert [row["action"] for row in rows] == ["added", "changed"]


@pytest.mark.parametrize("ref", ["x", "00000000-0000-4000-8000-000000000000", "1"])
def test_an_act_that_is_none_is_not_found(admin_api: APIClient, ref: str) -> None:
    assert admin_api.get(f"{ADDRESS}/{ref}").status_code == 404


def test_it_cannot_be_written(admin_api: APIClient, acts: dict[str, str]) -> None:
    for method in ("post", "put", "patch", "delete"):
        assert getattr(admin_api, method)(f"{ADDRESS}/{acts['both']}").status_code == 405


def test_who_may_not_read_it_does_not(api: APIClient, user_with: Callable[..., User]) -> None:
    assert api.get(ADDRESS).status_code == 401
    api.force_authenticate(user_with("locations.view_shop"))
    assert api.get(ADDRESS).status_code == 403


def test_a_limited_reader_reads_of_their_shops_alone(
    api: APIClient, acts: dict[str, str], user_with: Callable[..., User]
) -> None:
    user = user_with("core.view_change", "locations.view_shop")
    with change(door="command", what="mine"):
        ShopLimit.objects.create(user=user).shops.add(ShopFactory(name="Mine"))
    api.force_authenticate(user)
    assert found(api) == ["mine"]
    assert api.get(f"{ADDRESS}/{acts['shops']}").status_code == 404


def test_it_takes_few_queries(admin_api: APIClient, acts: dict[str, str]) -> None:
    with CaptureQueriesContext(connection) as queries:
        admin_api.get(ADDRESS)
    assert len(queries) <= 3
