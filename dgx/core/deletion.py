"""Deleting what others may still use: refused with the list of uses, which every surface shows."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import PROTECT, Model, QuerySet

from dgx.core.errors import InUse
from dgx.core.scope import is_limited, visible

USES_LISTED = 50
"""Uses that a refusal lists; its message and `total` count all of them."""


def delete_unless_used(row: Model, *, told: Any = None) -> None:
    """Delete the row and what belongs to it. Raises InUse, with the uses, where another row still points at it."""
    with transaction.atomic():
        refuse_if_used(row, told=told)
        row.delete()


def refuse_if_used(row: Model, *, told: Any = None) -> None:
    """Raises InUse with what protects the row from deletion; a fixed number of statements, whatever uses it. `told` is
    the person who gets to read it: uses beyond their limit are counted and not named."""
    counts: dict[str, int] = {}
    uses: list[dict[str, Any]] = []
    for users in _protecting(row):
        found = list(users[: USES_LISTED + 1])
        if found:
            number = len(found) if len(found) <= USES_LISTED else users.count()
            counts[_noun(users.model, number)] = number
            named = visible(users, told)[: USES_LISTED + 1] if is_limited(told) else found
            uses.extend(describe(user) for user in named[: USES_LISTED - len(uses)])
    if counts:
        raise in_use(row, uses, counts)


def in_use(row: Model, uses: list[dict[str, Any]], counts: Mapping[str, int]) -> InUse:
    """The refusal: “Shop Lyon is used by 12 devices and 3 links.”"""
    numbers = " and ".join(f"{number} {noun}" for noun, number in counts.items())
    refusal = InUse(f"{str(row._meta.verbose_name).capitalize()} {row} is used by {numbers}.", uses=uses)
    refusal.extra["total"] = sum(counts.values())
    return refusal


def describe(thing: Any) -> dict[str, Any]:
    """A use of something, for people and programs."""
    return {
        "type": thing._meta.model_name,
        "id": str(getattr(thing, "public_id", thing.pk)),
        "name": str(thing),
    }


def _protecting(row: Model) -> list[QuerySet[Any]]:
    """Rows that point at this one through a key that protects it, a queryset a relation."""
    found = []
    for relation in row._meta.related_objects:
        if getattr(relation, "on_delete", None) is PROTECT:
            users = relation.related_model._default_manager.filter(**{relation.field.name: row}).order_by("pk")
            found.append(users.select_related(*_named_by(relation.related_model)))
    return found


def _named_by(model: type[Model]) -> list[str]:
    """Foreign keys that a row's name is made of, loaded with it."""
    return [
        field.name
        for field in model._meta.fields
        if field.many_to_one and getattr(field.remote_field, "on_delete", None) is PROTECT
    ]


def _noun(model: type[Model], number: int) -> str:
    return str(model._meta.verbose_name if number == 1 else model._meta.verbose_name_plural)
