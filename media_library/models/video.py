"""One media file: a video, an image, an HTML page or a PDF."""

from django.conf import settings
from django.core.files.storage import storages
from django.core.files.storage.base import Storage
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from dgx.core.constraints import ConditionalUnique
from dgx.core.models import Resource
from dgx.core.validators import NAME_MAX_LENGTH, no_nul, validate_not_blank
from media_library.models.triggers import video_triggers
from media_library.querysets import PresentVideoManager, VideoQuerySet

DURATION_MAX_S = 86_400


def media_storage() -> Storage:
    """The S3 storage, named by a callable so that migrations hold no configuration."""
    return storages["default"]


class Video(Resource):
    """A media file in the store, and how it is shown. The name is the old services'; images and pages are here too.

    What is in the bin (`binned_at`) keeps its links and its bytes and is nowhere to be seen: `objects` leaves it out,
    `all_objects` and foreign keys see it too.
    """

    class Kind(models.TextChoices):
        VIDEO = "video", "Video"
        IMAGE = "image", "Image"
        HTML = "html", "Page (HTML)"
        PDF = "pdf", "PDF"

    class State(models.TextChoices):
        PROCESSING = "processing", "Processing"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    class FitMode(models.TextChoices):
        COVER = "cover", "Cover: fills the screen, cuts what is over"
        CONTAIN = "contain", "Contain: whole picture, with bars"
        FILL = "fill", "Fill: stretched"
        NONE = "none", "None: its own size"

    class Rotation(models.IntegerChoices):
        UPRIGHT = 0, "0°"
        RIGHT = 90, "90°"
        UPSIDE_DOWN = 180, "180°"
        LEFT = 270, "270°"

    name = models.CharField(
        max_length=NAME_MAX_LENGTH,
        validators=[no_nul, validate_not_blank],
        help_text="Unique among what is not in the bin. The old routes find a video by it.",
    )
    kind = models.CharField(
        max_length=10, choices=Kind.choices, default=Kind.VIDEO, db_default="video", help_text="How a player shows it."
    )
    file = models.FileField(
        storage=media_storage,
        max_length=512,
        blank=True,
        help_text="The stored object; its key holds the hash of its bytes, so replaced media has a new key.",
    )
    source_url = models.TextField(  # noqa: DJ001 — null and empty differ: an old client may set an empty address
        null=True,
        blank=True,
        editable=False,
        validators=[no_nul],
        help_text="An address that an old route put in the place of the stored object. Null: the stored object counts.",
    )
    original_name = models.CharField(
        max_length=NAME_MAX_LENGTH, blank=True, editable=False, help_text="The file's name when it was uploaded."
    )
    mime = models.CharField("media type", max_length=100, blank=True, editable=False, help_text="As its content says.")
    size = models.BigIntegerField(null=True, blank=True, editable=False, help_text="Bytes.")
    sha256 = models.CharField(
        max_length=64, blank=True, editable=False, db_index=True, help_text="Of its bytes, hexadecimal."
    )
    width = models.PositiveIntegerField(null=True, blank=True, editable=False, help_text="Pixels.")
    height = models.PositiveIntegerField(null=True, blank=True, editable=False, help_text="Pixels.")
    duration_s = models.FloatField(null=True, blank=True, editable=False, help_text="Length of a video, seconds.")
    pages = models.PositiveIntegerField(null=True, blank=True, editable=False, help_text="Pages of a PDF.")
    rotation = models.PositiveSmallIntegerField(
        choices=Rotation.choices,
        default=Rotation.UPRIGHT,
        db_default=0,
        help_text="Degrees clockwise that the player turns it: 0, 90, 180 or 270.",
    )
    fit_mode = models.CharField(
        max_length=10,
        choices=FitMode.choices,
        default=FitMode.COVER,
        db_default="cover",
        help_text="How it meets a screen of another shape: cover, contain, fill or none.",
    )
    display_duration = models.PositiveIntegerField(
        "display duration (s)",
        default=10,
        db_default=10,
        validators=[MaxValueValidator(DURATION_MAX_S)],
        help_text="Seconds that an image, page or PDF is shown, 0 to 86400; a video plays to its end.",
    )
    thumbnail = models.FileField(
        storage=media_storage, max_length=512, blank=True, editable=False, help_text="JPEG of at most 480 x 480 pixels."
    )
    state = models.CharField(
        max_length=20,
        choices=State.choices,
        default=State.PROCESSING,
        db_default="processing",
        editable=False,
        help_text="Only ready media reach a screen.",
    )
    state_reason = models.TextField(blank=True, editable=False, help_text="Why it failed, for a person.")
    probed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the worker looked inside; empty: not yet."
    )
    attempts = models.PositiveSmallIntegerField(
        default=0, db_default=0, editable=False, help_text="How often the worker tried."
    )

    binned_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When it was put into the bin; empty: it is not there."
    )
    binned_by = models.CharField(
        max_length=150, blank=True, db_default="", editable=False, help_text="Who put it there; empty: a program."
    )

    objects = PresentVideoManager()
    all_objects = VideoQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        indexes = [models.Index(fields=["binned_at"], condition=~Q(binned_at=None), name="video_in_bin")]
        constraints = [
            ConditionalUnique(
                fields=["name"],
                condition=Q(binned_at=None),
                name="video_name_unique",
                violation_error_code="unique",
                violation_error_message="There is already a media file of this name.",
            ),
            models.CheckConstraint(condition=~Q(name__regex=r"^\s*$"), name="video_name_not_blank"),
            models.CheckConstraint(condition=Q(kind__in=["video", "image", "html", "pdf"]), name="video_kind_known"),
            models.CheckConstraint(condition=Q(state__in=["processing", "ready", "failed"]), name="video_state_known"),
            models.CheckConstraint(condition=Q(rotation__in=[0, 90, 180, 270]), name="video_rotation_known"),
            models.CheckConstraint(
                condition=Q(fit_mode__in=["cover", "contain", "fill", "none"]), name="video_fit_mode_known"
            ),
            models.CheckConstraint(
                condition=Q(display_duration__gte=0, display_duration__lte=DURATION_MAX_S),
                name="video_display_duration_range",
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(source_url__isnull=False) | ~Q(file=""), name="video_ready_has_bytes"
            ),
        ]
        triggers = video_triggers()

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """The stored object's key; empty without one."""
        return self.file.name or ""

    @property
    def stored_url(self) -> str:
        """`s3://bucket/key` of the stored object; empty without one."""
        return f"s3://{settings.S3_BUCKET}/{self.file.name}" if self.file else ""
