"""Verbs over many shops."""

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from locations.models import Shop


class ShopQuerySet(models.QuerySet["Shop"]):
    """Reads of shops."""

    def named(self, name: str) -> "ShopQuerySet":
        """The shop of exactly this name, none if there is none. A name with a NUL is nobody's."""
        return self.none() if "\x00" in name else self.filter(name=name)
