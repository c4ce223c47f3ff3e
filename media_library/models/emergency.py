"""An emergency: videos that take a scope's screens over until an end, after which each screen reverts by itself."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from dgx.core.models import Resource
from dgx.core.validators import no_nul, validate_not_blank
from media_library.querysets import EmergencyQuerySet


def _ids(help_text: str) -> ArrayField:
    """Public ids. They stay when what they name is deleted: what was on the screens is told for ever."""
    return ArrayField(models.UUIDField(), default=list, blank=True, help_text=help_text)


class Emergency(Resource):
    """Who took which screens over, with what, and until when. Its links, of the layer “emergency”, do the work; this
    row says what they are for and stays when they are gone.

    running -> over, by its end (`until`) or because somebody ended it (`ended_at`).
    """

    name = models.CharField(
        max_length=200, validators=[no_nul, validate_not_blank], help_text="What it is, such as “Water cut off”."
    )
    whole_chain = models.BooleanField(default=False, help_text="It takes every screen over.")
    shops = _ids("Shops whose screens it takes over.")
    groups = _ids("Groups whose screens it takes over.")
    devices = _ids("Single screens that it takes over.")
    videos = _ids("What it shows, in the order of play.")
    until = models.DateTimeField(help_text="When it is over by itself, also on a screen that is offline.")
    screens = models.PositiveIntegerField(default=0, help_text="How many screens it took over when it was started.")
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", help_text="Who started it."
    )
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When somebody ended it; empty: nobody did.")
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", help_text="Who ended it."
    )

    objects = EmergencyQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "emergencies"
        default_permissions = ("view",)
        permissions = [("manage_emergencies", "Can start and end emergencies")]
        indexes = [models.Index(fields=["until"], name="emergency_by_end")]
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=F("created_at")), name="emergency_ends_after_its_start"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def over_at(self) -> datetime:
        """When it was or will be over."""
        return min(self.until, self.ended_at) if self.ended_at else self.until

    def is_running(self, at: datetime) -> bool:
        """It has its screens at that instant."""
        return self.created_at <= at < self.over_at
