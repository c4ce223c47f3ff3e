"""How one resource names another: by its UUID, a device also by `mobile_id:<value>`. What is unknown is a 404 that
names it."""

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from dgx.core.errors import NotFound
from dgx.core.scope import visible

M = TypeVar("M", bound=Model)
KEY_SEPARATOR = ":"
REF_MAX_LENGTH = 300


def parse_uuid(text: Any) -> UUID | None:
    """The UUID that the text spells in its usual form of 36 characters, or None."""
    if not isinstance(text, str) or len(text) != 36:
        return None
    try:
        return UUID(text)
    except ValueError:
        return None


def find(queryset: QuerySet[M], ref: str, *, other_key: str | None = None) -> M:
    """The row that `ref` names: a UUID, or `<other_key>:<value>`. Raises NotFound with the kind and the reference."""
    found = None
    if uuid := parse_uuid(ref):
        found = queryset.filter(public_id=uuid).first()
    elif other_key and "\x00" not in ref and ref.startswith(other_key + KEY_SEPARATOR):
        found = queryset.filter(**{other_key: ref.partition(KEY_SEPARATOR)[2]}).first()
    if found is None:
        raise unknown(queryset.model, ref)
    return found


def find_all(queryset: QuerySet[M], refs: Iterable[Any], *, other_key: str | None = None) -> dict[str, M]:
    """By reference, the rows that exist of those named; what is no reference is left out. One statement."""
    texts = {ref for ref in refs if isinstance(ref, str) and "\x00" not in ref}
    uuids = {uuid: ref for ref in texts if (uuid := parse_uuid(ref))}
    keys = {ref.partition(KEY_SEPARATOR)[2]: ref for ref in texts if other_key and ref.startswith(other_key + ":")}
    wanted = Q(public_id__in=uuids)
    if keys:
        wanted |= Q(**{f"{other_key}__in": keys})
    found: dict[str, M] = {}
    for row in queryset.filter(wanted) if texts else ():
        for ref in (uuids.get(row.public_id), keys.get(getattr(row, other_key)) if other_key else None):  # type: ignore[attr-defined]  # every Resource has one
            if ref is not None:
                found[ref] = row
    return found


def unknown(model: type[Model], ref: object) -> NotFound:
    """The refusal that names what is missing."""
    message = f"There is no {model._meta.verbose_name} “{str(ref)[:REF_MAX_LENGTH]}”."
    return NotFound(message, code=f"{model._meta.model_name}_not_found")


class ReferencesField(serializers.ManyRelatedField):
    """Many of one kind: a list, and nothing else that can be iterated."""

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        return [self.child_relation.to_internal_value(item) for item in data]


@extend_schema_field(OpenApiTypes.UUID)
class PublicIdField(serializers.RelatedField[Any, Any, str]):
    """Another resource in a body: its UUID. One that is unknown, or beyond the caller's limit, is a 404 that names it;
    a value of another type a 400.

    `context["known"]`, by model and reference, spares a body of many resources the look-up of each; without it the
    context has the request.
    """

    other_key: str | None = None
    default_error_messages = {"invalid": "Must be an id, as text of 36 characters."}

    @classmethod
    def many_init(cls, *args: Any, **kwargs: Any) -> ReferencesField:
        """DRF's hook for `many=True`."""
        outer = {name: kwargs.pop(name) for name in ("required", "help_text", "source", "read_only") if name in kwargs}
        return ReferencesField(child_relation=cls(*args, **kwargs), **outer)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or len(data) > REF_MAX_LENGTH or not self.is_reference(data):
            self.fail("invalid")
        targets: Any = self.get_queryset()
        known = self.context.get("known")
        if known is None:
            return find(visible(targets, self.context["request"].user), data, other_key=self.other_key)
        if data not in known[targets.model]:
            raise unknown(targets.model, data)
        return known[targets.model][data]

    def is_reference(self, text: str) -> bool:
        """It has the form of a reference."""
        return parse_uuid(text) is not None

    def to_representation(self, value: Any) -> str:
        return str(value.public_id)


@extend_schema_field({"type": "string", "description": "UUID, or `mobile_id:<value>` in a request."})
class DeviceRefField(PublicIdField):
    """A device in a body: its UUID, or `mobile_id:<value>`."""

    other_key = "mobile_id"
    default_error_messages = {"invalid": "Must be a device's id, or mobile_id:<value>."}

    def is_reference(self, text: str) -> bool:
        return super().is_reference(text) or (text.startswith("mobile_id:") and "\x00" not in text)
