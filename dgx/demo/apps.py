from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Commands only; it has no models."""

    name = "dgx.demo"
    label = "demo"
