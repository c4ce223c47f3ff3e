"""Who may call /api/v1: Django's model permissions, for reading as well, and an API key's scope on top."""

from typing import TYPE_CHECKING, Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission, DjangoModelPermissions
from rest_framework.request import Request

from dgx.core.models import ApiKey

if TYPE_CHECKING:
    from rest_framework.views import (
        APIView,  # at run time it would be a circle: its module reads the settings that name this one
    )


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
        refuse_reading_keys(request)
        return super().has_permission(request, view)


class ActionPermissions(ModelPermissions):
    """As ModelPermissions, where a view names what an action needs, as in
    `action_permissions = {"rotate_token": ["devices.change_device"]}`; a view without actions goes by its methods
    (`{"get": [...]}`)."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        named: list[str] | None = getattr(view, "action_permissions", {}).get(action_of(request, view))
        if named is None:
            return super().has_permission(request, view)
        refuse_reading_keys(request)
        user = request.user
        return bool(user and user.is_authenticated and user.has_perms(named))


class OwnKeysPermission(BasePermission):
    """Anybody who is known, for what is their own; only a person, never a key, makes or takes back keys: a leaked key
    must not outlive its revocation."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if isinstance(request.auth, ApiKey) and request.method not in SAFE_METHODS:
            raise PermissionDenied("An API key cannot make or revoke API keys.", code="api_key_not_allowed")
        return bool(request.user and request.user.is_authenticated)


def action_of(request: Request, view: "APIView") -> str:
    """The viewset's action, or the method of a view that has none."""
    return getattr(view, "action", None) or str(request.method).lower()


def refuse_reading_keys(request: Request) -> None:
    """Raises PermissionDenied when the credential is a read-only API key and the call would change something."""
    if not key_allows(request):
        raise PermissionDenied("This API key may only read.", code="api_key_read_only")


def key_allows(request: Request) -> bool:
    """False when the credential is a read-only API key and the call would change something."""
    key = request.auth
    return not (isinstance(key, ApiKey) and key.scope == ApiKey.Scope.READ and request.method not in SAFE_METHODS)
