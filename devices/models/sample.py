"""How the fleet was, every ten minutes: what the home page's charts are drawn from."""

from django.db import models

from devices.querysets import FleetSampleQuerySet
from locations.models import Shop


class FleetSample(models.Model):
    """The devices of a shop, or of the whole fleet, at one instant. Written by `devices.services.samples` alone: every
    ten minutes, of which the full hours are kept for a month."""

    at = models.DateTimeField(help_text="The start of the ten minutes in which it was taken.")
    shop = models.ForeignKey(
        Shop,
        null=True,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="+",
        help_text="Whose devices; empty: all of the fleet.",
    )
    devices = models.PositiveIntegerField(help_text="How many there were, retired ones left out.")
    online = models.PositiveIntegerField(help_text="How many of them were online.")
    measured = models.PositiveIntegerField(default=0, db_default=0, help_text="How many had a recent temperature.")
    temperature_mean = models.FloatField(null=True, help_text="Mean of these, degrees Celsius.")
    temperature_max = models.FloatField(null=True, help_text="The highest of these.")

    objects = FleetSampleQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["at", "shop"], nulls_distinct=False, name="fleetsample_unique"),
        ]
        indexes = [models.Index(fields=["shop", "at"], name="fleetsample_of_shop")]

    def __str__(self) -> str:
        return f"{self.online} of {self.devices} at {self.at:%Y-%m-%d %H:%M}"
