"""The API keys of programs. People and roles, whose pages know of limits to shops, are in dgx/roles."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from dgx.core.admin.base import RECORD_FIELDS, PageAdmin, record
from dgx.core.admin.steps import Revocable, SecretOnce
from dgx.core.admin.words import NOTHING, ago, badge
from dgx.core.models import ApiKey
from dgx.core.scope import is_limited

for registered in (User, Group, OutstandingToken, BlacklistedToken):
    # the last two stay without a page: one would show refresh tokens in clear
    admin.site.unregister(registered)


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
        if db_field.name == "user" and (is_limited(request.user) or not request.user.is_superuser):
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
