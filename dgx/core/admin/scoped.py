"""Admin pages within a person's limit: what they list, offer, filter by, change and delete is what `dgx.core.scope`
leaves of it. Without a limit nothing here costs a query."""

import functools
from collections.abc import Callable
from typing import Any

from django.db import models
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, AutocompleteSelectMultipleFilter
from unfold.contrib.filters.forms import AutocompleteDropdownForm

from dgx.core.scope import changeable, is_for_limited, is_limited, may_add, may_change, visible

CHANGING = {"add", "change", "delete"}


class ScopedChoices:
    """A mixin of pages and inlines: form fields offer what the person sees. `placed_by` names the fields that a
    limited person has to fill, since without them the row would be outside of their shops."""

    placed_by: tuple[str, ...] = ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **_narrow(db_field, request, kwargs))  # type: ignore[misc]  # a mixin
        if field is not None and db_field.name in self.placed_by and is_limited(request.user):
            field.required = True
        return field

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(db_field, request, **_narrow(db_field, request, kwargs))  # type: ignore[misc]  # a mixin


def _narrow(db_field: Any, request: HttpRequest, kwargs: dict[str, Any]) -> dict[str, Any]:
    offered = kwargs.get("queryset")
    if offered is None and is_limited(request.user):
        offered = visible(db_field.remote_field.model._default_manager.all(), request.user)
    return kwargs if offered is None else {**kwargs, "queryset": offered}


class ScopedPage(ScopedChoices):
    """A mixin of model pages."""

    model: Any

    def get_queryset(self, request: HttpRequest) -> Any:
        return visible(super().get_queryset(request), request.user)  # type: ignore[misc]  # a mixin

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [_scoped_filter(spec) for spec in super().get_list_filter(request)]  # type: ignore[misc]  # a mixin

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """A limited person's actions that change rows are given those that they may change."""
        actions: dict[str, Any] = super().get_actions(request)  # type: ignore[misc]  # a mixin
        if is_limited(request.user):
            actions = {key: (_within_limit(action), name, said) for key, (action, name, said) in actions.items()}
        return actions

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_theirs(request) and super().has_view_permission(request, obj)  # type: ignore[misc]  # a mixin

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_add(self.model, request.user) and super().has_add_permission(request)  # type: ignore[misc]  # a mixin

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_change(request, obj)  # type: ignore[misc]  # a mixin

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_change(request, obj)  # type: ignore[misc]  # a mixin

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._is_theirs(request) and super().has_module_permission(request)  # type: ignore[misc]  # a mixin

    def _is_theirs(self, request: HttpRequest) -> bool:
        return is_for_limited(self.model) or not is_limited(request.user)

    def _may_change(self, request: HttpRequest, obj: Any) -> bool:
        if obj is None or not is_limited(request.user):
            return self._is_theirs(request)
        page: Any = self
        row = obj if isinstance(obj, models.Model) else page.get_object(request, obj)  # the theme's buttons give keys
        return self._is_theirs(request) and row is not None and may_change_in(request, row)


class ScopedInline(ScopedChoices):
    """A mixin of inlines: the rows that the person sees, to be changed where their parent may be."""

    def get_queryset(self, request: HttpRequest) -> Any:
        return visible(super().get_queryset(request), request.user)  # type: ignore[misc]  # a mixin

    def has_add_permission(self, request: HttpRequest, obj: Any) -> bool:
        return super().has_add_permission(request, obj) and may_change_in(request, obj)  # type: ignore[misc]  # a mixin

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and may_change_in(request, obj)  # type: ignore[misc]  # a mixin

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and may_change_in(request, obj)  # type: ignore[misc]  # a mixin


class ForTheUnlimited:
    """A mixin of pages about the system as a whole: they are not for persons who are limited to some shops."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not is_limited(request.user) and super().has_view_permission(request, obj)  # type: ignore[misc]  # a mixin

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return not is_limited(request.user) and super().has_add_permission(request, *args)  # type: ignore[misc]  # a mixin

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not is_limited(request.user) and super().has_change_permission(request, obj)  # type: ignore[misc]  # a mixin

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not is_limited(request.user) and super().has_delete_permission(request, obj)  # type: ignore[misc]  # a mixin

    def has_module_permission(self, request: HttpRequest) -> bool:
        return not is_limited(request.user) and super().has_module_permission(request)  # type: ignore[misc]  # a mixin


class ScopedAutocompleteForm(AutocompleteDropdownForm):
    """A filter's field; what is selected is named only to whoever may see it."""

    def __init__(self, request: HttpRequest, name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, name, *args, **kwargs)
        field: Any = self.fields[name]
        field.queryset = visible(field.queryset.all(), request.user)


class ScopedFilter(AutocompleteSelectFilter):
    """One of what the person sees."""

    form_class = ScopedAutocompleteForm


class ScopedMultipleFilter(AutocompleteSelectMultipleFilter):
    """Some of what the person sees."""

    form_class = ScopedAutocompleteForm


_SCOPED = {AutocompleteSelectFilter: ScopedFilter, AutocompleteSelectMultipleFilter: ScopedMultipleFilter}


def _scoped_filter(spec: Any) -> Any:
    if isinstance(spec, tuple) and spec[1] in _SCOPED:
        return spec[0], _SCOPED[spec[1]]
    return spec


def may_change_in(request: HttpRequest, obj: models.Model | None) -> bool:
    """`may_change`, asked once a request for each row: a page asks it for every part of itself."""
    if obj is None or obj.pk is None or not is_limited(request.user):
        return True
    known: dict[Any, bool] = request.__dict__.setdefault("_may_change", {})
    key = (type(obj), obj.pk)
    if key not in known:
        known[key] = may_change(obj, request.user)
    return known[key]


def _within_limit(action: Callable[..., Any]) -> Callable[..., Any]:
    """The action on those of the selected that the person may change. One that says what it `needs` looks itself."""
    if hasattr(action, "needs") or not CHANGING & set(getattr(action, "allowed_permissions", ())):
        return action

    @functools.wraps(action)
    def run(page: Any, request: HttpRequest, queryset: Any) -> Any:
        return action(page, request, changeable(queryset, request.user))

    return run
