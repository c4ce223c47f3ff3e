"""The protocol alone, at its address: its tests need none of the other surfaces."""

from django.urls import include, path

urlpatterns = [path("api/v1/device/", include("dgx.protocol.urls"))]
