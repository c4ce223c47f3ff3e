"""The pages of people, of their roles, and of the shops that a person is limited to."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, StackedInline
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from dgx.core.admin import access  # noqa: F401 — takes Django's own pages of people and roles away
from dgx.core.admin.base import BoundedSelection
from dgx.core.admin.scoped import ForTheUnlimited, ScopedChoices
from dgx.core.admin.words import NOTHING, badge
from dgx.core.scope import is_limited
from dgx.people.person_page import AccessPage
from dgx.roles.rights import is_above, limit_like, people_within, roles_to_give
from locations.models import ShopLimit

SUPERUSERS_ALONE = ("is_superuser", "user_permissions")
"""What only superusers hand out; a role is given by whoever has all that is in it."""


def is_themselves(request: HttpRequest, person: User | None) -> bool:
    """Nobody gives themselves rights, nor takes their own limit away. A superuser without a limit has it all."""
    if person is None or person.pk != request.user.pk:
        return False
    return not request.user.is_superuser or is_limited(request.user)


class ShopLimitInline(ScopedChoices, StackedInline):
    """The shops that a person is limited to."""

    model = ShopLimit
    extra = 0
    autocomplete_fields = ["shops"]
    verbose_name = verbose_name_plural = "limit to shops"

    def has_add_permission(self, request: HttpRequest, obj: Any) -> bool:
        return super().has_add_permission(request, obj) and not is_themselves(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not is_themselves(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Without the row a person sees everything: nobody gives that who has it not."""
        lifts = is_limited(request.user) or is_themselves(request, obj)
        return super().has_delete_permission(request, obj) and not lifts


@admin.register(User)
class PersonAdmin(AccessPage, BoundedSelection, UserAdmin, ModelAdmin):
    """People who log in, what they may do, and which shops they see."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["username", "email", "first_name", "last_name", "roles", "sees", "is_active", "last_login"]
    list_filter = [("groups", RelatedDropdownFilter), "is_active", "is_superuser"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("The person", {"fields": [("first_name", "last_name"), "email"]}),
        ("What they may do", {"fields": [("is_active", "is_staff"), "groups"]}),
        ("Beyond roles", {"classes": ["collapse"], "fields": ["is_superuser", "user_permissions"]}),
        ("Record", {"classes": ["collapse"], "fields": [("last_login", "date_joined")]}),
    ]
    inlines = [ShopLimitInline]
    actions_detail = ["access"]
    show_full_result_count = False
    compressed_fields = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people = people_within(super().get_queryset(request), actor=request.user).prefetch_related("groups")
        limits = ShopLimit.objects.filter(user=OuterRef("pk"))
        is_within = ExpressionWrapper(Q(Exists(limits)), output_field=BooleanField())
        return people.annotate(is_within_shops=is_within)

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        return [] if obj is None else [*super().get_inlines(request, obj)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = [] if request.user.is_superuser else [*SUPERUSERS_ALONE]
        if is_themselves(request, obj):
            fixed = [*SUPERUSERS_ALONE, "groups"]
        return [*super().get_readonly_fields(request, obj), *fixed]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["queryset"] = roles_to_give(request.user)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not self._is_above(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not self._is_above(request, obj)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            limit_like(request.user, obj)

    @admin.display(description="roles")
    def roles(self, obj: User) -> str:
        named = ["superuser"] if obj.is_superuser else []
        return ", ".join([*named, *(role.name for role in obj.groups.all())]) or NOTHING

    @admin.display(description="sees")
    def sees(self, obj: Any) -> SafeString | str:
        return badge("info", "Some shops") if obj.is_within_shops else "Everything"

    @staticmethod
    def _is_above(request: HttpRequest, person: User | None) -> bool:
        """Asked once a request for each person."""
        if person is None or person.pk is None:
            return False
        known: dict[int, bool] = request.__dict__.setdefault("_is_above", {})
        if person.pk not in known:
            known[person.pk] = is_above(person, actor=request.user)
        return known[person.pk]


@admin.register(Group)
class RoleAdmin(ForTheUnlimited, BoundedSelection, GroupAdmin, ModelAdmin):
    """Roles: permissions under a name, for many people."""

    show_full_result_count = False
    compressed_fields = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = [] if request.user.is_superuser else ["permissions"]
        return [*super().get_readonly_fields(request, obj), *fixed]
