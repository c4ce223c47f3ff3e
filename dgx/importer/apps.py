"""Registers the importer."""

from django.apps import AppConfig


class ImporterConfig(AppConfig):
    name = "dgx.importer"
    verbose_name = "Import"
