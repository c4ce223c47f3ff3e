"""The latest changes of an object, as a panel of its page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.urls import reverse

from dgx.core.admin.base import Panel
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
