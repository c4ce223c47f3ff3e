"""Layer 3: what is shown."""

from django.apps import AppConfig


class MediaLibraryConfig(AppConfig):
    name = "media_library"
    verbose_name = "Media"

    def ready(self) -> None:
        from media_library.models import tracked  # noqa: F401, PLC0415 — puts the audit on the models, once they are loaded
        from media_library.services import handover  # noqa: PLC0415 — likewise

        handover.register()
