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
