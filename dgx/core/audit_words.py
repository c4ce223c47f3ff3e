"""Changes as a person reads them: fields by their names, choices by their labels, keys by what they stand for."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, time
from typing import Any, NamedTuple

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.text import capfirst

from dgx.core.audit_models import Change, ChangedRow
from dgx.core.audit_triggers import tracked_kinds
from dgx.core.scope import is_limited, manager_of, visible

NOTHING = "—"
UNSAID = "not shown"
OUT_OF_SIGHT = "not in your shops"
_SPELLED: dict[tuple[str, str], Callable[[Any], str]] = {}


class Line(NamedTuple):
    """One field of a changed row, in words."""

    field: str
    before: str
    after: str


class Shown(NamedTuple):
    """A changed row with its lines."""

    row: ChangedRow
    noun: str
    lines: list[Line]


def spell_with(kind: str, field: str, spell: Callable[[Any], str]) -> None:
    """How values of that field read, where its choices do not say so."""
    _SPELLED[kind, field] = spell


def in_words(rows: Sequence[ChangedRow], user: Any) -> list[Shown]:
    """The rows as the person may read them; so many queries as there are kinds of objects named in them."""
    names = _Names(rows, user)
    return [Shown(row, noun_of(row.kind), [*_lines(row, names)]) for row in rows]


def noun_of(kind: str, number: int = 1) -> str:
    """“device”, “devices”: what a kind's objects are called."""
    model = tracked_kinds().get(kind)
    if model is None:
        return kind
    if kind == "auth.group":  # “group” means a group of devices here
        return "role" if number == 1 else "roles"
    return str(model._meta.verbose_name if number == 1 else model._meta.verbose_name_plural)


def title_of(change: Change, first: ChangedRow | None, count: int) -> str:
    """What the act was: as it was said, else after its first row, such as “Changed device Window: name, shop”."""
    if change.what:
        return change.what
    if first is None:
        return str(change)
    done = first.get_action_display()
    if count > 1:
        others = f" and {count - 1} more" if len(change.kinds) > 1 or first.action != "changed" else f", {count} rows"
        return f"{done} {noun_of(first.kind)} {first.label}{others}"
    names = ", ".join(_field_name(first.kind, name).lower() for name in first.fields)
    return f"{done} {noun_of(first.kind)} {first.label}" + (f": {names}" if first.action == "changed" else "")


def _lines(row: ChangedRow, names: "_Names") -> Iterator[Line]:
    for name, before, after in _pairs(row):
        if row.action == "changed" and before is None and after is None:
            yield Line(_field_name(row.kind, name), UNSAID, UNSAID)
        elif before not in (None, "") or after not in (None, ""):
            yield Line(
                _field_name(row.kind, name), names.spell(row.kind, name, before), names.spell(row.kind, name, after)
            )


def _pairs(row: ChangedRow) -> Iterator[tuple[str, Any, Any]]:
    """Each field with what it was and what it became."""
    for name, value in row.fields.items():
        if row.action == "changed":
            yield name, value[0], value[1]
        else:
            yield (name, None, value) if row.action == "added" else (name, value, None)


def _field(kind: str, name: str) -> Any:
    """The model's field, or None when it is gone since."""
    model = tracked_kinds().get(kind)
    try:
        return model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None


def _field_name(kind: str, name: str) -> str:
    field = _field(kind, name)
    return str(capfirst(field.verbose_name if field is not None else name.replace("_", " ")))


class _Names:
    """What the keys in some rows stand for, looked up at once: by the objects themselves, else by their last change."""

    def __init__(self, rows: Iterable[ChangedRow], user: Any) -> None:
        wanted: dict[type[models.Model], set[int]] = defaultdict(set)
        for row in rows:
            for name, before, after in _pairs(row):
                if model := getattr(_field(row.kind, name), "related_model", None):
                    wanted[model].update(key for key in (before, after) if key is not None)
        self.known = {model: _named(model, keys, user) for model, keys in wanted.items()}

    def spell(self, kind: str, name: str, value: Any) -> str:
        """The value of a field in words."""
        if value is None or value == "":
            return NOTHING
        if (kind, name) in _SPELLED:
            return _SPELLED[kind, name](value)
        field = _field(kind, name)
        if model := getattr(field, "related_model", None):
            return self.known[model].get(value, OUT_OF_SIGHT)
        choices = dict(field.flatchoices) if getattr(field, "choices", None) else {}
        return str(choices[value]) if value in choices else _plain(field, value)


def _named(model: type[models.Model], keys: set[int], user: Any) -> dict[int, str]:
    """The objects' names. People and rights are nobody's; of all else a limited person learns what they may see."""
    rows = manager_of(model).filter(pk__in=keys)
    is_scoped = model._meta.app_label != "auth"
    seen = {row.pk: str(row) for row in (visible(rows, user) if is_scoped else rows)}
    gone = keys - seen.keys()
    if gone and not (is_scoped and is_limited(user)):
        last = ChangedRow.objects.filter(kind=model._meta.label_lower, object_id__in=gone)
        labels = last.order_by("object_id", "-id").distinct("object_id").values_list("object_id", "label")
        seen |= {key: f"{label} (deleted)" for key, label in labels}
        seen |= {key: f"{noun_of(model._meta.label_lower)} {key} (deleted)" for key in gone - seen.keys()}
    return seen


def _plain(field: Any, value: Any) -> str:
    """A value without choices: yes and no, times in UTC, lists, and all else as it is."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(each) for each in value) or NOTHING
    if isinstance(field, models.DateTimeField):
        return f"{datetime.fromisoformat(value).astimezone(UTC):%-d %b %Y %H:%M:%S} UTC"
    if isinstance(field, models.TimeField):
        return f"{time.fromisoformat(value):%H:%M}"
    return str(value)
