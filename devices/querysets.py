"""Verbs over many devices, credentials and presence rows."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Case, F, Func, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Now

from locations.models import Chain

if TYPE_CHECKING:
    from devices.models import (
        Device,
        DeviceToken,
        EnrolmentKey,
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


class GroupQuerySet(models.QuerySet["Group"]):
    """Reads of groups."""

    def named(self, name: str) -> "GroupQuerySet":
        """The group of exactly this name. A name with a NUL is nobody's."""
        return self.none() if "\x00" in name else self.filter(name=name)

    def bump(self) -> int:
        """Make every device of these groups fetch its manifest anew."""
        return self.update(content_version=F("content_version") + 1)


class DeviceQuerySet(models.QuerySet["Device"]):
    """Reads of devices, and the writes that touch many."""

    def named(self, mobile_id: str) -> "DeviceQuerySet":
        """The device of exactly this mobile_id. One with a NUL is nobody's."""
        return self.none() if "\x00" in mobile_id else self.filter(mobile_id=mobile_id)

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

    def assign(self, **place: "models.Model | None") -> int:
        """Move all of these into a `group`, a `shop` or both; None takes them out. Returns how many there are."""
        return self.update(**place, updated_at=Now())

    def active(self) -> "DeviceQuerySet":
        """Without the retired ones."""
        return self.exclude(state="retired")

    def lock(self) -> list[int]:
        """Lock these rows by id, as the database's own triggers do: devices, then groups, then shops. Returns ids."""
        return list(self.order_by("pk").select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))

    def bump(self) -> int:
        """Make these devices fetch their manifest anew."""
        return self.update(content_version=F("content_version") + 1)


class DeviceTokenQuerySet(models.QuerySet["DeviceToken"]):
    """Reads of tokens."""

    def valid(self, at: datetime) -> "DeviceTokenQuerySet":
        """Tokens that open something at that instant."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=at), revoked_at=None)


class EnrolmentKeyQuerySet(models.QuerySet["EnrolmentKey"]):
    """Reads of enrolment keys."""

    def usable(self, at: datetime) -> "EnrolmentKeyQuerySet":
        """Keys that let one more device in at that instant."""
        return self.filter(
            Q(expires_at=None) | Q(expires_at__gt=at),
            Q(max_uses=None) | Q(uses__lt=F("max_uses")),
            revoked_at=None,
        )


class PairingQuerySet(models.QuerySet["Pairing"]):
    """Reads of pairings."""

    def pending(self, at: datetime) -> "PairingQuerySet":
        """Pairings whose code an operator may type now."""
        return self.filter(state="pending", expires_at__gt=at)

    def dead(self, at: datetime) -> "PairingQuerySet":
        """Pairings that had run out by then and let nobody in."""
        return self.exclude(state="claimed").filter(expires_at__lt=at)


class PresenceQuerySet(models.QuerySet["Presence"]):
    """Reads of presence rows. Their writes are single statements in `devices.services.presence` and
    `telemetry.services.reports`, `registry.record_download` for the old routes, and the importer's: there are no
    others."""

    def online(self) -> "PresenceQuerySet":
        return self.filter(is_online=True)


class PresenceFlipQuerySet(models.QuerySet["PresenceFlip"]):
    """Reads of flips."""

    def between(self, start: datetime | None, end: datetime | None) -> "PresenceFlipQuerySet":
        """Flips at or after `start` and before `end`; None leaves that side open."""
        limits: dict[str, Any] = {}
        if start:
            limits["at__gte"] = start
        if end:
            limits["at__lt"] = end
        return self.filter(**limits)
