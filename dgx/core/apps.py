"""Registers the kernel, its system checks, and what new connections to the database are told."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class CoreConfig(AppConfig):
    name = "dgx.core"
    label = "core"
    verbose_name = "Access"

    def ready(self) -> None:
        from dgx.core import checks  # noqa: F401, PLC0415 — registers the checks, once the apps are loaded
        from dgx.core.api import schema  # noqa: F401, PLC0415 — registers our way to authenticate with OpenAPI
        from dgx.core.connections import no_trigger_is_ignored  # noqa: PLC0415

        connection_created.connect(no_trigger_is_ignored, dispatch_uid="no_trigger_is_ignored")
