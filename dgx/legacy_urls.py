"""The old routes, composed: every layer's table, for the one old service that DGX_SERVICE names, or for all of them."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.urls import path, re_path

from devices.api.legacy import ROUTES as DEVICE_ROUTES
from dgx.core.api.legacy import Route, endpoints_of, served
from dgx.core.api.legacy_fallback import ADMIN, unknown_route
from locations.api.legacy import ROUTES as SHOP_ROUTES
from media_library.api.legacy import ROUTES as LINK_ROUTES
from media_library.api.legacy_videos import ROUTES as VIDEO_ROUTES
from telemetry.api.legacy import ROUTES as REPORT_ROUTES

Json = dict[str, Any]
TABLES = {"dvsg": "media_library.Link", "device": "devices.Device", "group": "devices.Group", "shop": "locations.Shop"}
"""The old services' tables, and where their rows are now."""


def get_db_health() -> Json:
    """GET /db_health."""
    flags = ", ".join("to_regclass(%s) IS NOT NULL" for _ in TABLES)
    tables = [apps.get_model(name)._meta.db_table for name in TABLES.values()]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT current_user, {flags}", tables)
        row = cursor.fetchone() or [None]
    exist = {f"{name}_table_exists": flag for name, flag in zip(TABLES, row[1:], strict=True)}
    return {"ok": True, "db_user": row[0], **exist}


def get_pool_stats() -> Json:
    """The pool's figures; without one, those of this thread, which has a connection of its own."""
    pool = getattr(connection, "pool", None)
    if pool is None:
        used = int(connection.connection is not None)
        return {"minconn": 0, "maxconn": 1, "used": used, "free": 1 - used}
    stats = pool.get_stats()
    free = stats.get("pool_available", 0)
    return {"minconn": pool.min_size, "maxconn": pool.max_size, "used": stats.get("pool_size", 0) - free, "free": free}


ROUTES = [
    *LINK_ROUTES,
    *DEVICE_ROUTES,
    *SHOP_ROUTES,
    *VIDEO_ROUTES,
    *REPORT_ROUTES,
    Route("GET", "db_health", get_db_health, "device group shop video combined", open=True),
    Route("GET", "pool_stats", get_pool_stats, "combined"),
]

_endpoints = endpoints_of(served(ROUTES, settings.DGX_SERVICE))

in_front_of_admin = [path(route, view) for route, view in _endpoints.items() if f"/{route}".startswith(ADMIN)]
"""Those whose address begins like the admin's; they come first, since the admin takes every address of its own."""

urlpatterns = [
    *(path(route, view) for route, view in _endpoints.items() if not f"/{route}".startswith(ADMIN)),
    re_path(r"^(?P<path>.*)$", unknown_route),
]
