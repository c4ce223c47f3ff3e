"""Verbs over many shops, and over the chain's one row."""

from typing import TYPE_CHECKING, Self

from django.db import models

from dgx.core.scope import ScopedQuerySet

if TYPE_CHECKING:
    from locations.models import Chain, Shop


class ShopQuerySet(ScopedQuerySet["Shop"]):
    """Reads of shops."""

    grows_within = False

    def _seen_within(self, shops: frozenset[int]) -> Self:
        return self.filter(pk__in=shops)

    def named(self, name: str) -> "ShopQuerySet":
        """The shop of exactly this name, none if there is none. A name with a NUL is nobody's."""
        return self.none() if "\x00" in name else self.filter(name=name)


class ChainQuerySet(models.QuerySet["Chain"]):
    """Reads of the chain's one row."""

    def version(self) -> int:
        """The chain's content version; 0 while nothing was ever linked to the whole chain."""
        return self.values_list("content_version", flat=True).first() or 0

    def lock(self) -> None:
        """Lock the row, after devices, groups and shops: the order in which the database's own triggers take them."""
        self.bulk_create([self.model()], ignore_conflicts=True)
        self.select_for_update(no_key=True).first()
