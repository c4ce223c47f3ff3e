"""Who may come in: users, roles and the API keys of programs."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from dgx.core.admin.base import RECORD_FIELDS, BoundedSelection, PageAdmin, record
from dgx.core.admin.steps import Revocable, SecretOnce
from dgx.core.admin.words import NOTHING, ago, badge
from dgx.core.models import ApiKey

for registered in (User, Group, OutstandingToken, BlacklistedToken):
    # the last two stay without a page: one would show refresh tokens in clear
    admin.site.unregister(registered)


RIGHTS = ("is_superuser", "groups", "user_permissions")
"""What a person may do. Only superusers hand it out: whoever may edit people would else give themselves all of it."""


def for_superusers(request: HttpRequest, *fields: str) -> tuple[str, ...]:
    """The fields, as read only for everybody else."""
    return () if request.user.is_superuser else fields


def is_above(request: HttpRequest, person: User | None) -> bool:
    """A superuser, for somebody who is none: neither changed (nor given a new password) nor deleted."""
    return person is not None and person.is_superuser and not request.user.is_superuser


@admin.register(User)
class PersonAdmin(BoundedSelection, UserAdmin, ModelAdmin):
    """People who log in."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "email", "first_name", "last_name", "is_active", "is_staff", "last_login"]
    show_full_result_count = False
    compressed_fields = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *for_superusers(request, *RIGHTS)]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not is_above(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not is_above(request, obj)


@admin.register(Group)
class RoleAdmin(BoundedSelection, GroupAdmin, ModelAdmin):
    """Roles: permissions under a name, for many people."""

    show_full_result_count = False
    compressed_fields = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *for_superusers(request, "permissions")]


@admin.register(ApiKey)
class ApiKeyAdmin(SecretOnce, Revocable, PageAdmin):
    """Programs' keys. The key itself is shown once, after “Save”."""

    list_display = ["name", "key", "user", "scope", "standing", "last_used", "expires_at"]
    list_select_related = ["user"]
    list_filter = [("scope", ChoicesDropdownFilter), ("user", AutocompleteSelectFilter)]
    search_fields = ["name", "prefix", "user__username"]
    autocomplete_fields = ["user"]
    readonly_fields = ["key", "standing", "last_used_at", "revoked_at", *RECORD_FIELDS]
    fieldsets = [
        (None, {"fields": ["name", "user", "scope", "expires_at"]}),
        ("Use", {"fields": ["key", "standing", "last_used_at", "revoked_at"]}),
        record(),
    ]
    add_fieldsets = [(None, {"fields": ["name", "user", "scope", "expires_at"]})]
    actions = ["revoke"]
    shown_title = "Copy the API key now"
    revoke_text = "Programs that use these keys are refused from then on. It cannot be undone."

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A key stays its user's, with what it was made for: what changes hands is a new key."""
        fixed = [] if obj is None else ["user", "scope"]
        return [*super().get_readonly_fields(request, obj), *fixed]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A key has its user's rights, so whoever has not all rights makes keys for themselves alone."""
        if db_field.name == "user" and not request.user.is_superuser:
            kwargs["queryset"] = User.objects.filter(username=request.user.get_username())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def issue(self, request: HttpRequest, values: dict[str, Any]) -> tuple[ApiKey, str]:
        return ApiKey.issue(**values)

    @admin.display(description="key", ordering="prefix")
    def key(self, obj: ApiKey) -> str:
        return f"{obj.prefix}…"

    @admin.display(description="standing")
    def standing(self, obj: ApiKey) -> SafeString:
        if obj.revoked_at:
            return badge("bad", "Revoked")
        if obj.expires_at and obj.expires_at <= timezone.now():
            return badge("calm", "Expired")
        return badge("good", "In use")

    @admin.display(description="last used", ordering="last_used_at")
    def last_used(self, obj: ApiKey) -> str:
        return ago(obj.last_used_at, timezone.now()) if obj.last_used_at else NOTHING
