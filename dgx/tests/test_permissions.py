"""Who may call what: the whole of /api/v1 as one table, run both ways, and checked to be whole."""

from datetime import timedelta

import pytest
from django.urls import get_resolver
from django.utils import timezone

from devices.models import Pairing
from devices.services.enrolment import make_enrolment_key, start_pairing
from devices.tests.factories import DeviceFactory, GroupFactory
from dgx.core.models import ApiKey
from dgx.core.tests.contract import assert_refused, key_client
from locations.tests.factories import ShopFactory
from media_library.models import Emergency
from media_library.tests.factories import LinkFactory, VideoFactory

pytestmark = pytest.mark.django_db

SHOP, GROUP, DEVICE, LINK, VIDEO, PAIRING, KEY = "shop", "group", "device", "link", "video", "pairing", "key"
BINNED, EMERGENCY = "binned", "emergency"
LINKS = ["media_library.add_link", "media_library.change_link", "media_library.delete_link"]

TABLE = [
    ("get", "shops", ["locations.view_shop"]),
    ("post", "shops", ["locations.add_shop"]),
    ("get", "shops/{shop}", ["locations.view_shop"]),
    ("put", "shops/{shop}", ["locations.change_shop"]),
    ("patch", "shops/{shop}", ["locations.change_shop"]),
    ("delete", "shops/{shop}", ["locations.delete_shop"]),
    ("get", "groups", ["devices.view_group"]),
    ("post", "groups", ["devices.add_group"]),
    ("get", "groups/{group}", ["devices.view_group"]),
    ("put", "groups/{group}", ["devices.change_group"]),
    ("patch", "groups/{group}", ["devices.change_group"]),
    ("delete", "groups/{group}", ["devices.delete_group"]),
    ("get", "groups/{group}/videos", ["devices.view_group", "media_library.view_link"]),
    ("put", "groups/{group}/videos", ["devices.view_group", *LINKS]),
    ("get", "devices", ["devices.view_device"]),
    ("post", "devices", ["devices.add_device"]),
    ("get", "devices/{device}", ["devices.view_device"]),
    ("put", "devices/{device}", ["devices.change_device"]),
    ("patch", "devices/{device}", ["devices.change_device"]),
    ("delete", "devices/{device}", ["devices.delete_device"]),
    ("get", "devices/{device}/flips", ["devices.view_device", "devices.view_presenceflip"]),
    ("get", "devices/{device}/uptime", ["devices.view_device", "devices.view_presenceflip"]),
    ("post", "devices/{device}/rotate-token", ["devices.change_device"]),
    ("post", "devices/{device}/retire", ["devices.change_device"]),
    ("post", "devices/{device}/allow-pairing", ["devices.change_device"]),
    ("post", "devices/{device}/replace", ["devices.change_device"]),
    ("get", "devices/{device}/links", ["devices.view_device", "media_library.view_link"]),
    ("get", "devices/{device}/manifest", ["devices.view_device", "media_library.view_video"]),
    ("get", "devices/{device}/logs", ["devices.view_device", "telemetry.view_devicelog"]),
    ("get", "pairings", ["devices.view_pairing"]),
    ("get", "pairings/{pairing}", ["devices.view_pairing"]),
    ("post", "pairings/approve", ["devices.change_pairing", "devices.add_device"]),
    ("post", "pairings/{pairing}/refuse", ["devices.change_pairing"]),
    ("get", "enrolment-keys", ["devices.view_enrolmentkey"]),
    ("post", "enrolment-keys", ["devices.add_enrolmentkey"]),
    ("get", "enrolment-keys/{key}", ["devices.view_enrolmentkey"]),
    ("post", "enrolment-keys/{key}/revoke", ["devices.change_enrolmentkey"]),
    ("get", "links", ["media_library.view_link"]),
    ("post", "links", ["media_library.add_link"]),
    ("get", "links/{link}", ["media_library.view_link"]),
    ("put", "links/{link}", ["media_library.change_link"]),
    ("patch", "links/{link}", ["media_library.change_link"]),
    ("delete", "links/{link}", ["media_library.delete_link"]),
    ("post", "links/bulk", ["media_library.add_link"]),
    ("post", "links/reorder", ["media_library.change_link"]),
    ("get", "videos", ["media_library.view_video"]),
    ("post", "videos", ["media_library.add_video"]),
    ("get", "videos/{video}", ["media_library.view_video"]),
    ("put", "videos/{video}", ["media_library.change_video"]),
    ("patch", "videos/{video}", ["media_library.change_video"]),
    ("delete", "videos/{video}", ["media_library.delete_video"]),
    ("get", "bin", ["media_library.view_video"]),
    ("get", "bin/{binned}", ["media_library.view_video"]),
    ("post", "bin/{binned}/restore", ["media_library.change_video"]),
    ("delete", "bin/{binned}", ["media_library.delete_video"]),
    ("post", "bin/empty", ["media_library.delete_video"]),
    ("get", "emergencies", ["media_library.view_emergency"]),
    ("post", "emergencies", ["media_library.manage_emergencies"]),
    ("get", "emergencies/{emergency}", ["media_library.view_emergency"]),
    ("post", "emergencies/{emergency}/end", ["media_library.manage_emergencies"]),
    ("get", "uploads", ["media_library.add_video"]),
    ("post", "uploads", ["media_library.add_video"]),
    ("get", "logs", ["telemetry.view_devicelog"]),
    ("get", "logs/export", ["telemetry.view_devicelog"]),
    ("get", "plays", ["telemetry.view_playhour"]),
    ("get", "plays/export", ["telemetry.view_playhour"]),
]
"""The method, the address below /api/v1/, and all that it needs."""

EVERYTHING = sorted({permission for _method, _address, needed in TABLE for permission in needed})
ANYONE_KNOWN = {"api-keys", "api-keys/{ref}", "api-keys/{ref}/revoke"}
OWN = {"uploads/{ref}", "uploads/{ref}/addresses", "uploads/{ref}/complete"}
"""Nobody but who began an upload sees it: media_library/tests/test_api_uploads.py."""
ELSEWHERE = {"changes", "changes/{ref}", "auth/token", "auth/token/refresh", "auth/token/blacklist"}
"""Opened by a password or a token alone: dgx/core/tests/test_api_auth.py; or by what an act changed:
dgx/core/tests/test_api_changes.py."""


@pytest.fixture
def things(db):
    device = DeviceFactory.create()
    start_pairing(mobile_id="new", details={})
    rows = {
        SHOP: ShopFactory.create(),
        GROUP: GroupFactory.create(),
        DEVICE: device,
        LINK: LinkFactory.create(device=DeviceFactory.create()),
        VIDEO: VideoFactory.create(),
        BINNED: VideoFactory.create(binned_at=timezone.now()),
        PAIRING: Pairing.objects.get(),
        EMERGENCY: Emergency.objects.create(name="Fire drill", until=timezone.now() + timedelta(hours=1)),
        KEY: make_enrolment_key(label="key")[0],
    }
    return {name: row.public_id for name, row in rows.items()}


def call(client, method, address, things):
    return getattr(client, method)(f"/api/v1/{address.format(**things)}")


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]} {row[1]}")
def test_what_is_named_suffices_and_nothing_else_does(api, user_with, things, row):
    method, address, needed = row
    assert_refused(call(api, method, address, things), 401, "not_authenticated")
    for missing in needed:
        others = [permission for permission in EVERYTHING if permission != missing]
        api.force_authenticate(user_with(*others, username=f"without {missing}"))
        assert_refused(call(api, method, address, things), 403, "permission_denied")
    user = user_with(*needed, username="with")
    if method != "get":
        assert_refused(call(key_client(user, ApiKey.Scope.READ), method, address, things), 403, "api_key_read_only")
    api.force_authenticate(user)
    assert call(api, method, address, things).status_code not in {401, 403, 404, 405, 500}


def test_the_table_names_every_address():
    named = {address for _method, address, _needed in TABLE} | ANYONE_KNOWN | OWN | ELSEWHERE
    rows = [SHOP, GROUP, DEVICE, LINK, VIDEO, BINNED, EMERGENCY, PAIRING, KEY]
    for row in rows:
        named = {address.replace(f"{{{row}}}", "{ref}") for address in named}
    assert {address for address in addresses() if not address.startswith("videos/")} <= named


def addresses():
    """Every address below /api/v1/ in the form of the table; the device protocol has an authentication of its own."""
    resolver = next(each for each in get_resolver().url_patterns if str(each.pattern) == "api/v1/")
    found = set()
    for part in getattr(resolver, "url_patterns", []):
        for each in getattr(part, "url_patterns", []):
            route = str(each.pattern).removeprefix("^").removesuffix("$").removesuffix("/?")
            found.add(route.replace("(?P<ref>[^/]+)", "{ref}"))
    return found
