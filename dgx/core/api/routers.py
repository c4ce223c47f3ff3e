"""Addresses that work with and without a slash at the end, so that no client loses a body to a redirect."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponseBase
from django.urls import URLPattern, re_path
from rest_framework.routers import SimpleRouter

REF = r"(?P<ref>[^/]+)"
"""A resource in an address: its UUID; for a device also `mobile_id:<value>`."""


class EitherSlashRouter(SimpleRouter):
    """DRF's router without a browsable root."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


def either_slash(route: str, view: Callable[..., HttpResponseBase], name: str, **kwargs: Any) -> URLPattern:
    """One address outside a router; `route` is a regular expression without anchors, as in `f"devices/{REF}/logs"`."""
    return re_path(rf"^{route}/?$", view, kwargs, name=name)
