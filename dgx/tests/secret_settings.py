"""The settings of production for a checkout in which nobody has run `collectstatic`."""

from dgx.settings import *  # noqa: F403 — Django's way to a variant of settings
from dgx.settings import STORAGES

STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
