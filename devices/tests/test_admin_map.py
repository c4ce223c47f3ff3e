"""The map of shops: one colour by one rule, the same shops as a list, and nobody sees a shop that is not theirs."""

from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from devices.admin.map import SHOWN, TONES, tone_of
from devices.models import Presence, SweepState
from devices.services.status import StatusCode
from devices.tests.factories import DeviceFactory
from locations.models import Shop, ShopLimit
from locations.tests.factories import ShopFactory

pytestmark = pytest.mark.django_db

MAP = "/admin/locations/shop/map/"
DATA = "/admin/locations/shop/map/shops/"
SEES = ("locations.view_shop", "devices.view_device")


def fill(shop: Shop, *, online: int = 0, offline: int = 0, never: int = 0, retired: int = 0) -> None:
    now = timezone.now()
    for is_online, n in ((True, online), (False, offline)):
        for _ in range(n):
            device = DeviceFactory.create(shop=shop)
            Presence.objects.filter(device=device).update(is_online=is_online, last_seen_at=now, since=now)
    for state, n in (("registered", never), ("retired", retired)):
        for _ in range(n):
            DeviceFactory.create(shop=shop, state=state)


@pytest.mark.parametrize(
    ("counts", "tone"),
    [
        ({}, "none"),
        ({"never": 3}, "none"),
        ({"online": 3}, "good"),
        ({"online": 3, "never": 1}, "good"),
        ({"online": 2, "late": 1}, "good"),
        ({"online": 3, "offline": 1}, "warn"),
        ({"online": 1, "offline": 1}, "bad"),
        ({"offline": 1, "never": 8}, "bad"),
        ({"online": 9, "degraded": 1}, "warn"),
        ({"online": 9, "unstable": 1}, "warn"),
        ({"online": 9, "unknown": 1}, "unknown"),
        ({"unknown": 5, "degraded": 1}, "warn"),
    ],
)
def test_the_colour_of_a_shop_follows_one_rule(counts: dict[str, int], tone: str):
    assert tone_of(counts) == tone


def test_the_data_names_each_shop_with_its_place_colour_and_counts(admin_client: Client):
    SweepState.objects.create(swept_at=timezone.now())
    bern = ShopFactory.create(name="Bern", code="B-1", latitude=46.95, longitude=7.45)
    ShopFactory.create(name="Nowhere")
    fill(bern, online=2, offline=1, never=1, retired=1)
    told = admin_client.get(DATA).json()
    counts = [{"online": 2, "offline": 1, "never": 1}.get(code, 0) for code in SHOWN]
    tones = [code for code, _ in TONES]
    assert [row[1:] for row in told["shops"]] == [
        ["Bern", "B-1", 46.95, 7.45, tones.index("warn"), "2 of 4 online", counts],
        ["Nowhere", "", None, None, tones.index("none"), "No devices", [0] * len(SHOWN)],
    ]
    assert told["age"] == "· 0 s ago"
    assert StatusCode.RETIRED not in SHOWN


def test_the_data_costs_the_same_for_any_number_of_shops(admin_client: Client, django_assert_max_num_queries: Any):
    for _ in range(20):
        fill(ShopFactory.create(), online=2)
    with django_assert_max_num_queries(6):
        assert len(admin_client.get(DATA).json()["shops"]) == 20
    with django_assert_max_num_queries(4):  # from the cache
        admin_client.get(DATA)


def test_the_page_says_where_its_data_and_tiles_are_and_loads_nothing_from_elsewhere(
    admin_client: Client, settings: Any
):
    page = admin_client.get(MAP)
    assert page.context["map"]["tiles"] == ""
    assert page.context["map"]["data"] == DATA
    text = page.content.decode()
    assert "https://" not in text.replace("https://unfoldadmin.com", "")
    settings.DGX_MAP_TILES_URL = "https://tiles.example/{z}/{x}/{y}.png"
    settings.DGX_MAP_TILES_ATTRIBUTION = "Example"
    told = admin_client.get(MAP).context["map"]
    assert (told["tiles"], told["attribution"]) == ("https://tiles.example/{z}/{x}/{y}.png", "Example")


def test_what_is_vendored_is_there_with_its_licence():
    for name in ("leaflet/leaflet.js", "markercluster/leaflet.markercluster.js", "world/land-110m.json"):
        folder = name.split("/", maxsplit=1)[0]
        assert finders.find(f"locations/vendor/{name}")
        assert finders.find(f"locations/vendor/{folder}/LICENSE")


def test_whoever_is_limited_to_a_shop_sees_that_shop(client: Client, admin_client: Client, user_with: Any):
    lyon, bern = ShopFactory.create(name="Lyon"), ShopFactory.create(name="Bern")
    fill(lyon, online=1)
    fill(bern, online=1)
    admin_client.get(DATA)
    someone = user_with(*SEES)
    ShopLimit.objects.create(user=someone).shops.set([lyon])
    client.force_login(someone)
    assert [row[1] for row in client.get(DATA).json()["shops"]] == ["Lyon"]


@pytest.mark.parametrize("permissions", [(), SEES[:1], SEES[1:]])
def test_it_takes_the_rights_to_see_shops_and_devices(client: Client, user_with: Any, permissions: tuple[str, ...]):
    client.force_login(user_with(*permissions))
    assert [client.get(address).status_code for address in (MAP, DATA)] == [403, 403]
    entries = [item for group in client.get("/admin/").context["sidebar_navigation"] for item in group["items"]]
    assert [item["has_permission"] for item in entries if item["title"] == "Map"] == [False]


def test_a_visitor_is_asked_to_log_in(client: Client):
    cache.clear()
    assert [client.get(address).status_code for address in (MAP, DATA)] == [302, 302]


def test_it_is_only_read(admin_client: Client):
    assert [admin_client.post(address).status_code for address in (MAP, DATA)] == [405, 405]
