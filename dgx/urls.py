"""All addresses, composed: the admin, /api/v1, the device protocol, probes, docs, and the old routes at the root."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from dgx import legacy_docs
from dgx.api_docs import RedocPage, SwaggerPage, openapi, without_eval
from dgx.core.api.routers import either_slash
from dgx.health import health, ready
from dgx.legacy_urls import in_front_of_admin
from dgx.search import search

handler400 = "dgx.core.api.fallback.bad_request"
handler403 = "dgx.core.api.fallback.permission_denied"
handler404 = "dgx.core.api.fallback.page_not_found"
handler500 = "dgx.core.api.fallback.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    *in_front_of_admin,
    path("admin/search/", admin.site.admin_view(search)),
    path("admin/", admin.site.urls),
    either_slash("health", health, "health"),
    either_slash("ready", ready, "ready"),
    either_slash(r"openapi\.json", openapi, "openapi"),
    either_slash(r"openapi-old\.json", legacy_docs.openapi, "openapi-old"),
    either_slash("docs", without_eval(SwaggerPage.as_view()), "docs"),
    either_slash("redoc", without_eval(RedocPage.as_view()), "redoc"),
    path("player", RedirectView.as_view(pattern_name="player:page", query_string=True)),
    path("player/", include("media_library.api.player")),
    path("api/v1/device/", include("dgx.protocol.urls")),
    path("api/v1/", include("dgx.api_urls")),
    path("", include("dgx.legacy_urls")),
]
