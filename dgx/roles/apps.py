from django.apps import AppConfig


class RolesConfig(AppConfig):
    """Migrations that make the roles, and admin pages; it has no models of its own."""

    name = "dgx.roles"
    label = "roles"
