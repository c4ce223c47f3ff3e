"""The app of the admin's home page: it has no models, and a task that keeps the page's figures fresh."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """Composes: it reads of every app, and no app imports it."""

    name = "dgx.dashboard"
    label = "dashboard"
