"""The app of backups and of the doctor."""

from django.apps import AppConfig


class CareConfig(AppConfig):
    """Composes: it looks into every store, and no app imports it."""

    name = "dgx.care"
    label = "care"
