"""Registers the people's app, and its site as the admin's."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class PeopleConfig(AppConfig):
    """Composes: it knows the admin and the API, and no app imports it."""

    name = "dgx.people"
    label = "people"
    verbose_name = "Access"

    def ready(self) -> None:
        from dgx.people.api import schema  # noqa: F401, PLC0415 — registers our way to authenticate with OpenAPI


class SiteConfig(AdminConfig):
    """Django's admin, with a door that asks for the second factor."""

    default_site = "dgx.people.site.Site"
