"""What devices report of themselves: the hot row, the flips between online and offline, and the fleet's events."""

from datetime import UTC, datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from devices.models.device import Device
from devices.querysets import FleetEventQuerySet, PresenceFlipQuerySet, PresenceQuerySet


class Presence(models.Model):
    """One narrow row per device, written by what it reports and by the sweep, never by hand.

    No index on any column that a report writes, and room in each page (fillfactor 70), so that an update stays
    heap-only: https://www.postgresql.org/docs/current/storage-hot.html.
    """

    device = models.OneToOneField(
        Device, primary_key=True, on_delete=models.CASCADE, related_name="presence", help_text="Whose presence it is."
    )
    is_online = models.BooleanField(default=False, db_default=False, help_text="Reports arrive as expected.")
    last_seen_at = models.DateTimeField(null=True, help_text="When its last report arrived, on our clock.")
    since = models.DateTimeField(null=True, help_text="When it last turned online or offline.")
    silent_after_s = models.PositiveIntegerField(
        default=60, db_default=60, help_text="Seconds of silence it was allowed when it last reported."
    )
    temperature = models.FloatField(default=0, db_default=0, help_text="Degrees Celsius, as last reported.")
    temperature_at = models.DateTimeField(null=True, help_text="When a temperature last came; empty: never.")
    daily_count = models.IntegerField(default=0, db_default=0, help_text="Door openings today, on the shop's clock.")
    monthly_count = models.IntegerField(default=0, db_default=0, help_text="Door openings this month, likewise.")
    last_daily_reset = models.DateField(null=True, help_text="The day that daily_count counts.")
    last_monthly_reset = models.DateField(null=True, help_text="The first of the month that monthly_count counts.")
    held_tag = models.CharField(
        max_length=64, default="", db_default="", help_text="The manifest tag it last said it holds complete."
    )
    held_at = models.DateTimeField(null=True, help_text="When it first said so.")
    missing = models.PositiveIntegerField(default=0, db_default=0, help_text="Files it last said it misses.")
    playing = models.CharField(max_length=64, default="", db_default="", help_text="SHA-256 of what it plays.")
    storage_free = models.BigIntegerField(null=True, help_text="Free bytes, as last reported.")
    clock_offset_s = models.FloatField(null=True, help_text="Its clock minus ours, seconds, network delay included.")
    trouble_since = models.DateTimeField(
        null=True, help_text="Since when the sweep finds it hot, its clock off or its disk full; empty: it does not."
    )
    boot_id = models.CharField(max_length=64, default="", db_default="", help_text="Its boot, as last reported.")
    seq = models.BigIntegerField(default=0, db_default=0, help_text="The highest report number of that boot.")
    seq_mask = models.BigIntegerField(
        default=0, db_default=0, help_text="Bit n: report seq-n of that boot was stored. Makes a retry harmless."
    )
    last_boot_id = models.CharField(max_length=64, default="", db_default="", help_text="The boot before.")
    last_boot_seq = models.BigIntegerField(default=0, db_default=0, help_text="Its highest report number.")
    last_boot_mask = models.BigIntegerField(default=0, db_default=0, help_text="Its seq_mask.")
    interleaves = models.IntegerField(
        default=0, db_default=0, help_text="How often these two boots took turns to go on since the last one began."
    )
    cloned_at = models.DateTimeField(
        null=True, help_text="When it was last noticed that two devices report with one token; empty: never."
    )

    objects = PresenceQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "presence"

    def __str__(self) -> str:
        return "online" if self.is_online else "offline"

    def door_openings(self, at: datetime) -> tuple[int, int]:
        """Of the day and of the month that it is at that instant on the shop's clock; the columns keep yesterday's
        count until the device's next report."""
        shop = self.device.shop
        today = at.astimezone(shop.zone if shop else UTC).date()
        daily = self.daily_count if self.last_daily_reset and self.last_daily_reset >= today else 0
        is_this_month = self.last_monthly_reset and self.last_monthly_reset >= today.replace(day=1)
        return daily, self.monthly_count if is_this_month else 0


class PresenceFlip(models.Model):
    """A device turned online or offline. Append-only; the flips of a device alternate, and uptime is made of them."""

    class Reason(models.TextChoices):
        REPORT = "report", "It reported"
        SILENCE = "silence", "It fell silent"
        SAID_SO = "said_so", "It said that it goes offline"
        IMPORTED = "imported", "Imported from the old services"

    id = models.BigAutoField(primary_key=True)
    device = models.ForeignKey(
        Device, on_delete=models.CASCADE, related_name="flips", db_index=False, help_text="Who turned."
    )
    is_online = models.BooleanField(help_text="What it turned to.")
    at = models.DateTimeField(db_default=Now(), help_text="When.")
    reason = models.CharField(max_length=20, choices=Reason.choices, help_text="Why we think so.")

    objects = PresenceFlipQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["device", "-at", "-id"], name="flip_of_device"),
            models.Index(fields=["-at", "-id"], name="flip_recent"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=["report", "silence", "said_so", "imported"]), name="flip_reason_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{'online' if self.is_online else 'offline'} at {self.at:%Y-%m-%d %H:%M:%S}"


class SweepState(models.Model):
    """The sweep's own heartbeat, one row: a gap in it is our outage, and devices are not blamed for it."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    swept_at = models.DateTimeField(null=True, help_text="When the sweep last finished.")
    outage_from = models.DateTimeField(null=True, help_text="When the last gap in the sweep began.")
    outage_until = models.DateTimeField(null=True, help_text="When it ended.")
    web_served_until = models.DateTimeField(
        null=True, help_text="The web's last sign of life that the sweep knew of; Redis may forget it when it falls."
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="sweepstate_one_row")]

    def __str__(self) -> str:
        return f"swept at {self.swept_at}"


class FleetEvent(models.Model):
    """Something that concerns the fleet as a whole: we were away, or much of it fell silent at once."""

    class Kind(models.TextChoices):
        OUTAGE = "outage", "We were away"
        MASS_SILENCE = "mass_silence", "Many devices fell silent at once"

    at = models.DateTimeField(db_default=Now(), db_index=True, help_text="When it was noticed.")
    kind = models.CharField(max_length=20, choices=Kind.choices, help_text="What happened.")
    message = models.TextField(help_text="In words, with the numbers.")

    objects = FleetEventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["outage", "mass_silence"]), name="fleetevent_kind_known"),
        ]

    def __str__(self) -> str:
        return self.message
