"""Many screens that wait with a code, let in at once: into one group and shop, under names made from a pattern."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from devices.models import Device, Group, Pairing
from dgx.core.errors import Invalid
from dgx.core.validators import NAME_MAX_LENGTH
from locations.models import Shop

AT_ONCE = 1000
PLACEHOLDERS = ("n", "mobile_id", "code")
_BRACES = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Naming:
    """A pattern such as “Window {n}”; `{n}` counts from `first`. Empty keeps the name that a device gives itself."""

    pattern: str = ""
    first: int = 1

    def check(self) -> None:
        """Raises Invalid for a placeholder that does not exist."""
        unknown = [found for found in _BRACES.findall(self.pattern) if found not in PLACEHOLDERS]
        if unknown or _BRACES.sub("", self.pattern).strip("{}") != _BRACES.sub("", self.pattern):
            known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
            raise Invalid(f"Braces hold one of {known}.", field="pattern")

    def name(self, pairing: Pairing, number: int) -> str:
        """What the device is called that comes in as the `number`th, counted from 0."""
        if not self.pattern:
            return pairing.name
        values = {"n": str(self.first + number), "mobile_id": pairing.mobile_id, "code": pairing.code}
        return _BRACES.sub(lambda found: values[found[1]], self.pattern)[:NAME_MAX_LENGTH]


@dataclass(frozen=True)
class Plan:
    """Who would come in under which name, in the order in which they asked, and who would not, and why."""

    coming: Sequence[tuple[Pairing, str]]
    left: Sequence[tuple[Pairing, str]]


def plan(pairings: QuerySet[Pairing], *, naming: Naming, now: datetime) -> Plan:
    """What `approve_pairings` would do. Raises Invalid for a wrong pattern and for more than AT_ONCE."""
    naming.check()
    waiting = list(pairings.order_by("created_at", "pk")[: AT_ONCE + 1])
    if len(waiting) > AT_ONCE:
        raise Invalid(f"At most {AT_ONCE} screens at once.")
    newest = {pairing.mobile_id: pairing.pk for pairing in waiting if is_open(pairing, now)}
    taken = set(
        Device.objects.filter(mobile_id__in=newest)
        .exclude(state=Device.State.REGISTERED)
        .values_list("mobile_id", flat=True)
    )
    coming: list[tuple[Pairing, str]] = []
    left: list[tuple[Pairing, str]] = []
    for pairing in waiting:
        if reason := _why_not(pairing, newest, taken, now):
            left.append((pairing, reason))
        else:
            coming.append((pairing, naming.name(pairing, len(coming))))
    return Plan(coming, left)


def is_open(pairing: Pairing, now: datetime) -> bool:
    """An operator may decide on it now."""
    return pairing.state == Pairing.State.PENDING and pairing.expires_at > now


def _why_not(pairing: Pairing, newest: Mapping[str, int], taken: set[str], now: datetime) -> str:
    if pairing.state != Pairing.State.PENDING:
        return "is decided already"
    if pairing.expires_at <= now:
        return "shows its code no more"
    if newest[pairing.mobile_id] != pairing.pk:
        return "asked once more; the later code counts"
    return "is enrolled already; allow its re-pairing first" if pairing.mobile_id in taken else ""


@transaction.atomic
def approve_pairings(
    pairings: QuerySet[Pairing],
    *,
    by: AbstractBaseUser,
    now: datetime,
    naming: Naming,
    group: Group | None = None,
    shop: Shop | None = None,
) -> Plan:
    """Let in whoever of these waits, by a fixed number of statements. One that was registered beforehand keeps its name
    and place. Raises Invalid."""
    decided = plan(pairings.select_for_update(of=("self",)), naming=naming, now=now)
    known = {row.mobile_id: row for row in _registered([pairing for pairing, _name in decided.coming])}
    made = [
        Device(**{**pairing.details(), "mobile_id": pairing.mobile_id, "name": name, "group": group, "shop": shop})
        for pairing, name in decided.coming
        if pairing.mobile_id not in known
    ]
    devices = known | {device.mobile_id: device for device in Device.objects.bulk_create(made)}
    _place([row.pk for row in known.values()], group=group, shop=shop, now=now)
    for pairing, _name in decided.coming:
        pairing.device, pairing.state, pairing.decided_by_id = devices[pairing.mobile_id], "approved", by.pk
        pairing.group, pairing.shop = group, shop
    fields = ["device", "state", "decided_by", "group", "shop"]
    Pairing.objects.bulk_update([pairing for pairing, _name in decided.coming], fields)
    return decided


def _registered(coming: Sequence[Pairing]) -> QuerySet[Device]:
    """Those that an operator registered beforehand, locked in the order of their ids."""
    rows: Any = Device.objects.filter(mobile_id__in=[pairing.mobile_id for pairing in coming])
    locked: QuerySet[Device] = rows.order_by("pk").select_for_update()
    return locked


def _place(keys: Sequence[int], *, group: Group | None, shop: Shop | None, now: datetime) -> None:
    """Put them where the operator says, unless they already have a place."""
    where: dict[str, Any] = {"group": group, "shop": shop}
    change = {name: Coalesce(F(f"{name}_id"), place.pk) for name, place in where.items() if place is not None}
    if keys and change:
        Device.objects.filter(pk__in=keys).update(**change, updated_at=now)
