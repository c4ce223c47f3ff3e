"""The permission matrix: every address, by everybody who may come to it. The addresses are those of the URL map: a new
one without a row fails, and so does a row without an address. It is run in both directions: whoever may is let through,
everybody else is refused."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.models import Group as Role
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.test import Client, RequestFactory
from django.urls import get_resolver, resolve
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from devices.models import Device, EnrolmentKey, Group, Pairing
from devices.services.enrolment import issue_token, retire
from dgx.core.models import ApiKey, Change
from dgx.legacy_urls import ROUTES
from dgx.roles.grants import set_permissions
from dgx.roles.table import ADMINISTRATOR, EDITOR, OPERATOR, VIEWER, permissions
from dgx.tests.two_shops import TwoShops
from locations.models import Shop
from media_library.models import Emergency, Link, Upload, Video
from media_library.tests.factories import VideoFactory

pytestmark = pytest.mark.django_db

PEOPLE = ("viewer", "editor", "operator", "limited operator", "administrator")
KEYS = ("reading key", "writing key")
"""Of the operator."""
STRANGERS = ("nobody", "own device", "other device", "revoked device")
EVERYBODY = (*STRANGERS, *PEOPLE, *KEYS)

POLICIES = {
    #             viewer  editor  operator  limited operator  administrator
    "look":      "  +       +        +             +                +      ",
    "publish":   "  -       +        +             +                +      ",
    "run":       "  -       -        +             +                +      ",
    "run-all":   "  -       -        +             -                +      ",
    "rule":      "  -       -        -             -                +      ",
    "look-all":  "  +       +        +             -                +      ",
    "pub-all":   "  -       +        +             -                +      ",
    "none":      "  -       -        -             -                -      ",
    "old":       "  -       -        +             -                +      ",
}  # fmt: skip
"""What people may by their roles. An operator's key may the same, where it only reads nothing but GET. Strangers may
nothing of it. Beside these there are: “open”, to everybody; “own”, what is one's own, to people and, to be read, to
their keys; “device”, to devices that are let in."""

API = """
POST   auth/token                            open
POST   auth/token/refresh                    open
POST   auth/token/blacklist                  open
GET    api-keys                              own
POST   api-keys                              own
GET    api-keys/{ref}                        own
POST   api-keys/{ref}/revoke                 own
GET    changes                               publish
GET    changes/{ref}                         publish
GET    shops                                 look
POST   shops                                 run-all
GET    shops/{ref}                           look
PUT    shops/{ref}                           run
PATCH  shops/{ref}                           run
DELETE shops/{ref}                           rule
GET    devices                               look
POST   devices                               run
GET    devices/{ref}                         look
PUT    devices/{ref}                         run
PATCH  devices/{ref}                         run
DELETE devices/{ref}                         run
POST   devices/{ref}/allow-pairing           run
GET    devices/{ref}/flips                   look
POST   devices/{ref}/replace                 run
POST   devices/{ref}/retire                  run
POST   devices/{ref}/rotate-token            run
GET    devices/{ref}/uptime                  look
GET    groups                                look
POST   groups                                run-all
GET    groups/{ref}                          look
PUT    groups/{ref}                          run
PATCH  groups/{ref}                          run
DELETE groups/{ref}                          run
GET    pairings                              run
POST   pairings/approve                      run
GET    pairings/{ref}                        run
POST   pairings/{ref}/refuse                 run
GET    enrolment-keys                        run
POST   enrolment-keys                        run
GET    enrolment-keys/{ref}                  run
POST   enrolment-keys/{ref}/revoke           run
GET    devices/{ref}/links                   look
GET    devices/{ref}/manifest                look
GET    groups/{ref}/videos                   look
PUT    groups/{ref}/videos                   publish
GET    videos                                look
POST   videos                                publish
POST   videos/direct                         publish
GET    videos/{ref}                          look
PUT    videos/{ref}                          publish
PATCH  videos/{ref}                          publish
DELETE videos/{ref}                          publish
POST   videos/{ref}/complete                 publish
GET    videos/{ref}/presign                  look
POST   videos/{ref}/replace                  publish
POST   videos/{ref}/bin                      publish
GET    videos/{ref}/usage                    look
GET    videos/{ref}/without                  look
GET    bin                                   look
POST   bin/empty                             publish
GET    bin/{ref}                             look
DELETE bin/{ref}                             publish
POST   bin/{ref}/restore                     publish
GET    emergencies                           look
POST   emergencies                           run
GET    emergencies/{ref}                     look
POST   emergencies/{ref}/end                 run
GET    links                                 look
POST   links                                 publish
POST   links/bulk                            publish
POST   links/reorder                         publish
GET    links/{ref}                           look
PUT    links/{ref}                           publish
PATCH  links/{ref}                           publish
DELETE links/{ref}                           publish
GET    uploads                               publish
POST   uploads                               publish
GET    uploads/{ref}                         publish
DELETE uploads/{ref}                         publish
POST   uploads/{ref}/addresses               publish
POST   uploads/{ref}/complete                publish
GET    logs                                  look
GET    logs/export                           look
GET    plays                                 look
GET    plays/export                          look
GET    devices/{ref}/logs                    look
"""
"""/api/v1 but for the devices' own protocol."""

DEVICES = """
POST   enrol                                 open
POST   claim                                 open
POST   poll                                  device
GET    manifest                              device
"""
"""/api/v1/device, the protocol. A device is known by its token alone: no address names another."""

OLD = """
POST   device/create                             old
DELETE device/<mobile_id>                        old
DELETE group/<gname>                             old
DELETE shop/<shop_name>                          old
POST   link                                      old
GET    link/<link_id>                            old
DELETE link/<link_id>                            old
POST   link/<link_id>/delete                     old
GET    links                                     old
GET    links/by_device/<mobile_id>               old
GET    links/by_group/<gname>                    old
GET    device/<mobile_id>/video                  old
GET    device/<mobile_id>/videos                 old
GET    device/<mobile_id>/videos/downloads       old
GET    device/<mobile_id>/presigned_urls         old
GET    device/<mobile_id>/video/<link_id>/download old
GET    device/<mobile_id>/download_status        old
POST   device/<mobile_id>/download_update        old
GET    group/<gname>/videos                      old
POST   group/<gname>/video                       old
POST   group/<gname>/videos                      old
PUT    group/<gname>/videos                      old
POST   insert_device                             old
GET    device/<mobile_id>                        old
PUT    device/<mobile_id>                        old
GET    devices                                   old
POST   insert_group                              old
GET    group/<gname>                             old
PUT    group/<gname>                             old
GET    groups                                    old
POST   insert_shop                               old
GET    shop/<shop_name>                          old
PUT    shop/<shop_name>                          old
GET    shops                                     old
POST   upload_video                              old
GET    video/<video_name>                        old
PUT    video/<video_name>                        old
DELETE video/<video_name>                        old
GET    video/<video_name>/presign                old
POST   video/<video_name>/rotation               old
POST   video/<video_name>/fit_mode               old
GET    videos                                    old
GET    device/<mobile_id>/online                 old
POST   device/<mobile_id>/online                 old
POST   device/<mobile_id>/online_update          old
GET    device/<mobile_id>/online_history         old
GET    device/<mobile_id>/uptime_report          old
POST   device/<mobile_id>/temperature            old
POST   device/<mobile_id>/temperature_update     old
GET    device/<mobile_id>/temperature_series     old
GET    device/<mobile_id>/counts                 old
POST   device/<mobile_id>/door_open              old
POST   device/<mobile_id>/daily_update           old
POST   device/<mobile_id>/monthly_update         old
GET    device/<mobile_id>/logs                   old
GET    device/<mobile_id>/logs/download          old
GET    devices/logs/summary                      old
GET    devices/logs/summary/download             old
POST   admin/mark_offline_devices                old
GET    db_health                                 open
GET    pool_stats                                old
"""
"""The old routes at the root."""

REST = """
GET                                          open
GET    health                                open
GET    ready                                 open
GET    openapi.json                          open
GET    docs                                  open
GET    redoc                                 open
GET    player                                open
GET    player/                               open
GET    player/sw.js                          open
GET    player/manifest.webmanifest           open
GET    player/qr.svg                         open
"""
"""Probes, descriptions and the player: no rows of anybody. `/` leads to the admin, which asks who it is."""

ADMIN = """
model                                 see       add       change    delete
core/apikey                           rule      rule      rule      rule
core/change                           publish   none      publish   none
locations/shop                        look      run-all   run       rule
locations/chain                       look-all  none      pub-all   none
devices/device                        look      run       run       run
devices/group                         look      run-all   run       run
devices/pairing                       run       none      run       rule
devices/enrolmentkey                  run       run       run       rule
devices/devicetoken                   run       none      none      none
devices/presenceflip                  look      none      none      none
devices/fleetevent                    look-all  none      none      none
media_library/video                   look      publish   publish   publish
media_library/link                    look      publish   publish   publish
media_library/emergency               look      none      none      none
telemetry/devicelog                   look      none      none      none
telemetry/deviceloghour               look      none      none      none
telemetry/playhour                    look      none      none      none
auth/user                             rule      rule      rule      rule
auth/group                            rule      none      none      none
django_celery_beat/periodictask       rule      rule      rule      rule
django_celery_beat/intervalschedule   rule      rule      rule      rule
django_celery_beat/crontabschedule    rule      rule      rule      rule
django_celery_beat/clockedschedule    rule      rule      rule      rule
django_celery_beat/solarschedule      rule      rule      rule      rule
"""
"""The pages that every model has: its list, a row's page and its history (see); the forms. An act of the audit has no
form: what is posted to its page is answered with the page."""

ADMIN_MORE = """
core_change_export                    publish
core_change_of                        publish
auth_user_password_change             rule
devices_device_add-videos             publish
devices_device_changes                look
devices_device_export_csv             look
devices_device_import_csv             run
devices_device_one_pairing            run
devices_device_one_replace            run
devices_device_one_retire             run
devices_device_one_rotate             run
devices_device_reports                look
devices_device_why                    look
devices_enrolmentkey_print_sheet      run
devices_group_add-videos              publish
devices_group_changes                 look
devices_group_export_csv              look
devices_group_import_csv              run-all
devices_group_rollout                 look
devices_pairing_approve               run
locations_chain_add-videos            pub-all
locations_chain_rollout               look-all
locations_shop_add-videos             publish
locations_shop_changes                look
locations_shop_export_csv             look
locations_shop_import_csv             run-all
locations_shop_map                    look
locations_shop_map_data               look
locations_shop_rollout                look
media_library_emergency_end           run
media_library_emergency_start         run
media_library_link_export_csv         look
media_library_link_import_csv         publish
media_library_video_bin               look
media_library_video_open_bin          look
media_library_video_open_upload       publish
media_library_video_restore           publish
media_library_video_screen            look
media_library_video_upload            publish
telemetry_devicelog_export            look
telemetry_playhour_export             look
index                                 staff
search                                staff
autocomplete                          look
app_list                              staff
password_change                       staff
password_change_done                  staff
view_on_site                          door
jsi18n                                staff
login                                 door
logout                                door
"""
"""The other pages of the admin, by the name of their address. “staff”: to every person who may log in to it; “door”:
the door itself, which shows nothing and leads on."""


class Cast:
    """Everybody who comes, with what they bring."""

    def __init__(self, world: TwoShops) -> None:
        set_permissions(apps, permissions())
        self.world = world
        self.people = {
            "viewer": self._person(VIEWER),
            "editor": self._person(EDITOR),
            "operator": self._person(OPERATOR),
            "limited operator": world.limit(self._person(OPERATOR, name="limited")),
            "administrator": self._person(ADMINISTRATOR),
        }
        self.headers = {"nobody": {}, **self._devices(), **self._tokens(), **self._keys()}
        self.rows = self._rows()

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
        return {who: {"Authorization": f"Bearer {AccessToken.for_user(person)}"} for who, person in self.people.items()}

    def _keys(self) -> dict[str, dict[str, str]]:
        operator = self.people["operator"]
        scopes = {"reading key": "read", "writing key": "write"}
        return {who: {"X-Api-Key": ApiKey.issue(user=operator, name=who, scope=scopes[who])[1]} for who in KEYS}

    def _rows(self) -> dict[str, Any]:
        """The resource that an address of the API names, by its first part: all in sight of the limited operator."""
        own, soon = self.world.own, timezone.now() + timedelta(hours=1)
        binned = VideoFactory.create(name="binned", binned_at=timezone.now())
        sent = {"size": 1, "part_size": 1, "key": "incoming/a", "store_id": "a"}
        return {
            "api-keys": ApiKey.objects.get(name="writing key"),
            "changes": Change.objects.get(what="own"),
            "shops": own[Shop][0],
            "devices": own[Device][0],
            "groups": own[Group][0],
            "pairings": own[Pairing][0],
            "enrolment-keys": own[EnrolmentKey][0],
            "links": own[Link][0],
            "videos": own[Link][0].video,
            "bin": binned,
            "emergencies": Emergency.objects.create(name="a", until=soon, shops=[self.world.shop.public_id]),
            "uploads": Upload.objects.create(started_by=self.people["operator"], name="a", **sent),
        }


@pytest.fixture
def cast(db: None) -> Cast:
    return Cast(TwoShops())


def rows_of(table: str) -> list[tuple[str, str, str]]:
    """Method, address and policy of each line; the address may be empty."""
    found = [line.split() for line in table.strip("\n").splitlines()]
    return [(row[0], row[1] if len(row) > 2 else "", row[-1]) for row in found]


def cells(policy: str) -> dict[str, bool]:
    """Who of the people may."""
    return {who: cell == "+" for who, cell in zip(PEOPLE, POLICIES[policy].split(), strict=True)}


def expected(method: str, policy: str) -> dict[str, bool]:
    """Who of everybody may call it."""
    if policy == "open":
        return dict.fromkeys(EVERYBODY, True)
    if policy == "device":
        return {who: who in {"own device", "other device"} for who in EVERYBODY}
    if policy == "own":
        return {who: who in PEOPLE or (who in KEYS and method == "GET") for who in EVERYBODY}
    people, key = cells(policy), cells(policy)["operator"]
    return {**dict.fromkeys(STRANGERS, False), **people, "reading key": key and method == "GET", "writing key": key}


def answered(method: str, path: str, headers: dict[str, str]) -> int:
    """The status that an empty call is answered with; what it did is undone."""
    with transaction.atomic():
        body = b"" if method == "GET" else b"{}"
        answer = Client().generic(method, path, body, content_type="application/json", headers=headers)
        transaction.set_rollback(True)
    return int(answer.status_code)


def differences(cast: Cast, table: str, root: str) -> list[str]:
    """Where who is let through is not who may."""
    found = []
    for method, address, policy in rows_of(table):
        path = root + re.sub(r"<(?:\w+:)?\w+>", "1", address).format(ref=_ref(cast, address))
        for who, may in expected(method, policy).items():
            status = answered(method, path, cast.headers[who])
            if may == (status in {401, 403}) or status == 405 or status >= 500:
                found.append(f"{who}: {method} {path} {status}")
    return found


def _ref(cast: Cast, address: str) -> str:
    row = cast.rows.get(address.partition("/")[0])
    return str(row.public_id if hasattr(row, "public_id") else getattr(row, "act", ""))


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
    assert (at_root | {f"player/{plain(each)}" for each in below("player/")}) - old == known
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
    for path, method, policy in admin_calls(cast):
        for who, person in {"nobody": AnonymousUser(), **cast.people}.items():
            status = opened(person, method, path)
            if may_open(who, policy) != (status == "in"):
                found.append(f"{who}: {method} {path} {status}")
    assert found == []


def test_no_device_and_no_key_opens_the_admin(cast):
    for who in (*STRANGERS[1:], *KEYS, "administrator"):  # a token is no session either
        answer = Client().get("/admin/", headers=cast.headers[who])
        assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/login/?next=/admin/"), who


def test_every_page_of_the_admin_has_a_row():
    names = {each.name for each in admin_patterns()}
    more = {line.split()[0] for line in ADMIN_MORE.strip().splitlines()}
    usual = {f"{name}_{page}" for name in admin_models() for page in (*SEEING, "add", "change", "delete")}
    assert names == more | usual


SEEING = ("changelist", "history")


def admin_patterns() -> Iterator[Any]:
    """Every page of the admin; what has no name leads to the page of a row, or says that there is none."""
    for each in admin.site.get_urls():
        yield from (inner for inner in getattr(each, "url_patterns", [each]) if inner.name)


def admin_models() -> dict[str, dict[str, str]]:
    """By the beginning of the pages' names, who may see, add, change and delete."""
    verbs, *lines = [line.split() for line in ADMIN.strip().splitlines()]
    return {line[0].replace("/", "_"): dict(zip(verbs[1:], line[1:], strict=True)) for line in lines}


def admin_calls(cast: Cast) -> Iterator[tuple[str, str, str]]:
    """Address, method and policy of every page."""
    for model in admin.site._registry:
        opts = model._meta
        may, root = admin_models()[f"{opts.app_label}_{opts.model_name}"], f"/admin/{opts.app_label}/{opts.model_name}/"
        row = row_of(cast, model)
        yield from ((f"{root}{page}", "GET", may["see"]) for page in ("", f"{row.pk}/history/", f"{row.pk}/change/"))
        yield f"{root}add/", "POST", may["add"]
        yield f"{root}{row.pk}/change/", "POST", may["change"]
        yield f"{root}{row.pk}/delete/", "POST", may["delete"]
    for line in ADMIN_MORE.strip().splitlines():
        name, policy = line.split()
        if policy != "door":
            yield address_of(cast, name) + QUERIES.get(name, ""), "GET", policy


QUERIES = {"autocomplete": "?app_label=devices&model_name=device&field_name=group"}
"""Without which a page has nothing to answer."""


def row_of(cast: Cast, model: Any) -> Any:
    """A row that the limited operator sees, where there is one."""
    for part, seen in ((Video, "videos"), (Change, "changes")):
        if model is part:
            return cast.rows[seen]
    return (cast.world.own.get(model) or cast.world.foreign[model])[0]


def address_of(cast: Cast, name: str) -> str:
    """The page of that name, of a row where it is one's."""
    for part in admin.site.get_urls():
        for each in getattr(part, "url_patterns", [part]):
            if each.name == name:
                route = f"{part.pattern}{each.pattern}" if each is not part else str(part.pattern)
                return f"/admin/{_filled(cast, route)}"
    raise LookupError(name)


def _filled(cast: Cast, route: str) -> str:
    label = ".".join(route.split("/")[:2])
    known = {"kind": "devices.device", "key": cast.world.screen.pk, "content_type_id": 1, "object_id": 1, "id": 1}
    if "<" in route and label in {model._meta.label_lower for model in admin.site._registry}:
        row = cast.rows["bin"] if "bin/" in route else row_of(cast, apps.get_model(label))
        known |= {"object_id": row.pk, "id": row.pk} | ({} if "<str:kind>" in route else {"key": row.pk})
    if route.startswith("^"):
        return "devices/"
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(known[found[1]]), route)


def may_open(who: str, policy: str) -> bool:
    return who != "nobody" and (policy == "staff" or cells(policy)[who])


def opened(person: Any, method: str, path: str) -> str:
    """“in”, or how the person is kept out. The page is not drawn: who may open it is asked before."""
    request = RequestFactory().generic(method, path)
    request.user = User.objects.get(pk=person.pk) if person.pk else person
    request.session, request._messages, request._dont_enforce_csrf_checks = {}, Said(), True
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
