"""Verbs over shops that the old routes call."""

from django.db import IntegrityError, transaction

from dgx.core.errors import Conflict
from locations.models import Shop


def register_shop(*, name: str) -> Shop:
    """The shop of that name, made if there is none."""
    return Shop.objects.get_or_create(name=name)[0]


def rename_shop(shop: Shop, *, name: str) -> None:
    """Give the shop another name. Raises Conflict when another shop has it."""
    shop.name = name
    try:
        with transaction.atomic():
            shop.save(update_fields=["name"])
    except IntegrityError as error:
        raise Conflict(f"Shop exists: {name}", code="name_taken") from error
