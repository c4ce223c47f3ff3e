"""What would go with a row and what forbids it to go, without loading a device's million logs to say so."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.sites import AdminSite
from django.contrib.admin.utils import quote
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from dgx.core.scope import is_limited, visible

Deletion = tuple[list[Any], dict[str, Any], set[str], list[Any]]
"""As Django's `get_deleted_objects` has it: what goes, how many of each model, permissions that lack, what protects."""

SHOWN = 50
COUNTED = 10_000


def what_goes(objs: list[models.Model], request: HttpRequest, site: AdminSite) -> Deletion:
    """What deleting these would mean. What is in use (PROTECT) is listed use by use; what goes along is counted."""
    if not objs:
        return [], {}, set(), []
    model = type(objs[0])
    protected: list[Any] = []
    counts: dict[str, Any] = {str(model._meta.verbose_name_plural): len(objs)}
    lacking: set[str] = set()
    for relation, rows in _dependants(model, objs):
        if relation.on_delete is models.PROTECT:
            protected += _protecting(rows, request, site)
        elif found := rows.order_by()[:COUNTED].count():
            name = str(rows.model._meta.verbose_name_plural)
            counts[name] = f"{COUNTED} or more" if found >= COUNTED else found
            if not _may_delete(rows.model, request, site):
                lacking.add(str(rows.model._meta.verbose_name))
    return [linked(obj, site) for obj in objs[:SHOWN]], counts, lacking, protected


def _protecting(rows: models.QuerySet[Any], request: HttpRequest, site: AdminSite) -> list[Any]:
    """What keeps it from deletion; what the person may not see is said to be there, and not what it is."""
    seen = visible(rows, request.user)
    named: list[Any] = [linked(row, site) for row in seen[:SHOWN]]
    if is_limited(request.user) and (hidden := rows.exclude(pk__in=seen.values("pk")).count()):
        named.append(f"{hidden} {rows.model._meta.verbose_name_plural} beyond your shops")
    return named


def linked(obj: models.Model, site: AdminSite) -> SafeString | str:
    """The row in words, as a link to its page where it has one."""
    kind = capfirst(str(obj._meta.verbose_name))
    if not site.is_registered(type(obj)):
        return f"{kind}: {obj}"
    address = reverse(f"{site.name}:{obj._meta.app_label}_{obj._meta.model_name}_change", args=(quote(obj.pk),))
    return format_html('{}: <a class="dgx-link" href="{}">{}</a>', kind, address, obj)


def _dependants(model: type[models.Model], objs: list[models.Model]) -> Iterator[tuple[Any, models.QuerySet[Any]]]:
    """The relations that point here and act on deletion, each with its rows."""
    for relation in model._meta.related_objects:
        if relation.on_delete in {models.PROTECT, models.CASCADE}:
            source: Any = relation.related_model
            rows = source._base_manager.filter(**{f"{relation.field.name}__in": objs})
            wide = [f.name for f in source._meta.fields if isinstance(f, models.ForeignKey) and f.name != "created_by"]
            yield relation, rows.select_related(*wide)


def _may_delete(model: type[models.Model], request: HttpRequest, site: AdminSite) -> bool:
    """History that nobody edits goes with its owner; what can be deleted on its own asks for that permission."""
    page: Any = site._registry.get(model)
    if page is None or getattr(page, "goes_with_owner", False):
        return True
    return bool(page.has_delete_permission(request))
