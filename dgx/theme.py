"""The admin's look and its sidebar: settings of the theme, django-unfold."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy


def _entry(title: str, icon: str, model: str) -> dict[str, object]:
    """A line of the admin's side bar: the list of a model, for those who may see it."""
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": lambda request: may_see(request, app, name),
    }


def in_shops(request: Any) -> bool:
    """On a page of shops; the map has an entry of its own."""
    shops = str(reverse_lazy("admin:locations_shop_changelist"))
    path = str(request.path)
    return path.startswith(shops) and path != str(reverse_lazy("admin:locations_shop_map"))


def may_see(request: Any, app: str, name: str) -> bool:
    """As the page itself says: a permission is not enough for a person who is limited to some shops."""
    from django.apps import apps  # noqa: PLC0415 — the settings import this module, before there are apps
    from django.contrib import admin  # noqa: PLC0415 — likewise

    return admin.site.get_model_admin(apps.get_model(app, name)).has_view_permission(request)


UNFOLD = {
    "SITE_TITLE": "DGX",
    "SITE_HEADER": "DGX",
    "SITE_SUBHEADER": "Your shops' screens",
    "SITE_SYMBOL": "storefront",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("dgx/favicon.svg")},
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "dgx.dashboard.page.overview",
    "ACCOUNT": {
        "navigation": [
            {"title": "Your account", "link": reverse_lazy("admin:account")},
            {"title": "Change password", "link": reverse_lazy("admin:password_change")},
        ]
    },
    "STYLES": [lambda _request: static("dgx/admin.css")],
    "SCRIPTS": [lambda _request: static("dgx/labels.js")],
    "COLORS": {
        "primary": {
            "50": "oklch(98.4% .014 180.72)",
            "100": "oklch(95.3% .051 180.8)",
            "200": "oklch(91% .096 180.43)",
            "300": "oklch(85.5% .138 181.07)",
            "400": "oklch(77.7% .152 181.91)",
            "500": "oklch(62% .115 183)",
            "600": "oklch(54% .1 184)",
            "700": "oklch(47% .087 186.39)",
            "800": "oklch(40% .072 188.22)",
            "900": "oklch(34% .058 188.42)",
            "950": "oklch(25% .046 192.52)",
        },
    },
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": [
            {
                "title": "Fleet",
                "items": [
                    {"title": "Home", "icon": "home", "link": reverse_lazy("admin:index")},
                    _entry("Devices", "tv", "devices.device"),
                    _entry("Groups", "grid_view", "devices.group"),
                    _entry("Shops", "storefront", "locations.shop") | {"active": in_shops},
                    {
                        "title": "Map",
                        "icon": "map",
                        "link": reverse_lazy("admin:locations_shop_map"),
                        "permission": lambda request: request.user.has_perms(
                            ["locations.view_shop", "devices.view_device"]
                        ),
                    },
                    _entry("Pairing", "qr_code_2", "devices.pairing"),
                    _entry("Enrolment keys", "key", "devices.enrolmentkey"),
                    _entry("Device tokens", "fingerprint", "devices.devicetoken"),
                ],
            },
            {
                "title": "Content",
                "items": [
                    _entry("Media", "movie", "media_library.video"),
                    _entry("Links", "playlist_play", "media_library.link"),
                    _entry("Whole chain", "hub", "locations.chain"),
                    _entry("Emergencies", "emergency_home", "media_library.emergency"),
                ],
            },
            {
                "title": "Reports",
                "items": [
                    _entry("Device logs", "list_alt", "telemetry.devicelog"),
                    _entry("Logs by the hour", "bar_chart", "telemetry.deviceloghour"),
                    _entry("Proof of play", "fact_check", "telemetry.playhour"),
                    _entry("Online and offline", "swap_vert", "devices.presenceflip"),
                    _entry("Fleet events", "campaign", "devices.fleetevent"),
                ],
            },
            {
                "title": "Administration",
                "items": [
                    _entry("Users", "person", "auth.user"),
                    _entry("Roles", "group", "auth.group"),
                    _entry("API keys", "vpn_key", "core.apikey"),
                    _entry("Audit", "history", "core.change"),
                    _entry("Periodic tasks", "schedule", "django_celery_beat.periodictask"),
                    _entry("Intervals", "timer", "django_celery_beat.intervalschedule"),
                    _entry("Crontabs", "calendar_month", "django_celery_beat.crontabschedule"),
                ],
            },
        ],
    },
}
