"""What every serializer of /api/v1 does: refuse unknown fields, tell duplicates from mistakes, let the model's own
rules decide, and write only what was sent."""

import copy
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from django.core.exceptions import ValidationError as ModelValidationError
from django.db.models import BaseConstraint, Model, UniqueConstraint
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.settings import api_settings

from dgx.core.errors import Conflict

DUPLICATE_CODES = {"unique", "unique_together"}


class StrictFields(serializers.Serializer[Any]):
    """Refuses a body's unknown fields, and values for fields that are read only."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            wrong = {str(name): [self._complaint(str(name))] for name in data if not self._takes(name)}
            if wrong:
                raise ValidationError(wrong)
        return super().to_internal_value(data)

    def _takes(self, name: Any) -> bool:
        field = self.fields.get(name) if isinstance(name, str) else None
        return field is not None and not field.read_only

    def _complaint(self, name: str) -> ErrorDetail:
        if name in self.fields:
            return ErrorDetail("This field is read only; leave it out.", code="read_only")
        return ErrorDetail("There is no such field.", code="unknown_field")


class ResourceSerializer(StrictFields, serializers.ModelSerializer[Any]):
    """A model named by its public UUID. Its constraints are checked here, and a duplicate is a Conflict (409)."""

    id = serializers.UUIDField(source="public_id", read_only=True, help_text="The id in this API; never reused.")

    def is_valid(self, *, raise_exception: bool = False) -> bool:
        valid = super().is_valid(raise_exception=False)
        if not valid and raise_exception:
            raise refusal_of(self.errors)
        return valid

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        model: Any = self.Meta.model
        candidate = copy.copy(self.instance) if self.instance is not None else model()
        for name, value in attrs.items():
            if not self._is_many(name):
                setattr(candidate, name, value)
        self.check_rules(candidate)
        return attrs

    def check_rules(self, candidate: Model) -> None:
        """What the model says of a whole row."""
        check_model_rules(candidate, candidate._meta.constraints)

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        """Writes the named fields alone: a whole row would carry stale counters and versions back."""
        columns = [name for name in validated_data if not self._is_many(name)]
        for name, value in validated_data.items():
            if self._is_many(name):
                getattr(instance, name).set(value)
            else:
                setattr(instance, name, value)
        if columns:
            instance.save(update_fields=columns)
        return instance

    def _is_many(self, name: str) -> bool:
        model: Any = self.Meta.model
        return bool(model._meta.get_field(name).many_to_many)


def check_model_rules(candidate: Model, constraints: Sequence[BaseConstraint]) -> None:
    """The model's `clean`, and these constraints at a statement each, as a ValidationError whose codes tell
    duplicates."""
    errors: dict[str, list[ErrorDetail]] = {}
    try:
        candidate.clean()
    except ModelValidationError as error:
        _add(errors, error, code="invalid")
    for constraint in constraints:
        try:
            constraint.validate(type(candidate), candidate)
        except ModelValidationError as error:
            _add(errors, error, code="unique" if isinstance(constraint, UniqueConstraint) else "invalid")
    if errors:
        raise ValidationError(errors)


def _add(errors: dict[str, list[ErrorDetail]], error: ModelValidationError, *, code: str) -> None:
    by_field = error.message_dict if hasattr(error, "error_dict") else {"__all__": error.messages}
    for field, messages in by_field.items():
        name = api_settings.NON_FIELD_ERRORS_KEY if field == "__all__" else field
        known = errors.setdefault(str(name), [])
        known.extend(ErrorDetail(message, code=code) for message in messages if message not in known)


def refusal_of(errors: Any) -> Exception:
    """Conflict where nothing but duplicates is wrong, else a ValidationError."""
    codes = {detail.code for detail in _details(errors)}
    if codes and codes <= DUPLICATE_CODES:
        fields = {name: [str(message) for message in messages] for name, messages in errors.items()}
        return Conflict(" ".join(chain.from_iterable(fields.values())), code="duplicate", fields=fields)
    return ValidationError(errors)


def _details(errors: Any) -> list[ErrorDetail]:
    if isinstance(errors, ErrorDetail):
        return [errors]
    inner = errors.values() if isinstance(errors, Mapping) else errors
    return [detail for part in inner for detail in _details(part)]
