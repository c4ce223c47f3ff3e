"""Registers the kernel and its system checks."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "dgx.core"
    label = "core"
    verbose_name = "Access"

    def ready(self) -> None:
        from dgx.core import checks  # noqa: F401, PLC0415 — registers the checks, once the apps are loaded
        from dgx.core.api import schema  # noqa: F401, PLC0415 — registers our way to authenticate with OpenAPI
