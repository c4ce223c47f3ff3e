"""Verbs over many devices, credentials and presence rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Case, Exists, F, Func, Max, OuterRef, Q, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Now, NullIf

from dgx.core.scope import OfDeviceQuerySet, ScopedQuerySet, limit_of
from locations.models import Chain

if TYPE_CHECKING:
    from devices.models import (
        Device,
        DeviceToken,
        EnrolmentKey,
        FleetEvent,
        FleetSample,
        Group,
        Pairing,
        Presence,
        PresenceFlip,
    )


def content_tag(
    *,
    device: tuple[int, int],
    group: tuple[int | None, int | None],
    shop: tuple[int | None, int | None],
    chain: int | None,
) -> str:
    """A manifest's tag from (id, content version) of the device, its group and its shop, and from the chain's version;
    `DeviceQuerySet.with_tag` is the same in SQL."""
    parts = [
        f"{kind}{key or 0}.{version or 0}" for kind, (key, version) in zip("dgs", (device, group, shop), strict=True)
    ]
    return "-".join([*parts, f"c{chain or 0}"])


def in_place(model: Any, shops: frozenset[int]) -> Q:
    """Rows of a model with `shop` and `group` that are in these shops and name no group beyond them."""
    groups = model._meta.get_field("group").related_model._default_manager
    return Q(shop__in=shops) & (Q(group=None) | Q(group__in=groups.all().seen_in(shops)))


class GroupQuerySet(ScopedQuerySet["Group"]):
    """Reads of groups."""

    grows_within = False

    def named(self, name: str) -> "GroupQuerySet":
        """The group of exactly this name. A name with a NUL is nobody's."""
        return self.none() if "\x00" in name else self.filter(name=name)

    def seen_in(self, shops: frozenset[int]) -> Self:
        """Those with a device in one of these shops."""
        return self.filter(Exists(self._members().filter(shop__in=shops)))

    def _seen_within(self, shops: frozenset[int]) -> Self:
        return self.seen_in(shops)

    def _changed_within(self, shops: frozenset[int]) -> Self:
        """Those with devices, all of them in these shops: a change reaches nobody else."""
        outside = self._members().filter(Q(shop=None) | ~Q(shop__in=shops))
        return self.seen_in(shops).exclude(Exists(outside))

    def _members(self) -> Any:
        devices: Any = self.model._meta.get_field("devices").related_model
        return devices._default_manager.filter(group=OuterRef("pk"))

    def bump(self) -> int:
        """Make every device of these groups fetch its manifest anew."""
        return self.update(content_version=F("content_version") + 1)


class DeviceQuerySet(ScopedQuerySet["Device"]):
    """Reads of devices, and the writes that touch many."""

    def named(self, mobile_id: str) -> "DeviceQuerySet":
        """The device of exactly this mobile_id. One with a NUL is nobody's."""
        return self.none() if "\x00" in mobile_id else self.filter(mobile_id=mobile_id)

    def _seen_within(self, shops: frozenset[int]) -> Self:
        return self.filter(shop__in=shops)

    def with_presence(self) -> "DeviceQuerySet":
        """With group, shop and presence, in the same statement."""
        return self.select_related("group", "shop", "presence")

    def with_tag(self) -> "DeviceQuerySet":
        """Annotates `tag`, the tag of what each should hold, and `holds_tag`: it reported to hold just that."""
        parts = (("id", "content_version"), ("group", "group__content_version"), ("shop", "shop__content_version"))
        chain = Subquery(Chain.objects.values("content_version")[:1])
        tag = Func(
            Value("d%s.%s-g%s.%s-s%s.%s-c%s"),
            *(Coalesce(F(path), Value(0)) for pair in parts for path in pair),
            Coalesce(chain, Value(0)),
            function="format",
            output_field=models.TextField(),
        )
        return self.annotate(tag=tag).annotate(
            holds_tag=Case(When(presence__held_tag=F("tag"), then=True), default=False)
        )

    def with_status(self, now: datetime) -> "DeviceQuerySet":
        """Annotates `status` and `status_since` at that instant, with the evidence that
        `devices.services.status.status_of` puts into words; group, shop, presence and tag come along."""
        from devices.services.status_sql import annotate_status  # noqa: PLC0415 — it needs the models, which need this

        rows: DeviceQuerySet = annotate_status(self, now)
        return rows

    def in_status(self, codes: Sequence[str], now: datetime) -> "DeviceQuerySet":
        """Those that have one of these statuses at that instant. An unknown code is nobody's."""
        from devices.services.status_sql import only_in_status  # noqa: PLC0415 — as above

        rows: DeviceQuerySet = only_in_status(self, codes, now)
        return rows

    def assign(self, **place: "models.Model | None") -> int:
        """Move all of these into a `group`, a `shop` or both; None takes them out. Returns how many there are."""
        return self.update(**place, updated_at=Now())

    def set_reporting(self, **numbers: int | None) -> int:
        """Set `report_interval_s`, `missed_reports` or both; None falls back to the group's. Returns how many."""
        return self.update(**numbers, updated_at=Now())

    def active(self) -> "DeviceQuerySet":
        """Without the retired ones."""
        return self.exclude(state="retired")

    def lock(self) -> list[int]:
        """Lock these rows by id, as the database's own triggers do: devices, then groups, then shops. Returns ids."""
        return list(self.order_by("pk").select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))

    def bump(self) -> int:
        """Make these devices fetch their manifest anew."""
        return self.update(content_version=F("content_version") + 1)


class DeviceTokenQuerySet(OfDeviceQuerySet["DeviceToken"]):
    """Reads of tokens."""

    def valid(self, at: datetime) -> "DeviceTokenQuerySet":
        """Tokens that open something at that instant."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=at), revoked_at=None)


class EnrolmentKeyQuerySet(ScopedQuerySet["EnrolmentKey"]):
    """Reads of enrolment keys."""

    def _seen_within(self, shops: frozenset[int]) -> Self:
        return self.filter(in_place(self.model, shops))

    def usable(self, at: datetime) -> "EnrolmentKeyQuerySet":
        """Keys that let one more device in at that instant."""
        return self.filter(
            Q(expires_at=None) | Q(expires_at__gt=at),
            Q(max_uses=None) | Q(uses__lt=F("max_uses")),
            revoked_at=None,
        )


class PairingQuerySet(ScopedQuerySet["Pairing"]):
    """Reads of pairings."""

    def _seen_within(self, shops: frozenset[int]) -> Self:
        """Those let in to these shops whose device still is there. One that waits has no place yet: whoever may pair
        may type its code, and no list shows it."""
        return self.filter(in_place(self.model, shops), Q(device=None) | Q(device__shop__in=shops))

    def pending(self, at: datetime) -> "PairingQuerySet":
        """Pairings whose code an operator may type now."""
        return self.filter(state="pending", expires_at__gt=at)

    def dead(self, at: datetime) -> "PairingQuerySet":
        """Pairings that had run out by then and let nobody in."""
        return self.exclude(state="claimed").filter(expires_at__lt=at)


class PresenceQuerySet(OfDeviceQuerySet["Presence"]):
    """Reads of presence rows. Their writes are single statements in `devices.services.presence` and
    `telemetry.services.reports`, `registry.record_download` for the old routes, and the importer's: there are no
    others."""

    def online(self) -> "PresenceQuerySet":
        return self.filter(is_online=True)


class FleetSampleQuerySet(ScopedQuerySet["FleetSample"]):
    """Reads of what is kept of the fleet every ten minutes."""

    def series_for(self, user: Any) -> models.QuerySet[Any, Any]:
        """By instant, over all that the person may see: `devices`, `online`, `temperature_mean`, `temperature_max`."""
        is_whole = limit_of(user) is None
        rows = self.visible_to(user).filter(shop__isnull=is_whole).order_by("at").values("at")
        weighted = Sum(F("temperature_mean") * F("measured")) / NullIf(Sum("measured"), 0)
        return rows.annotate(
            devices=Sum("devices"), online=Sum("online"), mean=weighted, highest=Max("temperature_max")
        )

    def _seen_within(self, shops: frozenset[int]) -> Self:
        return self.filter(shop__in=shops)


class PresenceFlipQuerySet(OfDeviceQuerySet["PresenceFlip"]):
    """Reads of flips."""

    def between(self, start: datetime | None, end: datetime | None) -> "PresenceFlipQuerySet":
        """Flips at or after `start` and before `end`; None leaves that side open."""
        limits: dict[str, Any] = {}
        if start:
            limits["at__gte"] = start
        if end:
            limits["at__lt"] = end
        return self.filter(**limits)


class FleetEventQuerySet(ScopedQuerySet["FleetEvent"]):
    """Reads of what concerns the whole fleet; not for the limited."""
