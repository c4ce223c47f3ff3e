"""The permission matrix: every address, by everybody who may come to it. The addresses are those of the URL map: a new
one without a row fails, and so does a row without an address. It is run in both directions: whoever may is let through,
everybody else is refused."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.models import Group as Role
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.test import Client, RequestFactory
from django.urls import get_resolver, resolve
from django.utils import timezone

from devices.models import Device, EnrolmentKey, Group, Pairing
from devices.services.enrolment import issue_token, retire
from dgx.core.models import ApiKey, Change
from dgx.legacy_urls import ROUTES
from dgx.people.sessions import SessionStore
from dgx.people.tokens import begin
from dgx.roles.table import ADMINISTRATOR, EDITOR, OPERATOR, VIEWER
from dgx.tests.admin_pages import AdminPages, admin_patterns, named_pages
from dgx.tests.permission_tables import (
    API,
    ASKED_WITH,
    DEVICES,
    KEYS,
    OLD,
    REST,
    STRANGERS,
    admin_models,
    cells,
    expected,
    rows_of,
)
from dgx.tests.two_shops import TwoShops
from locations.models import Shop
from media_library.models import Emergency, Link
from media_library.services import multipart

pytestmark = pytest.mark.django_db


class Cast:
    """Everybody who comes, with what they bring."""

    def __init__(self, world: TwoShops) -> None:
        self.world, self.pages = world, AdminPages(world)
        self.client = Client()
        self.people = {
            "viewer": self._person(VIEWER),
            "editor": self._person(EDITOR),
            "operator": self._person(OPERATOR),
            "limited operator": world.limit(self._person(OPERATOR, name="limited")),
            "administrator": self._person(ADMINISTRATOR),
        }
        self.headers = {"nobody": {}, **self._devices(), **self._tokens(), **self._keys()}
        self.rows, self.named = self._rows(), self._named()
        self.of_person = {who: self._own(who, person) for who, person in self.people.items()}

    @staticmethod
    def _person(role: str, name: str = "") -> User:
        person = User.objects.create_user(name or role.replace(" ", "-"), is_staff=True)
        person.groups.add(Role.objects.get(name=role))
        return person

    def _devices(self) -> dict[str, dict[str, str]]:
        tokens = {
            "own device": issue_token(self.world.screen),
            "other device": issue_token(self.world.other_screen),
            "revoked device": issue_token(gone := Device.objects.create(mobile_id="gone")),
        }
        retire(Device.objects.filter(pk=gone.pk), now=timezone.now())
        return {who: {"Authorization": f"Device {token}"} for who, token in tokens.items()}

    def _tokens(self) -> dict[str, dict[str, str]]:
        return {who: {"Authorization": f"Bearer {begin(person).access_token}"} for who, person in self.people.items()}

    def _keys(self) -> dict[str, dict[str, str]]:
        operator = self.people["operator"]
        scopes = {"reading key": "read", "writing key": "write"}
        return {who: {"X-Api-Key": ApiKey.issue(user=operator, name=who, scope=scopes[who])[1]} for who in KEYS}

    def _rows(self) -> dict[str, Any]:
        """The resource that an address of the API names, by its first part: all in sight of the limited operator."""
        own, soon = self.world.own, timezone.now() + timedelta(hours=1)
        return {
            "changes": Change.objects.get(what="own"),
            "shops": own[Shop][0],
            "devices": own[Device][0],
            "groups": own[Group][0],
            "pairings": own[Pairing][0],
            "enrolment-keys": own[EnrolmentKey][0],
            "links": own[Link][0],
            "videos": own[Link][0].video,
            "bin": self.pages.binned,
            "emergencies": Emergency.objects.create(name="a", until=soon, shops=[self.world.shop.public_id]),
        }

    @staticmethod
    def _own(who: str, person: User) -> dict[str, Any]:
        """Likewise what is the person's own, which nobody else sees."""
        key, _secret = ApiKey.issue(user=person, name=who)
        return {"api-keys": key, "uploads": multipart.begin(user=person, name=who, filename="a.mp4", size=1)}

    def _named(self) -> dict[str, Any]:
        """What an address of an old route names, by the name of its parameter."""
        own = self.world.own
        return {
            "mobile_id": self.world.screen.mobile_id,
            "gname": own[Group][0].name,
            "shop_name": self.world.shop.name,
            "link_id": own[Link][0].pk,
            "video_name": own[Link][0].video.name,
        }

    def path(self, address: str, who: str) -> str:
        """The address with what it names: rows that are there, of everybody's own where it is one's."""
        rows: dict[str, Any] = self.rows | self.of_person.get(who, self.of_person["operator"])
        row = rows.get(address.partition("/")[0])
        ref = getattr(row, "public_id", None) or getattr(row, "act", "")
        known = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: quote(str(self.named[found[1]])), address)
        return known.format(ref=ref)

    def answered(self, method: str, path: str, who: str) -> int:
        """The status that an empty call is answered with; what it did is undone."""
        self.client.cookies.clear()
        with transaction.atomic():
            body = b"" if method == "GET" else b"{}"
            headers = self.headers[who]
            answer = self.client.generic(method, path, body, content_type="application/json", headers=headers)
            transaction.set_rollback(True)
        return int(answer.status_code)


@pytest.fixture(scope="module")
def cast(module_db: None) -> Cast:
    return Cast(TwoShops())


FOUND = {200, 302, 304}
"""What somebody who may gets of an address that is read."""


def is_right(method: str, *, may: bool, status: int) -> bool:
    """Whoever may not is refused as such. Whoever may reads something; what they write may make no sense."""
    if not may:
        return status in {401, 403}
    if method == "GET":
        return status in FOUND
    return status not in {401, 403, 405} and status < 500


def differences(cast: Cast, table: str, root: str) -> list[str]:
    """Where who is let through is not who may."""
    found = []
    for method, address, policy in rows_of(table):
        for who, may in expected(method, policy).items():
            path = root + cast.path(address, who)
            status = cast.answered(method, path + (ASKED_WITH.get(address, "") if method == "GET" else ""), who)
            if not is_right(method, may=may, status=status):
                found.append(f"{who}: {method} {path} {status}")
    return found


def test_the_api(cast):
    assert differences(cast, API, "/api/v1/") == []


def test_the_device_protocol(cast):
    assert differences(cast, DEVICES, "/api/v1/device/") == []


def test_a_device_reads_and_writes_its_own_alone(cast):
    own, other = cast.world.screen, cast.world.other_screen
    tags = [Client().get("/api/v1/device/manifest", headers=cast.headers[who]).json()["tag"] for who in STRANGERS[1:3]]
    assert [tag.split(".")[0] for tag in tags] == [f"d{own.pk}", f"d{other.pk}"]
    Client().post("/api/v1/device/poll", b"{}", content_type="application/json", headers=cast.headers["other device"])
    own.presence.refresh_from_db()
    other.presence.refresh_from_db()
    assert (own.presence.last_seen_at is None, other.presence.last_seen_at is None) == (True, False)


def test_the_old_routes(cast):
    assert differences(cast, OLD, "/") == []


def test_probes_descriptions_and_the_player(cast):
    assert differences(cast, REST, "/") == []


# --- every address has a row ----
def test_every_address_of_the_api_has_a_row():
    assert {(method, address) for method, address, _policy in rows_of(API)} == set(calls_of("api/v1/"))


def test_every_address_of_the_device_protocol_has_a_row():
    addresses = {address for _method, address, _policy in rows_of(DEVICES)}
    assert {plain(each) for each in below("api/v1/device/")} == {*addresses, CATCH_ALL}


def test_every_old_route_has_a_row():
    assert {(method, address) for method, address, _policy in rows_of(OLD)} == {(r.method, r.path) for r in ROUTES}


def test_every_other_address_has_a_row():
    old = {route.path for route in ROUTES}
    at_root = {plain(each) for each in get_resolver().url_patterns if not hasattr(each, "url_patterns")}
    known = {address for _method, address, _policy in rows_of(REST)}
    others = {address for address in at_root if address not in old and not address.startswith("admin/")}
    assert others | {f"player/{plain(each)}" for each in below("player/")} == known
    assert {address for address in at_root if address.startswith("admin/")} == {
        "admin/search/",
        "admin/mark_offline_devices",
    }
    assert {plain(each) for each in below("")} | at_root >= {*old, CATCH_ALL}
    assert {plain(each) for each in below("")} - old == {CATCH_ALL}


CATCH_ALL = "(?P<path>.*)"
"""What answers every address that is none: the API's and the old routes' refusals in their own shapes."""


def below(root: str) -> list[Any]:
    """The patterns of one part of the URL map."""
    parts = [each for each in get_resolver().url_patterns if hasattr(each, "url_patterns")]
    return list(next(part for part in parts if str(part.pattern) == root).url_patterns)


def plain(pattern: Any) -> str:
    """The address without its regular expression."""
    route = str(pattern.pattern).removeprefix("^").removesuffix("$").removesuffix("/?")
    return route.replace("(?P<ref>[^/]+)", "{ref}").replace("\\.", ".")


def calls_of(root: str) -> Iterator[tuple[str, str]]:
    """Every method that each of the API's views answers."""
    for part in below(root):
        for each in getattr(part, "url_patterns", []):
            view = each.callback
            answered = getattr(view, "actions", None) or [name for name in METHODS if hasattr(view.cls, name)]
            yield from ((name.upper(), plain(each)) for name in answered if name != "head")


METHODS = ("get", "post", "put", "patch", "delete")


# --- the admin ----
def test_the_admin(cast):
    found = []
    for path, method, policy in cast.pages.calls():
        for who, person in {"nobody": AnonymousUser(), **cast.people}.items():
            status = opened(person, method, path)
            if may_open(who, policy) != (status == "in"):
                found.append(f"{who}: {method} {path} {status}")
    assert found == []


def test_no_device_and_no_key_opens_the_admin(cast):
    let_in = []
    for path, method, _policy in cast.pages.calls():
        to_the_login = f"/admin/login/?next={quote(path)}"
        for who in (*STRANGERS[1:], *KEYS, "administrator"):  # a token is no session either
            cast.client.cookies.clear()
            answer = cast.client.generic(method, path, headers=cast.headers[who])
            if (answer.status_code, answer.headers.get("Location")) != (302, to_the_login):
                let_in.append(f"{who}: {method} {path} {answer.status_code}")
    assert let_in == []


def test_every_page_of_the_admin_has_a_row():
    usual = {f"{name}_{page}" for name in admin_models() for page in USUAL}
    assert {each.name for each in admin_patterns()} == set(named_pages()) | usual


USUAL = ("changelist", "history", "add", "change", "delete")


def may_open(who: str, policy: str) -> bool:
    return who != "nobody" and (policy == "staff" or cells(policy)[who])


def opened(person: Any, method: str, path: str) -> str:
    """“in”, or how the person is kept out. The page is not drawn: who may open it is asked before."""
    request: Any = RequestFactory().generic(method, path)
    request.user = User.objects.get(pk=person.pk) if person.pk else person
    request.session, request._messages, request._dont_enforce_csrf_checks = SessionStore(), Said(), True
    view = resolve(path.partition("?")[0])
    try:
        with transaction.atomic():
            answer = view.func(request, *view.args, **view.kwargs)
            transaction.set_rollback(True)
    except PermissionDenied:
        return "refused"
    except Http404:
        return "not there"
    leads_to = answer.headers.get("Location", "")
    if leads_to.startswith("/admin/login/"):
        return "sent to log in"
    return "not there" if leads_to == "/admin/" else "in"


class Said(list[str]):
    """Messages that nobody reads."""

    def add(self, level: int, message: str, extra_tags: str = "") -> None:
        self.append(message)
