"""A person who is limited to some shops never sees a row of another's, at any address of the admin or the API, and
changes none. The addresses come from the URL map and the models from the registry: new ones are covered, or fail."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from rest_framework.test import APIClient

from devices.models import Device, Group, Pairing
from dgx.core.models import ApiKey
from dgx.core.scope import is_for_limited
from dgx.roles.table import ADMINISTRATOR, PURPOSE
from dgx.tests.test_architecture import our_models
from dgx.tests.two_shops import FIND, MARK, TwoShops
from locations.models import Shop
from media_library.models import Emergency, Link, Video
from telemetry.models import DeviceLog

pytestmark = pytest.mark.django_db

ABOUT_THE_SYSTEM = {
    "core.ClockState": "how far the clock is believed",
    "devices.FleetEvent": "concerns the fleet as a whole",
    "devices.SweepState": "the sweep's own state",
    "locations.Chain": "the chain as a whole",
    "locations.ShopLimit": "read by whoever sees the person, in the person's page",
    "media_library.DepartingObject": "objects of media that are gone",
    "telemetry.RollUpState": "the roll-up's own state",
}
"""Models that no limit leaves anything of, and why that is right."""

OPEN_TO_ALL = {"login", "logout", "jsi18n", "password_change", "password_change_done", "view_on_site"}
"""Pages of the admin that show no rows: the door and the words of its scripts."""


@pytest.fixture(scope="module")
def world(module_db: None) -> TwoShops:
    return TwoShops()


def person_in(role: str, world: TwoShops) -> User:
    """Somebody of that role who is limited to the own shop; “superuser” is a role here as well."""
    person = User.objects.create_user(f"limited {role}", is_staff=True, is_superuser=role == "superuser")
    if role != "superuser":
        person.groups.add(Role.objects.get(name=role))
    return User.objects.get(pk=world.limit(person).pk)


def api_of(person: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.get(pk=person.pk))
    return client


def browser_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def leaks(answer: Any) -> bool:
    """The answer names something foreign."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return MARK.encode() in body or any(MARK in value for value in answer.headers.values())


# --- the admin ----
def admin_patterns() -> list[URLPattern]:
    """All of the admin's addresses, but for the last, which answers every other."""
    return [each for each in walk(admin.site.get_urls()) if each.name != "final_catch_all" and each.name]


def walk(patterns: Any) -> Iterator[URLPattern]:
    for each in patterns:
        if isinstance(each, URLResolver):
            for inner in walk(each.url_patterns):
                yield URLPattern(_joined(each.pattern, inner.pattern), inner.callback, name=inner.name)
        else:
            yield each


def _joined(first: Any, second: Any) -> Any:
    return RoutePattern(f"{first}{second}")


def address_of(pattern: URLPattern, **values: Any) -> str:
    """The address with these values for its parameters."""
    return "/admin/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), str(pattern.pattern))


def parameters_of(pattern: URLPattern) -> set[str]:
    return set(re.findall(r"<(?:\w+:)?(\w+)>", str(pattern.pattern)))


def model_of(pattern: URLPattern) -> Any:
    """The model whose page it is, by its name; None: nobody's."""
    for model in admin.site._registry:
        if str(pattern.pattern).startswith(f"{model._meta.app_label}/{model._meta.model_name}/"):
            return model
    return None


def lists(pattern: URLPattern, world: TwoShops) -> Iterator[str]:
    """Addresses of a page without an object: plain, searched, and filtered by what is foreign."""
    address = address_of(pattern)
    yield address
    model = model_of(pattern)
    if pattern.name == "autocomplete":
        yield from autocompletes(address)
    elif pattern.name == "search":
        yield from (f"{address}?s={FIND}", f"{address}?s={FIND}&extended=1")
    elif pattern.name == "devices_pairing_approve":
        yield f"{address}?code={world.own[Pairing][0].code}"
    elif model is not None and str(pattern.name).endswith(("_changelist", "_export")):
        yield f"{address}?q={FIND}"
        yield from (f"{address}?{query}" for query in filtered(model, world))


def autocompletes(address: str) -> Iterator[str]:
    """One for each model that is searched: which field asks makes no difference."""
    fields = [field for model in apps.get_models() for field in model._meta.get_fields() if field.concrete]
    for field in {each.related_model: each for each in fields if each.is_relation}.values():
        if field.related_model in admin.site._registry:
            opts = field.model._meta
            query = f"app_label={opts.app_label}&model_name={opts.model_name}&field_name={field.name}"
            yield from (f"{address}?{query}&term={term}" for term in ("", FIND))


def filtered(model: Any, world: TwoShops) -> Iterator[str]:
    for spec in admin.site._registry[model].list_filter:
        path = spec[0] if isinstance(spec, tuple) else ""
        if isinstance(path, str) and path and (target := related(model, path)) in world.foreign:
            yield f"{path}__id__exact={world.foreign[target][0].pk}" + ("&period=all" if model is DeviceLog else "")


def related(model: Any, path: str) -> Any:
    for part in path.split("__"):
        model = model._meta.get_field(part).related_model
    return model


@pytest.mark.parametrize("role", [*PURPOSE, "superuser"])
def test_no_page_of_the_admin_shows_a_foreign_row(role, world):
    """Every role at every page; whoever may do everything searches and filters as well, by what is foreign."""
    person = person_in(role, world)
    browser, found = browser_of(person), []
    for pattern in admin_patterns():
        if pattern.name in OPEN_TO_ALL or parameters_of(pattern):
            continue
        addresses = lists(pattern, world) if role == "superuser" else [address_of(pattern)]
        for address in addresses:
            answer = browser.get(address)
            assert answer.status_code in {200, 302, 403, 404, 405}, address  # some are only posted to
            if leaks(answer):
                found.append(address)
    assert found == []


@pytest.mark.parametrize("role", [*PURPOSE, "superuser"])
def test_no_page_of_a_foreign_row_opens(role, world):
    person = person_in(role, world)
    browser, found = browser_of(person), []
    for pattern, rows in pages_of_rows(world.foreign):
        for row in rows:
            answer = browser.get(address_of(pattern, **arguments(pattern, row)))
            if answer.status_code not in {302, 403, 404} or leaks(answer):
                found.append(f"{answer.status_code} {pattern.name} of {row!r}")
    assert found == []


def test_no_page_of_ones_own_rows_shows_a_foreign_one(world):
    browser, found = browser_of(person_in("superuser", world)), []
    rows = {**world.own, Group: [*world.own[Group], world.shared], Video: [world.video]}
    rows[Link] = [*world.own[Link], *world.beyond]
    for pattern, seen in pages_of_rows(rows):
        for row in seen:
            answer = browser.get(address_of(pattern, **arguments(pattern, row)))
            assert answer.status_code in {200, 302, 403, 404}, pattern.name
            if leaks(answer):
                found.append(f"{pattern.name} of {row!r}")
    assert found == []


def pages_of_rows(rows: Any) -> Iterator[tuple[URLPattern, list[Any]]]:
    """The admin's pages of one row, each with the rows of its model."""
    for pattern in admin_patterns():
        if pattern.name in OPEN_TO_ALL or not parameters_of(pattern):
            continue
        model = model_of(pattern)
        if pattern.name == "core_change_of":
            tracked = [row for found in rows.values() for row in found if isinstance(row, Shop | Device | Group | Link)]
            yield pattern, tracked
        else:
            yield pattern, rows.get(model, [])


def arguments(pattern: URLPattern, row: Any) -> dict[str, Any]:
    """Values for the page's parameters. A page with others than these has to say here how it is opened."""
    known = {"object_id": row.pk, "id": row.pk, "key": row.pk, "kind": row._meta.label_lower, "pk": row.pk}
    return {name: known[name] for name in parameters_of(pattern)}


def test_every_model_of_the_admin_has_a_foreign_row(world):
    missing = {model._meta.label for model in admin.site._registry if not world.foreign.get(model)}
    assert missing == {"media_library.Video"}, "the library is everybody's; all others need a foreign row"


def test_every_model_says_what_a_limit_leaves_of_it():
    silent = {model._meta.label for model in our_models() if not is_for_limited(model)}
    assert silent == set(ABOUT_THE_SYSTEM)


def test_no_post_to_the_admin_changes_a_foreign_row(world):
    browser = browser_of(person_in("superuser", world))
    before = world.snapshot()
    beyond = {**world.foreign, Link: [*world.foreign[Link], *world.beyond]}
    beyond[Group] = [*world.foreign[Group], world.shared]
    for pattern, rows in pages_of_rows({**beyond, Video: [world.video]}):
        for row in rows:
            address = address_of(pattern, **arguments(pattern, row))
            browser.post(address, {"post": "yes", "confirmed": "1", "name": "taken", "label": "taken"})
    for model, rows in beyond.items():
        if admin.site.is_registered(model):
            _try_actions(browser, model, rows)
    assert world.snapshot() == before


def _try_actions(browser: Client, model: Any, rows: list[Any]) -> None:
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    page = admin.site._registry[model]
    for action in page.actions or ():
        name = action if isinstance(action, str) else action.__name__
        for across in ("0", "1"):
            values = {"action": name, "_selected_action": [row.pk for row in rows], "select_across": across}
            browser.post(f"{address}?q={FIND}", {**values, "confirmed": "1", "post": "yes", "target": ""})


# --- the API ----
def api_addresses() -> list[str]:
    """All of /api/v1 without the devices' own protocol, with `{ref}` where a resource is named."""
    resolver = next(each for each in get_resolver().url_patterns if str(each.pattern) == "api/v1/")
    found = []
    for part in getattr(resolver, "url_patterns", []):
        for each in getattr(part, "url_patterns", []):
            route = str(each.pattern).removeprefix("^").removesuffix("$").removesuffix("/?")
            found.append("/api/v1/" + route.replace("(?P<ref>[^/]+)", "{ref}"))
    return found


RESOURCES: dict[str, Any] = {
    "api-keys": ApiKey,
    "shops": Shop,
    "devices": Device,
    "groups": Group,
    "pairings": Pairing,
    "enrolment-keys": apps.get_model("devices", "EnrolmentKey"),
    "links": Link,
    "videos": None,
    "bin": None,
    "uploads": None,
    "auth": None,
    "changes": None,
    "logs": None,
    "plays": None,
    "emergencies": Emergency,
}
"""The model of each resource whose rows lie in shops; None: the library is everybody's, uploads are one's own, an act
is asked for by its own id, and what
is below `logs` and `plays` names no row."""

FILTERS = {"shop": Shop, "group": Group, "device": Device}


def refs(address: str, rows: Any) -> list[str]:
    model = RESOURCES[address.split("/")[3]]
    return [address.format(ref=row.public_id) for row in rows.get(model, [])] if model else []


@pytest.mark.parametrize("role", [*PURPOSE, "superuser"])
def test_no_answer_of_the_api_shows_a_foreign_row(role, world):
    api, found = api_of(person_in(role, world)), []
    for address in (each for each in api_addresses() if "{ref}" not in each):
        queries = ["", "search", *FILTERS]
        for query in queries:
            answer = api.get(address, _query(query, world))
            assert answer.status_code < 500, address
            if leaks(answer):
                found.append(f"{address} {query}")
    assert found == []


def _query(name: str, world: TwoShops) -> dict[str, str]:
    if name in FILTERS:
        return {name: str(world.foreign[FILTERS[name]][0].public_id)}
    return {"search": FIND} if name == "search" else {}


@pytest.mark.parametrize("role", [ADMINISTRATOR, "superuser"])
def test_a_foreign_resource_is_not_there(role, world):
    api, found = api_of(person_in(role, world)), []
    for address in (each for each in api_addresses() if "{ref}" in each):
        for named in refs(address, world.foreign):
            answer = api.get(named)
            if answer.status_code not in {404, 405} or leaks(answer):
                found.append(f"{answer.status_code} {named}")
    assert found == []


def test_ones_own_resources_name_nothing_foreign(world):
    api, found = api_of(person_in("superuser", world)), []
    rows = {**world.own, Group: [*world.own[Group], world.shared], Link: [*world.own[Link], *world.beyond]}
    for address in (each for each in api_addresses() if "{ref}" in each):
        named = [address.format(ref=world.video.public_id)] if "/videos/{ref}" in address else refs(address, rows)
        for one in named:
            answer = api.get(one)
            assert answer.status_code in {200, 405, 409}, one
            if leaks(answer):
                found.append(one)
    assert found == []


def test_no_call_of_the_api_changes_a_foreign_row(world):
    api = api_of(person_in("superuser", world))
    before, beyond = world.snapshot(), {**world.foreign, Link: [*world.foreign[Link], *world.beyond]}
    beyond[Group] = [*world.foreign[Group], world.shared]
    for address in (each for each in api_addresses() if "{ref}" in each):
        named = [address.format(ref=world.video.public_id)] if "/videos/{ref}" in address else refs(address, beyond)
        for one in named:
            for method, body in (("patch", {"name": "x"}), ("put", {"videos": []}), ("post", {}), ("delete", None)):
                answer = getattr(api, method)(one, body, format="json")
                assert answer.status_code in {400, 403, 404, 405, 409, 415}, f"{method} {one} {answer.content!r}"
    assert world.snapshot() == before


def test_every_resource_of_the_api_is_known_here():
    assert {address.split("/")[3] for address in api_addresses()} <= set(RESOURCES)
