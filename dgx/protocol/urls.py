"""The device protocol's addresses, below /api/v1/device/; with and without a slash at the end."""

from django.urls import re_path

from dgx.protocol import views
from dgx.protocol.http import unknown_address

app_name = "protocol"

urlpatterns = [
    re_path(r"^enrol/?$", views.enrol, name="enrol"),
    re_path(r"^claim/?$", views.claim, name="claim"),
    re_path(r"^poll/?$", views.poll, name="poll"),
    re_path(r"^manifest/?$", views.manifest, name="manifest"),
    re_path(r"^(?P<path>.*)$", unknown_address),
]
