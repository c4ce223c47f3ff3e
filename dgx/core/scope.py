"""Who sees which rows. A person may be limited to some shops; each model's queryset says what that leaves of its rows,
and every surface (admin, autocompletes, API, exports) asks it."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self, TypeVar

from django.contrib.auth import get_user_model
from django.db import models

from dgx.core.errors import Forbidden

M_co = TypeVar("M_co", bound=models.Model, covariant=True)

RELATION = "shop_limit"
"""The relation from a user to the row that limits them; a higher layer's, since shops are."""


def limit_of(user: Any) -> frozenset[int] | None:
    """Ids of the shops that the person is limited to, or None without a limit. One query, kept on the user object,
    which lives as long as a request."""
    if not hasattr(user, "_shop_limit"):
        user._shop_limit = _read_limit(user)
    limit: frozenset[int] | None = user._shop_limit
    return limit


def is_limited(user: Any) -> bool:
    """Sees some shops, or none, instead of everything."""
    return is_known(user) and limit_of(user) is not None


def is_known(user: Any) -> bool:
    """Somebody who logged in; neither nobody nor an anonymous visitor."""
    return user is not None and bool(user.is_authenticated)


def _read_limit(user: Any) -> frozenset[int] | None:
    limits: Any = get_user_model()._meta.get_field(RELATION).related_model
    rows = list(limits._base_manager.filter(user=user.pk).values_list("shops", flat=True))
    # a limit without shops is one row with None: it leaves nothing, where no row at all leaves everything
    return frozenset(shop for shop in rows if shop is not None) if rows else None


class ScopedQuerySet(models.QuerySet[M_co]):
    """Rows that persons see and change within their limit. A model says what a limit leaves of it by `_seen_within`
    and `_changed_within`; one that says nothing is not for the limited. `grows_within`: a new row can lie within a
    limit."""

    grows_within: ClassVar[bool] = True

    def visible_to(self, user: Any) -> Self:
        """Those that the person may see: all without a limit, none for an anonymous visitor."""
        if not is_known(user):
            return self.none()
        limit = limit_of(user)
        return self.all() if limit is None else self._seen_within(limit)

    def changeable_by(self, user: Any) -> Self:
        """Those that the person may change or delete, so far as their limit goes; permissions are asked elsewhere."""
        if not is_known(user):
            return self.none()
        limit = limit_of(user)
        return self.all() if limit is None else self._changed_within(limit)

    def _seen_within(self, shops: frozenset[int]) -> Self:
        return self.none()

    def _changed_within(self, shops: frozenset[int]) -> Self:
        return self._seen_within(shops)


class OfDeviceQuerySet(ScopedQuerySet[M_co]):
    """Rows that belong to a device by their field `device`, and are seen where it stands now."""

    def _seen_within(self, shops: frozenset[int]) -> Self:
        return self.filter(device__shop__in=shops)


class OfPersonQuerySet(ScopedQuerySet[M_co]):
    """Rows that belong to a person by the field `owner`: a limited one has their own, since another's may reach
    further."""

    owner: ClassVar[str] = "user"

    def visible_to(self, user: Any) -> Self:
        return self.filter(**{self.owner: user.pk}) if is_limited(user) else super().visible_to(user)

    def changeable_by(self, user: Any) -> Self:
        return self.visible_to(user)


def visible(rows: Any, user: Any) -> Any:
    """Those of any model's rows that the person may see. What has no verb of its own is not for the limited."""
    if hasattr(rows, "visible_to"):
        return rows.visible_to(user)
    return rows.none() if is_limited(user) or not is_known(user) else rows


def changeable(rows: Any, user: Any) -> Any:
    """Likewise those that the person may change."""
    if hasattr(rows, "changeable_by"):
        return rows.changeable_by(user)
    return rows.none() if is_limited(user) or not is_known(user) else rows


def is_for_limited(model: type[models.Model]) -> bool:
    """A limit can leave something of this model; what is about the system as a whole is for the unlimited alone."""
    rows: Any = type(model._default_manager.all())
    if getattr(rows, "visible_to", ScopedQuerySet.visible_to) is not ScopedQuerySet.visible_to:
        return True
    return issubclass(rows, ScopedQuerySet) and rows._seen_within is not ScopedQuerySet._seen_within


def may_add(model: type[models.Model], user: Any) -> bool:
    """The person's limit admits a new row of the model, in some place."""
    rows: Any = type(model._default_manager.all())
    return not is_limited(user) or (is_for_limited(model) and bool(getattr(rows, "grows_within", True)))


def may_change(row: models.Model, user: Any) -> bool:
    """The person's limit admits a change of the row as it is stored now; no query for the unlimited."""
    if not is_limited(user):
        return is_known(user)
    return bool(changeable(manager_of(type(row)).all(), user).filter(pk=row.pk).exists())


def refuse_beyond_limit(row: models.Model, user: Any) -> None:
    """Raises Forbidden where the row, as it is stored now, reaches beyond the person's shops. Called before a change,
    and after it within its transaction: so nothing is moved out of one's shops, nor made outside of them."""
    if not may_change(row, user):
        raise beyond_limit(row)


def refuse_any_beyond_limit(rows: Sequence[models.Model], user: Any) -> None:
    """Raises Forbidden unless the person's limit admits a change of all of these, which are of one model."""
    if rows and is_limited(user):
        keys = [row.pk for row in rows]
        if changeable(manager_of(type(rows[0])).all(), user).filter(pk__in=keys).count() < len(keys):
            raise Forbidden(
                f"You are limited to some shops; these {rows[0]._meta.verbose_name_plural} reach beyond them."
            )


def beyond_limit(row: models.Model) -> Forbidden:
    """The refusal in words."""
    return Forbidden(f"You are limited to some shops; {row._meta.verbose_name} {row} reaches beyond them.")


def manager_of(model: type[models.Model]) -> Any:
    """The manager that sees all rows of the model, also those that its everyday one leaves out."""
    return getattr(model, "all_objects", model._default_manager)
