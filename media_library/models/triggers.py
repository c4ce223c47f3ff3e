"""The database's own book-keeping of content versions.

A link counts for its most specific target alone: a device's tag holds the versions of the device, its group, its
shop and the chain, so one bump reaches everyone who plays the link, and an edit of a group's link writes one row. The
rows to bump are locked in the order of their ids, so that two edits at once wait for each other and never deadlock.
"""

import pgtrigger

_TARGETS = (
    ("devices_device", "device_id", "device_id IS NOT NULL"),
    ("devices_group", "group_id", "device_id IS NULL AND group_id IS NOT NULL"),
    ("locations_shop", "shop_id", "device_id IS NULL AND group_id IS NULL"),
)


def _bump(touched: str) -> str:
    """A trigger's body that bumps the targets of the links in `touched`, a query of device_id, group_id, shop_id."""
    statements = (
        f"UPDATE {table} SET content_version = content_version + 1 WHERE id IN ("  # noqa: S608 — constants above
        f"SELECT id FROM {table} WHERE id IN (SELECT {column} FROM ({touched}) touched WHERE {which}) "
        "ORDER BY id FOR NO KEY UPDATE);"
        for table, column, which in _TARGETS
    )
    return "\n".join((*statements, _bump_chain(touched), "RETURN NULL;"))


def _bump_chain(touched: str) -> str:
    """A link without any target counts for the chain, whose row is made where it is missing: no bump is ever lost."""
    return (
        "INSERT INTO locations_chain AS chain (id, content_version) SELECT 1, 1 WHERE EXISTS ("  # noqa: S608 — as above
        f"SELECT FROM ({touched}) touched WHERE device_id IS NULL AND group_id IS NULL AND shop_id IS NULL) "
        "ON CONFLICT (id) DO UPDATE SET content_version = chain.content_version + 1;"
    )


def link_triggers() -> list[pgtrigger.Trigger]:
    """Any insert, update or delete of links bumps the targets that they had and that they have now."""
    return [
        pgtrigger.Trigger(
            name="link_insert_bumps_versions",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            referencing=pgtrigger.Referencing(new="new_values"),
            func=_bump("SELECT device_id, group_id, shop_id FROM new_values"),
        ),
        pgtrigger.Trigger(
            name="link_update_bumps_versions",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Update,
            referencing=pgtrigger.Referencing(old="old_values", new="new_values"),
            func=_bump(
                "SELECT device_id, group_id, shop_id FROM old_values "
                "UNION SELECT device_id, group_id, shop_id FROM new_values"
            ),
        ),
        pgtrigger.Trigger(
            name="link_delete_bumps_versions",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Delete,
            referencing=pgtrigger.Referencing(old="old_values"),
            func=_bump("SELECT device_id, group_id, shop_id FROM old_values"),
        ),
    ]


def exception_triggers() -> list[pgtrigger.Trigger]:
    """Excepting a device from a link, or taking that back, bumps the device."""
    old, new = "SELECT device_id FROM old_values", "SELECT device_id FROM new_values"
    return [
        pgtrigger.Trigger(
            name=f"except_{name}_bumps_version",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=operation,
            referencing=referencing,
            func=(
                "UPDATE devices_device SET content_version = content_version + 1 WHERE id IN ("  # noqa: S608 — above
                f"SELECT id FROM devices_device WHERE id IN ({changed}) ORDER BY id FOR NO KEY UPDATE); RETURN NULL;"
            ),
        )
        for name, operation, referencing, changed in (
            ("insert", pgtrigger.Insert, pgtrigger.Referencing(new="new_values"), new),
            (
                "update",
                pgtrigger.Update,
                pgtrigger.Referencing(old="old_values", new="new_values"),
                f"{old} UNION {new}",
            ),
            ("delete", pgtrigger.Delete, pgtrigger.Referencing(old="old_values"), old),
        )
    ]


PLAYED_COLUMNS = (
    "name",
    "kind",
    "state",
    "file",
    "source_url",
    "mime",
    "size",
    "sha256",
    "rotation",
    "fit_mode",
    "display_duration",
    "binned_at",
)
"""Columns of a video that a manifest shows, or that decide whether it is shown."""


def video_triggers() -> list[pgtrigger.Trigger]:
    """A change of what a manifest shows of a video bumps whatever links to it."""
    old, new = (", ".join(f"{row}.{column}" for column in PLAYED_COLUMNS) for row in ("o", "n"))
    touched = (
        "SELECT l.device_id, l.group_id, l.shop_id FROM media_library_link l "  # noqa: S608 — constants
        "JOIN new_values n ON n.id = l.video_id JOIN old_values o ON o.id = n.id "
        f"WHERE ({old}) IS DISTINCT FROM ({new})"
    )
    return [
        pgtrigger.Trigger(
            name="video_update_bumps_versions",
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Update,
            referencing=pgtrigger.Referencing(old="old_values", new="new_values"),
            func=_bump(touched),
        )
    ]
