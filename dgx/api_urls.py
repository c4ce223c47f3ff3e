"""/api/v1: every app's routes, and an answer in the API's shape for all other addresses."""

from django.urls import include, path, re_path

from dgx.core.api.fallback import unknown_address

urlpatterns = [
    path("", include("dgx.core.api.urls")),
    path("", include("dgx.people.api.urls")),
    path("", include("locations.api.urls")),
    path("", include("devices.api.urls")),
    path("", include("media_library.api.urls")),
    path("", include("telemetry.api.urls")),
    re_path(r"^(?P<path>.*)$", unknown_address),
]
