"""Layer 1: where things are."""

from django.apps import AppConfig


class LocationsConfig(AppConfig):
    name = "locations"
    verbose_name = "Locations"

    def ready(self) -> None:
        from locations import tracked  # noqa: F401, PLC0415 — puts the audit on the models, once they are loaded
