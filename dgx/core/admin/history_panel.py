"""The latest changes of an object, as a panel of its page or, where that has tabs, as a page of its own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.urls import reverse

from dgx.core.admin.base import Panel
from dgx.core.admin.tabs import SubPage
from dgx.core.audit_models import ChangedRow
from dgx.core.audit_words import in_words

ROWS_IN_PANEL = 10


def _latest(obj: models.Model, now: datetime, user: Any) -> Mapping[str, Any]:
    rows = list(ChangedRow.objects.of(obj)[:ROWS_IN_PANEL])
    opts = obj._meta
    address = reverse(f"admin:{opts.app_label}_{opts.model_name}_history", args=[obj.pk])
    return {"shown": in_words(rows, user), "all": address}


def changes_panel(model: type[models.Model], **where: Any) -> Panel:
    """The object's latest changes, for `extend`; `where` says where the panel stands."""
    permission = f"{model._meta.app_label}.view_{model._meta.model_name}"
    return Panel("dgx/panel_changes.html", _latest, permission, **{"below": True, **where})


def changes_page(model: type[models.Model]) -> SubPage:
    """The same as a page behind a tab, for pages that have tabs: what nobody looks at costs nothing."""
    permission = f"{model._meta.app_label}.view_{model._meta.model_name}"
    return SubPage("changes", "Changes", "dgx/changes_page.html", _of_page, permission)


def _of_page(obj: models.Model, now: datetime, request: HttpRequest) -> Mapping[str, Any]:
    return _latest(obj, now, request.user)
