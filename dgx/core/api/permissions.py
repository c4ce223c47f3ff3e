"""Who may call /api/v1: Django's model permissions, for reading as well, and an API key's scope on top."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, DjangoModelPermissions
from rest_framework.request import Request
from rest_framework.views import APIView

from dgx.core.models import ApiKey


class ModelPermissions(DjangoModelPermissions):
    """View permission to read, add, change and delete permission to write; a read-only key never writes."""

    perms_map = {
        "GET": ["%(app_label)s.view_%(model_name)s"],
        "OPTIONS": ["%(app_label)s.view_%(model_name)s"],
        "HEAD": ["%(app_label)s.view_%(model_name)s"],
        "POST": ["%(app_label)s.add_%(model_name)s"],
        "PUT": ["%(app_label)s.change_%(model_name)s"],
        "PATCH": ["%(app_label)s.change_%(model_name)s"],
        "DELETE": ["%(app_label)s.delete_%(model_name)s"],
    }

    def has_permission(self, request: Request, view: Any) -> bool:
        return key_allows(request) and super().has_permission(request, view)

    def get_required_permissions(self, method: str, model_cls: Any) -> list[str]:
        return super().get_required_permissions(method, model_cls)


class ActionPermissions(ModelPermissions):
    """As ModelPermissions, where an extra action names its own: `@action(permission_classes=[...])` with
    `view.action_permissions = {"rotate_token": ["devices.change_device"]}`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        named: list[str] | None = getattr(view, "action_permissions", {}).get(getattr(view, "action", None))
        if named is None:
            return super().has_permission(request, view)
        user = request.user
        return bool(user and user.is_authenticated and key_allows(request) and user.has_perms(named))


def key_allows(request: Request) -> bool:
    """False when the credential is a read-only API key and the call would change something."""
    key = request.auth
    return not (isinstance(key, ApiKey) and key.scope == ApiKey.Scope.READ and request.method not in SAFE_METHODS)
