"""What is reported: device logs, a partition a day, their roll-up by the hour, and what was shown (proof of play)."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from devices.models import Device
from dgx.core.validators import NAME_MAX_LENGTH, no_nul, validate_finite
from locations.models import Shop
from media_library.models import Video
from telemetry.querysets import DeviceLogHourQuerySet, DeviceLogQuerySet, PlayHourQuerySet

LOG_TYPE_MAX_LENGTH = 64
MESSAGE_MAX_LENGTH = 4000
VALUE_MAX = 1e15
"""A log's value lies within plus and minus this: a sum of a trillion of them is still a finite number."""


class DeviceLog(models.Model):
    """One thing that a device reported. Append-only; partitioned by day on `logged_at`, so that old days drop at once.

    The database's primary key is (id, logged_at), as a partitioned table needs; `id` alone is unique all the same,
    since one sequence feeds it. There is no foreign key in the database: it would lock the device's row at every
    insert.
    """

    class LogType(models.TextChoices):
        TEMPERATURE = "temperature", "Temperature"
        DOOR_OPEN = "door_open", "Door opened"

    id = models.BigAutoField(primary_key=True)
    device = models.ForeignKey(
        Device,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="logs",
        help_text="Who reported it.",
    )
    log_type = models.CharField(
        max_length=LOG_TYPE_MAX_LENGTH,
        validators=[no_nul],
        help_text="What it is about: temperature, door_open, or a word of your own.",
    )
    value = models.FloatField(null=True, blank=True, validators=[validate_finite], help_text="A number, if it has one.")
    message = models.TextField(  # noqa: DJ001 — no message is null on the wire
        null=True, blank=True, max_length=MESSAGE_MAX_LENGTH, validators=[no_nul], help_text="Words, if it has any."
    )
    tags = models.JSONField(default=dict, db_default={}, blank=True, help_text="Anything else, as an object.")
    logged_at = models.DateTimeField(help_text="When it happened, on the device's clock.")
    received_at = models.DateTimeField(db_default=Now(), help_text="When it arrived, on ours.")

    objects = DeviceLogQuerySet.as_manager()

    class Meta:
        ordering = ["-logged_at", "-id"]
        indexes = [
            models.Index(fields=["device", "-logged_at", "-id"], name="devicelog_of_device"),
            BrinIndex(fields=["received_at"], name="devicelog_received", pages_per_range=32, autosummarize=True),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(value=None) | Q(value__range=(-VALUE_MAX, VALUE_MAX)), name="devicelog_value_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.log_type} {self.value if self.value is not None else self.message or ''}".strip()


class DeviceLogHour(models.Model):
    """The logs of one device, one type and one hour, so that a month's chart reads 720 rows."""

    id = models.BigAutoField(primary_key=True)
    device = models.ForeignKey(
        Device,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="log_hours",
        help_text="Whose logs they are.",
    )
    log_type = models.CharField(max_length=LOG_TYPE_MAX_LENGTH, help_text="As in the logs.")
    hour = models.DateTimeField(help_text="The hour's start, UTC.")
    count = models.BigIntegerField(help_text="Logs in that hour.")
    value_count = models.BigIntegerField(help_text="Those with a value.")
    value_min = models.FloatField(null=True, help_text="The smallest value.")
    value_max = models.FloatField(null=True, help_text="The largest value.")
    value_sum = models.FloatField(null=True, help_text="The sum; divided by value_count it is the mean.")

    objects = DeviceLogHourQuerySet.as_manager()

    class Meta:
        db_table = "telemetry_devicelog_hour"
        ordering = ["-hour"]
        constraints = [models.UniqueConstraint(fields=["device", "log_type", "hour"], name="devicelog_hour_unique")]
        indexes = [models.Index(fields=["hour", "id"], name="devicelog_hour_recent")]

    def __str__(self) -> str:
        return f"{self.log_type} {self.hour:%Y-%m-%d %H}h"


class PlayHour(models.Model):
    """Proof of play: how often and how long one device showed one file in one hour, as the device counted.

    A device reports running totals, so its greatest count is the true one, however often and in whichever order they
    arrive. The file is known by its hash. The shop is the one in which the device stood when it first told of the hour:
    a device that moves takes nothing with it. Video and shop may be gone by the time somebody asks, so their names are
    kept here. As with logs there is no foreign key in the database, which would lock the popular video's row for every
    device; nor is a row touched when its video or shop is deleted, which could mean millions: a key may lead nowhere.
    """

    id = models.BigAutoField(primary_key=True)
    device = models.ForeignKey(
        Device,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="play_hours",
        help_text="The device that showed it.",
    )
    shop = models.ForeignKey(
        Shop,
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="play_hours",
        help_text="Where the device stood then; empty without a shop.",
    )
    shop_name = models.CharField(
        max_length=NAME_MAX_LENGTH, blank=True, db_default="", help_text="What the shop was called; stays."
    )
    video = models.ForeignKey(
        Video,
        on_delete=models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="play_hours",
        help_text="The video that had these bytes; empty where none is known.",
    )
    video_name = models.CharField(
        max_length=NAME_MAX_LENGTH, blank=True, help_text="What it was called; stays when the video is deleted."
    )
    sha256 = models.CharField(max_length=64, help_text="Of the file's bytes, hexadecimal.")
    hour = models.DateTimeField(help_text="The hour's start, UTC.")
    count = models.BigIntegerField(help_text="How often it came on the screen.")
    seconds = models.FloatField(help_text="For how many seconds in all.")

    objects = PlayHourQuerySet.as_manager()

    class Meta:
        ordering = ["-hour", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["device", "hour", "sha256"], name="playhour_unique"),
            models.CheckConstraint(condition=models.Q(count__gte=0, seconds__gte=0), name="playhour_not_negative"),
        ]
        indexes = [
            models.Index(fields=["hour", "id"], name="playhour_by_hour"),
            models.Index(fields=["video", "hour"], name="playhour_of_video"),
            models.Index(fields=["shop", "hour"], name="playhour_of_shop"),
            models.Index(fields=["sha256", "hour"], name="playhour_of_bytes"),
        ]

    def __str__(self) -> str:
        return f"{self.video_name or self.sha256[:12]} {self.hour:%Y-%m-%d %H}h"


class RollUpState(models.Model):
    """How far the hourly roll-up has come, one row: logs that arrived before this are in DeviceLogHour."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    rolled_until = models.DateTimeField(null=True, help_text="Logs with an earlier received_at are rolled up.")
    seen_id = models.BigIntegerField(
        null=True, help_text="The highest id that a log had then: a later log that is dated earlier is not rolled up."
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="rollupstate_one_row")]

    def __str__(self) -> str:
        return f"rolled up until {self.rolled_until}"
