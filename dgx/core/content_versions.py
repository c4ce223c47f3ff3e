"""How a model counts what it plays (`content_version`): the two fields, and the triggers that keep them true."""

from datetime import datetime

import pgtrigger
from django.db import models


def version_of(what: str) -> "models.BigIntegerField[int, int]":
    """The count itself; `what` ends the sentence that explains it, such as “this shop plays”."""
    return models.BigIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text=f"Counted up by the database whenever what {what} could change.",
    )


def version_changed_at(*, also: str = "") -> "models.DateTimeField[datetime | None, datetime | None]":
    """When it was last counted up, or what `also` says."""
    return models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=f"When that was last counted up{also and f', {also}'}; written by the database.",
    )


def version_never_falls(prefix: str) -> pgtrigger.Trigger:
    """Keeps `content_version` from going back: a row that is saved whole, as it was loaded before somebody else's edit,
    would otherwise undo that edit's bump, and a device would never hear of it."""
    return pgtrigger.Trigger(
        name=f"{prefix}_version_never_falls",
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf("content_version"),
        condition=pgtrigger.Condition("NEW.content_version < OLD.content_version"),
        func="NEW.content_version := OLD.content_version; RETURN NEW;",
    )


def version_says_when(prefix: str, *, also: str = "") -> pgtrigger.Trigger:
    """Writes into `content_changed_at` when the version was counted up, or when `also` (SQL on OLD and NEW) held: since
    then whoever plays the row's content has something to fetch. Nobody else writes it: a row that is saved whole would
    carry an old time back. Its name sorts behind those that count up, as the database runs triggers by name."""
    changed = f"NEW.content_version > OLD.content_version{also and f' OR {also}'}"
    return pgtrigger.Trigger(
        name=f"{prefix}_version_says_when",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Condition(f"{changed} OR NEW.content_changed_at IS DISTINCT FROM OLD.content_changed_at"),
        func=(
            f"NEW.content_changed_at := CASE WHEN {changed} THEN statement_timestamp() ELSE OLD.content_changed_at END;"
            " RETURN NEW;"
        ),
    )
