"""How a device proves who it is, and how it comes to have that proof."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from devices.models.device import Device, Group
from devices.querysets import DeviceTokenQuerySet, EnrolmentKeyQuerySet, PairingQuerySet
from dgx.core.constraints import ConditionalUnique
from dgx.core.models import Resource
from dgx.core.validators import NAME_MAX_LENGTH, no_nul
from locations.models import Shop


class DeviceToken(Resource):
    """A device's secret: shown once, kept as SHA-256. Rotation gives a new one and lets the old overlap for a while."""

    device = models.ForeignKey(
        Device, on_delete=models.CASCADE, related_name="tokens", help_text="Who reports with this token."
    )
    prefix = models.CharField(max_length=20, editable=False, help_text="The first characters, to tell tokens apart.")
    token_hash = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the token.")
    expires_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Set on rotation: the old token works until then."
    )
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="When it was taken back.")

    objects = DeviceTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.prefix}…"

    def is_valid(self, at: datetime) -> bool:
        """Opens something at that instant."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > at)


class EnrolmentKey(Resource):
    """Lets new devices in without a hand: for a group and a shop, until a day, for a number of devices."""

    label = models.CharField(max_length=100, help_text="What it is for, such as “opening of the Lyon shop”.")
    prefix = models.CharField(max_length=20, editable=False, help_text="The first characters, to tell keys apart.")
    key_hash = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the key.")
    group = models.ForeignKey(
        Group, null=True, blank=True, on_delete=models.CASCADE, help_text="Devices that enrol with it join this group."
    )
    shop = models.ForeignKey(
        Shop, null=True, blank=True, on_delete=models.CASCADE, help_text="Devices that enrol with it stand here."
    )
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Stops working then; empty means never.")
    max_uses = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="How many devices may enrol with it; empty means any number.",
    )
    uses = models.PositiveIntegerField(default=0, db_default=0, editable=False, help_text="How many did.")
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="When it was taken back.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who made it.",
    )

    objects = EnrolmentKeyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(max_uses=None) | Q(max_uses__gte=1, uses__lte=models.F("max_uses")),
                name="enrolmentkey_uses_within_max",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def revoke(self) -> None:
        """Take the key back. Devices that enrolled with it keep their tokens."""
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])


def pairing_expiry() -> datetime:
    """When a pairing that starts now runs out."""
    return timezone.now() + timedelta(minutes=settings.DGX_PAIRING_MINUTES)


class Pairing(Resource):
    """A device without a key that asks to come in: it shows a code, an operator types it, the device claims its token.

    pending -> approved -> claimed; pending -> refused. A pending or approved pairing that expires is dead.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Waits for an operator"
        APPROVED = "approved", "Approved, not yet claimed"
        CLAIMED = "claimed", "Claimed"
        REFUSED = "refused", "Refused"

    code = models.CharField(max_length=6, editable=False, help_text="What the screen shows.")
    claim_hash = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the claim token.")
    mobile_id = models.CharField(
        max_length=NAME_MAX_LENGTH, editable=False, validators=[no_nul], help_text="As the device named itself."
    )
    kind = models.CharField(
        max_length=20,
        choices=Device.Kind.choices,
        default=Device.Kind.PLAYER,
        editable=False,
        help_text="What the device says it is.",
    )
    name = models.CharField(
        max_length=NAME_MAX_LENGTH, blank=True, editable=False, help_text="What the device is called, if it says so."
    )
    screen = models.CharField(max_length=50, blank=True, editable=False, help_text="Pixels as it reported them.")
    app_version = models.CharField(
        max_length=50, blank=True, editable=False, help_text="The player's version as it reported it."
    )
    state = models.CharField(
        max_length=20,
        choices=State.choices,
        default=State.PENDING,
        db_default="pending",
        editable=False,
        help_text="How far it has come.",
    )
    group = models.ForeignKey(
        Group, null=True, blank=True, on_delete=models.CASCADE, help_text="The device joins this group."
    )
    shop = models.ForeignKey(Shop, null=True, blank=True, on_delete=models.CASCADE, help_text="The device stands here.")
    device = models.ForeignKey(
        Device,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.CASCADE,
        related_name="pairings",
        help_text="The device that was let in.",
    )
    expires_at = models.DateTimeField(default=pairing_expiry, editable=False, help_text="The code is dead after that.")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who approved or refused it.",
    )

    objects = PairingQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            ConditionalUnique(fields=["code"], condition=Q(state="pending"), name="pairing_code_unique_while_pending"),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "approved", "claimed", "refused"]), name="pairing_state_known"
            ),
            models.CheckConstraint(condition=Q(kind__in=Device.Kind.values), name="pairing_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.code} · {self.mobile_id}"

    def details(self) -> dict[str, Any]:
        """What the device said of itself, as fields of a Device."""
        return {
            "kind": self.kind,
            "name": self.name,
            "screen": self.screen,
            "app_version": self.app_version,
        }
