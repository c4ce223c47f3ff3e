"""Constraints that a model checks before it is saved, and what Django's own take for a violation and is none."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, UniqueConstraint


class ConditionalUnique(UniqueConstraint):
    """Values of which there is one among the rows of a condition.

    Django evaluates the condition by `Q.check`, which takes a database that fails for “yes, it is violated”: whoever
    saved while PostgreSQL was restarted heard of a duplicate that did not exist, and did not try again. Here a
    violation is looked up before it is told, and the failure comes through.
    """

    def validate(
        self,
        model: type[Model],
        instance: Model,
        exclude: set[str] | None = None,
        using: str = DEFAULT_DB_ALIAS,
    ) -> None:
        """Raises ValidationError for a duplicate, and what the database raises."""
        try:
            super().validate(model, instance, exclude=exclude, using=using)
        except ValidationError:
            if self._others(model, instance, using).exists():
                raise

    def deconstruct(self) -> Any:
        """As Django's own: in the database it is the same."""
        _, args, kwargs = super().deconstruct()
        return "django.db.models.UniqueConstraint", args, kwargs

    def _others(self, model: type[Model], instance: Model, using: str) -> Any:
        values = {name: getattr(instance, name) for name in self.fields}
        return model._default_manager.using(using).filter(self.condition, **values).exclude(pk=instance.pk)
