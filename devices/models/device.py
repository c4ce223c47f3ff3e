"""Devices and the groups they run in."""

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from devices.querysets import DeviceQuerySet, GroupQuerySet
from dgx.core.content_versions import version_changed_at, version_never_falls, version_of, version_says_when
from dgx.core.errors import NotFound
from dgx.core.models import Resource
from dgx.core.validators import NAME_MAX_LENGTH, no_nul, validate_not_blank
from locations.models import Shop

NO_GROUP_NAMES = frozenset({"", "_none", "none", "null", "(none)"})
"""What stands for “no group” on the old routes, in any case; so no group may be called that."""

REPORT_INTERVAL_RANGE = (1, 86_400)
MISSED_REPORTS_RANGE = (1, 1000)


class Reporting(models.Model):
    """How often a device is expected to report; empty falls back to the group, then to the settings."""

    report_interval_s = models.PositiveIntegerField(
        "report interval (s)",
        null=True,
        blank=True,
        validators=[MinValueValidator(REPORT_INTERVAL_RANGE[0]), MaxValueValidator(REPORT_INTERVAL_RANGE[1])],
        help_text="Seconds between two reports, 1 to 86400. Empty: as the group, else 20.",
    )
    missed_reports = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(MISSED_REPORTS_RANGE[0]), MaxValueValidator(MISSED_REPORTS_RANGE[1])],
        help_text="Reports that may be missed before it counts as offline, 1 to 1000. Empty: as the group, else 3.",
    )

    class Meta:
        abstract = True


def _reporting_constraints(prefix: str) -> list[models.BaseConstraint]:
    return [
        models.CheckConstraint(
            condition=Q(report_interval_s=None) | Q(report_interval_s__range=REPORT_INTERVAL_RANGE),
            name=f"{prefix}_report_interval_range",
        ),
        models.CheckConstraint(
            condition=Q(missed_reports=None) | Q(missed_reports__range=MISSED_REPORTS_RANGE),
            name=f"{prefix}_missed_reports_range",
        ),
    ]


class Group(Resource, Reporting):
    """Devices that are run together. The old wire calls its name `gname`."""

    name = models.CharField(
        max_length=NAME_MAX_LENGTH,
        unique=True,
        validators=[no_nul, validate_not_blank],
        help_text="Unique. “none”, “null” and the like mean “no group” on the old routes and are not allowed.",
    )
    content_version = version_of("this group plays")
    content_changed_at = version_changed_at()

    objects = GroupQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(name__iregex=r"^\s*(_none|none|null|\(none\))?\s*$"),
                name="group_name_is_a_name",
                violation_error_message="This name stands for “no group” and cannot be a group's name.",
            ),
            *_reporting_constraints("group"),
        ]
        triggers = [version_never_falls("group"), version_says_when("group")]

    def __str__(self) -> str:
        return self.name

    def lock(self) -> None:
        """Let changes of what the group plays, and who joins it, take turns. Raises NotFound once it is deleted."""
        if not Group.objects.filter(pk=self.pk).select_for_update(no_key=True):
            raise NotFound(f"Group not found: {self.name}")


class Device(Resource, Reporting):
    """A player, sensor, camera or gateway in the field. What it reports lives in Presence, a row of its own."""

    class Kind(models.TextChoices):
        PLAYER = "player", "Player"
        SENSOR = "sensor", "Sensor"
        CAMERA = "camera", "Camera"
        GATEWAY = "gateway", "Gateway"
        TAG = "tag", "Tag"

    class State(models.TextChoices):
        REGISTERED = "registered", "Registered, no token yet"
        ENROLLED = "enrolled", "Enrolled"
        RETIRED = "retired", "Retired"

    mobile_id = models.CharField(
        max_length=NAME_MAX_LENGTH,
        unique=True,
        validators=[no_nul, validate_not_blank],
        help_text="What is printed on it. Unique; the old routes find a device by it.",
    )
    name = models.CharField(
        max_length=NAME_MAX_LENGTH, blank=True, validators=[no_nul], help_text="What people call it."
    )
    kind = models.CharField(
        max_length=20, choices=Kind.choices, default=Kind.PLAYER, db_default="player", help_text="What it is."
    )
    state = models.CharField(
        max_length=20,
        choices=State.choices,
        default=State.REGISTERED,
        db_default="registered",
        help_text="Registered: known, has no token. Enrolled: may report. Retired: its tokens no longer work.",
    )
    group = models.ForeignKey(
        Group,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="devices",
        help_text="It plays what is linked to its group.",
    )
    shop = models.ForeignKey(
        Shop,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="devices",
        help_text="Where it stands; it plays what is linked to its shop, on the shop's clock.",
    )
    screen = models.CharField(
        max_length=50, blank=True, validators=[no_nul], help_text="Pixels as it reported them, such as 1920x1080."
    )
    app_version = models.CharField(
        max_length=50, blank=True, validators=[no_nul], help_text="The player's version as it reported it."
    )
    notes = models.TextField(blank=True, max_length=4000, validators=[no_nul], help_text="For your colleagues.")
    content_version = version_of("this device alone plays")
    content_changed_at = version_changed_at(also="or it came into another group or shop")

    objects = DeviceQuerySet.as_manager()

    class Meta:
        ordering = ["mobile_id"]
        permissions = [("use_old_routes", "Can call the old services' routes")]
        constraints = [
            models.CheckConstraint(condition=~Q(mobile_id__regex=r"^\s*$"), name="device_mobile_id_not_blank"),
            models.CheckConstraint(
                condition=Q(kind__in=["player", "sensor", "camera", "gateway", "tag"]), name="device_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["registered", "enrolled", "retired"]), name="device_state_known"
            ),
            *_reporting_constraints("device"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="device_has_presence",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_values"),
                func=(
                    "INSERT INTO devices_presence (device_id) SELECT id FROM new_values ON CONFLICT DO NOTHING; "
                    "RETURN NULL;"
                ),
            ),
            version_never_falls("device"),
            version_says_when(
                "device",
                also="OLD.group_id IS DISTINCT FROM NEW.group_id OR OLD.shop_id IS DISTINCT FROM NEW.shop_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.mobile_id})" if self.name else self.mobile_id

    def expected_interval_s(self) -> int:
        """Seconds between two reports: the device's own, else its group's, else the setting."""
        group = self.group
        return self.report_interval_s or (group and group.report_interval_s) or settings.DGX_REPORT_INTERVAL_S

    def silent_after_s(self) -> int:
        """Seconds of silence after which it counts as offline: interval times missed reports."""
        group = self.group
        missed = self.missed_reports or (group and group.missed_reports) or settings.DGX_MISSED_REPORTS
        return self.expected_interval_s() * missed
