"""Database triggers that several apps' models share."""

import pgtrigger


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
