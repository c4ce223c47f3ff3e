"""The triggers that keep what was changed: one row for each changed row, from what to what, by whichever path it came.

They fire once a statement, so that a bulk change of 100,000 rows is one more statement. What is not named as tracked,
such as secrets, presence and content versions, is never written.
"""

from collections.abc import Sequence
from typing import Any

import pgtrigger
from django.apps import apps
from django.db import models

_OPERATIONS: dict[str, tuple[pgtrigger.Operation, pgtrigger.Referencing]] = {
    "insert": (pgtrigger.Insert, pgtrigger.Referencing(new="new_values")),
    "update": (pgtrigger.Update, pgtrigger.Referencing(old="old_values", new="new_values")),
    "delete": (pgtrigger.Delete, pgtrigger.Referencing(old="old_values")),
}
ALL = ("insert", "update", "delete")


class Tracking(pgtrigger.Trigger):
    """Writes the changed rows of a statement into core_changedrow."""

    when = pgtrigger.After
    level = pgtrigger.Statement

    def __init__(self, verb: str, *, kind: str, object_id: str, label: str) -> None:
        self.verb, self.kind, self.object_id, self.label = verb, kind, object_id, label
        operation, referencing = _OPERATIONS[verb]
        super().__init__(name=f"track_{verb}", operation=operation, referencing=referencing)

    def get_func(self, model: Any) -> str:
        return _insert(
            kind=self.kind or model._meta.label_lower,
            object_id=self.object_id.format(row=self.row),
            action={"insert": "added", "update": "changed", "delete": "deleted"}[self.verb],
            label=self.label.format(row=self.row),
            fields=self.fields(model),
            source=self.source(model),
        )

    @property
    def row(self) -> str:
        """The alias of the row that names the object: as it is after the change, if it is then."""
        return "o" if self.verb == "delete" else "n"

    def fields(self, model: Any) -> str:
        """SQL of the JSON that says what was changed."""
        raise NotImplementedError

    def source(self, model: Any) -> str:
        """SQL of the rows that were changed, from FROM on."""
        return {"insert": "new_values n", "delete": "old_values o", "update": _PAIRS}[self.verb]


_PAIRS = "old_values o FULL JOIN new_values n ON n.id = o.id"
"""FULL, since PostgreSQL never runs that one as a nested loop: the plan is kept from the session's first change, which
had one row, and would compare each with each once 100,000 rows change."""


class TrackedColumns(Tracking):
    """Of these fields: added or deleted as {field: value}, changed as {field: [from, to]}. Of a hidden one it is only
    said that it changed."""

    def __init__(self, verb: str, names: Sequence[str], *, hidden: Sequence[str] = (), **kwargs: Any) -> None:
        self.names, self.hidden = names, hidden
        super().__init__(verb, **kwargs)

    def columns(self, model: Any, names: Sequence[str]) -> list[tuple[str, str]]:
        """The fields' names and their columns."""
        return [(name, model._meta.get_field(name).column) for name in names]

    def fields(self, model: Any) -> str:
        if self.verb != "update":
            pairs = (f"'{name}', {self.row}.\"{column}\"" for name, column in self.columns(model, self.names))
            return f"jsonb_strip_nulls(jsonb_build_object({', '.join(pairs)}))"
        shown = [(name, c, f'o."{c}", n."{c}"') for name, c in self.columns(model, self.names)]
        unsaid = [(name, c, "NULL, NULL") for name, c in self.columns(model, self.hidden)]
        return " || ".join(
            f'CASE WHEN o."{column}" IS DISTINCT FROM n."{column}" '
            f"THEN jsonb_build_object('{name}', jsonb_build_array({values})) ELSE '{{}}'::jsonb END"
            for name, column, values in (*shown, *unsaid)
        )

    def source(self, model: Any) -> str:
        if self.verb != "update":
            return super().source(model)
        columns = [column for _name, column in self.columns(model, (*self.names, *self.hidden))]
        old, new = (", ".join(f'{row}."{column}"' for column in columns) for row in ("o", "n"))
        return f"{_PAIRS} WHERE ({old}) IS DISTINCT FROM ({new})"


class TrackedMembers(Tracking):
    """Of a table that joins an object with its members, as a user with roles: kept as a change of the object, whose
    field got a member or lost it, {field: [null, key]} or {field: [key, null]}."""

    def __init__(self, verb: str, name: str, *, member: str, **kwargs: Any) -> None:
        self.name_of_field, self.member = name, member
        super().__init__(verb, **kwargs)

    def get_func(self, model: Any) -> str:
        return super().get_func(model).replace("'added'", "'changed'").replace("'deleted'", "'changed'")

    def fields(self, model: Any) -> str:
        member = f'{self.row}."{self.member}"'
        pair = f"NULL, {member}" if self.verb == "insert" else f"{member}, NULL"
        return f"jsonb_build_object('{self.name_of_field}', jsonb_build_array({pair}))"


def _insert(*, kind: str, object_id: str, action: str, label: str, fields: str, source: str) -> str:
    """The trigger's body. The sub-select runs once, and only if a row was changed at all."""
    return (
        "INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) "  # noqa: S608 — from models
        f"SELECT (SELECT dgx_change('{kind}')), '{kind}', {object_id}, '{action}', coalesce({label}, ''), {fields} "
        f"FROM {source}; RETURN NULL;"
    )


def tracked(
    *names: str, label: str, kind: str = "", hidden: Sequence[str] = (), verbs: Sequence[str] = ALL
) -> list[pgtrigger.Trigger]:
    """For `Meta.triggers`: keeps what happens to these fields of the model.

    `label` is SQL that names the object, `{row}` being its row; `kind` the model's label, where the triggers stand on
    a proxy of it; of `hidden` fields only that they changed is kept.
    """
    return [
        TrackedColumns(
            verb,
            names,
            hidden=hidden if verb == "update" else (),
            kind=kind,
            object_id="{row}.id",
            label=label,
        )
        for verb in verbs
    ]


def tracked_members(name: str, *, kind: str, owner: str, member: str, label: str) -> list[pgtrigger.Trigger]:
    """For `Meta.triggers` of a joining table: keeps who joins and leaves the field `name` of `kind`'s objects.
    `owner` and `member` are the table's columns."""
    return [
        TrackedMembers(verb, name, member=member, kind=kind, object_id=f'{{row}}."{owner}"', label=label)
        for verb in ("insert", "delete")
    ]


def track(model: type[models.Model], *names: str, **kwargs: Any) -> None:
    """`tracked`, for a model whose class is made already: each app says in one place what it tracks."""
    register(model, tracked(*names, **kwargs))


def register(model: type[models.Model], triggers: Sequence[pgtrigger.Trigger]) -> None:
    """Puts the triggers on the model, as if its Meta named them."""
    for trigger in triggers:
        trigger.register(model)


def tracked_kinds() -> dict[str, type[models.Model]]:
    """The models whose changes are kept, by the label that the audit knows them by."""
    tracking = [(model, trigger) for model, trigger in pgtrigger.registered() if isinstance(trigger, Tracking)]
    kinds = {trigger.kind or model._meta.label_lower for model, trigger in tracking}
    return {kind: apps.get_model(kind) for kind in sorted(kinds)}
