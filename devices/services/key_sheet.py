"""Keys on paper: one key for each screen, each good for a single device, to be printed as QR codes."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from devices.models import EnrolmentKey, Group
from dgx.core.credentials import hash_secret, make_secret, prefix_of
from dgx.core.errors import Invalid
from dgx.core.scope import is_limited
from locations.models import Shop

AT_MOST = 96
"""Eight pages of twelve."""


@dataclass(frozen=True)
class Sheet:
    """The keys of a sheet with their secrets in clear, to be printed this once."""

    label: str
    group: Group | None
    shop: Shop | None
    expires_at: datetime
    keys: list[tuple[EnrolmentKey, str]]


@transaction.atomic
def make_sheet(
    *,
    label: str,
    count: int,
    expires_at: datetime,
    by: AbstractBaseUser,
    group: Group | None = None,
    shop: Shop | None = None,
) -> Sheet:
    """`count` keys, each for one device: whoever finds a card that was used gets nothing by it. Raises Invalid."""
    if not 1 <= count <= AT_MOST:
        raise Invalid(f"A sheet has 1 to {AT_MOST} keys.", field="count")
    if shop is None and is_limited(by):
        raise Invalid("You are limited to some shops; choose one of them.", field="shop")
    secrets = [make_secret("e") for _ in range(count)]
    keys = [
        EnrolmentKey(
            label=f"{label} {number}/{count}",
            prefix=prefix_of(secret),
            key_hash=hash_secret(secret),
            group=group,
            shop=shop,
            expires_at=expires_at,
            max_uses=1,
            created_by_id=by.pk,
        )
        for number, secret in enumerate(secrets, 1)
    ]
    made = EnrolmentKey.objects.bulk_create(keys)
    return Sheet(label, group, shop, expires_at, list(zip(made, secrets, strict=True)))
