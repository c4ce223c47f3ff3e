"""A link puts a video on whatever matches all of its targets; one without any, on the whole chain."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from devices.models import Device, Group
from dgx.core.models import Resource
from locations.models import Shop
from media_library.models.triggers import exception_triggers, link_triggers
from media_library.models.video import Video
from media_library.querysets import LinkExceptionQuerySet, LinkQuerySet
from media_library.windows import Window

NEEDS_A_TARGET = "Give a device, a group or a shop; only default and emergency links may reach the whole chain."
NEEDS_AN_END = "An emergency needs an end, by which it reverts by itself."


class Link(Resource):
    """Puts a video on the devices that match every target that is set, at a place in their order, inside a window.

    Its layer decides when it counts: a device plays its open emergency links while there are any, else its regular
    ones, else its default ones. Only the last and the first may go without a target, to the whole chain.
    """

    class Layer(models.TextChoices):
        REGULAR = "regular", "Regular: the daily programme"
        DEFAULT = "default", "Default: while nothing regular plays"
        EMERGENCY = "emergency", "Emergency: takes over until it ends"

    video = models.ForeignKey(Video, on_delete=models.PROTECT, related_name="links", help_text="What is shown.")
    device = models.ForeignKey(
        Device, null=True, blank=True, on_delete=models.PROTECT, related_name="links", help_text="Only this device."
    )
    group = models.ForeignKey(
        Group, null=True, blank=True, on_delete=models.PROTECT, related_name="links", help_text="Devices of this group."
    )
    shop = models.ForeignKey(
        Shop, null=True, blank=True, on_delete=models.PROTECT, related_name="links", help_text="Devices in this shop."
    )
    except_devices = models.ManyToManyField(
        Device,
        through="LinkException",
        blank=True,
        related_name="excepted_from",
        help_text="Devices that match and still do not play it.",
    )
    layer = models.CharField(
        max_length=10,
        choices=Layer.choices,
        default=Layer.REGULAR,
        db_default="regular",
        help_text="Emergency takes the screen over until its end; default fills it while nothing regular plays.",
    )
    display_order = models.IntegerField(
        default=0,
        db_default=0,
        help_text="Lower plays first; may be negative. In a tie the link touched last is first.",
    )
    valid_from = models.DateTimeField(null=True, blank=True, help_text="Not shown before; empty: from now on.")
    valid_until = models.DateTimeField(null=True, blank=True, help_text="Not shown from then on; empty: for ever.")
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(7)]),
        null=True,
        blank=True,
        help_text="Days it is shown, 1 Monday to 7 Sunday, on the shop's clock; empty: every day.",
    )
    start_time = models.TimeField(null=True, blank=True, help_text="Shown from this time of day, on the shop's clock.")
    end_time = models.TimeField(
        null=True, blank=True, help_text="Shown until this time of day; earlier than the start: past midnight."
    )
    legacy_id = models.BigIntegerField(
        null=True,
        blank=True,
        unique=True,
        editable=False,
        help_text="The id that the old routes know it by, where that is not its own.",
    )

    objects = LinkQuerySet.as_manager()

    class Meta:
        ordering = ["display_order", "-updated_at", "-id"]
        indexes = [
            models.Index(fields=["group", "shop"], condition=Q(device=None), name="link_wide_by_group"),
            models.Index(fields=["shop"], condition=Q(device=None, group=None), name="link_wide_by_shop"),
            models.Index(fields=["layer"], condition=Q(device=None, group=None, shop=None), name="link_whole_chain"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(layer__in=["regular", "default", "emergency"]), name="link_layer_known"),
            models.CheckConstraint(
                condition=~Q(layer="regular", device=None, group=None, shop=None),
                name="link_regular_has_a_target",
                violation_error_message=NEEDS_A_TARGET,
            ),
            models.CheckConstraint(
                condition=~Q(layer="emergency") | Q(valid_until__isnull=False),
                name="link_emergency_ends",
                violation_error_message=NEEDS_AN_END,
            ),
            models.UniqueConstraint(
                fields=["video", "device", "group", "shop", "layer"],
                nulls_distinct=False,
                name="link_unique_in_layer",
                violation_error_message="This video is already linked to just that.",
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="link_valid_until_after_from",
                violation_error_message="“Valid until” must be later than “valid from”.",
            ),
            models.CheckConstraint(
                condition=Q(start_time=None, end_time=None) | Q(start_time__isnull=False, end_time__isnull=False),
                name="link_times_together",
                violation_error_message="Give both a start and an end time, or neither.",
            ),
            models.CheckConstraint(
                condition=Q(weekdays=None) | Q(weekdays__contained_by=[1, 2, 3, 4, 5, 6, 7]), name="link_weekdays_range"
            ),
        ]
        triggers = link_triggers()

    def __str__(self) -> str:
        targets = (str(target) for target in (self.device, self.group, self.shop) if target)
        layer = "" if self.layer == self.Layer.REGULAR else f" ({self.layer})"
        return f"{self.video} → {' + '.join(targets) or 'the whole chain'}{layer}"

    @property
    def window(self) -> Window | None:
        """When it is shown; None: always."""
        return Window.of(self)

    @property
    def reaches_whole_chain(self) -> bool:
        """It has no target at all."""
        return self.device_id is None and self.group_id is None and self.shop_id is None

    def is_open(self, at: datetime, zone: ZoneInfo) -> bool:
        """Shown at that instant, on that clock."""
        window = self.window
        return window is None or window.contains(at, zone)

    def clean(self) -> None:
        """The constraints' rules once more, with the field that each is about."""
        if self.weekdays is not None:
            self.weekdays = sorted(set(self.weekdays)) or None
        targets = (self.device, self.group, self.shop)  # the rows: one that is just being made has no id yet
        if self.layer == self.Layer.REGULAR and targets == (None, None, None):
            raise ValidationError(NEEDS_A_TARGET)
        if self.layer == self.Layer.EMERGENCY and self.valid_until is None:
            raise ValidationError({"valid_until": NEEDS_AN_END})
        if self.valid_from and self.valid_until and self.valid_until <= self.valid_from:
            raise ValidationError({"valid_until": "“Valid until” must be later than “valid from”."})
        if (self.start_time is None) != (self.end_time is None):
            missing = "start_time" if self.start_time is None else "end_time"
            raise ValidationError({missing: "Give both a start and an end time, or neither."})

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; an empty list of weekdays means every day and is kept as none."""
        self.weekdays = self.weekdays or None
        super().save(*args, **kwargs)


class LinkException(models.Model):
    """A device that matches a link and still does not play it."""

    link = models.ForeignKey(
        Link, on_delete=models.CASCADE, related_name="exceptions", help_text="The link that it matches."
    )
    device = models.ForeignKey(
        Device, on_delete=models.CASCADE, related_name="+", help_text="The device that does not play it."
    )

    objects = LinkExceptionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "device"], name="linkexception_unique")]
        triggers: list[pgtrigger.Trigger] = exception_triggers()

    def __str__(self) -> str:
        return f"{self.link_id} except {self.device_id}"
