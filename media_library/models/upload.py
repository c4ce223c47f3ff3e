"""A file on its way from a browser or a program straight to the store, in parts."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from dgx.core.models import Resource
from dgx.core.validators import NAME_MAX_LENGTH, no_nul, validate_not_blank
from media_library.models.video import Video
from media_library.querysets import UploadQuerySet


class Upload(Resource):
    """What was announced of a file, and where its parts go. Begun (no video), complete (with its video, while the
    worker looks at the bytes), then gone; one that nobody touches for a day is taken back."""

    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Who sends it; nobody else sees it.",
    )
    name = models.CharField(
        max_length=NAME_MAX_LENGTH,
        validators=[no_nul, validate_not_blank],
        help_text="What the video is going to be called.",
    )
    filename = models.CharField(
        max_length=NAME_MAX_LENGTH, blank=True, help_text="The file's name on the sender's disk."
    )
    size = models.BigIntegerField(validators=[MinValueValidator(1)], help_text="Bytes of the whole file.")
    part_size = models.BigIntegerField(help_text="Bytes of every part but the last.")
    sha256 = models.CharField(
        max_length=64, blank=True, help_text="Of the whole file, as the sender says; empty: not said, not compared."
    )
    key = models.CharField(max_length=512, unique=True, editable=False, help_text="Where the bytes arrive.")
    store_id = models.CharField(max_length=1024, editable=False, help_text="The store's own id of the upload.")
    video = models.OneToOneField(
        Video,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="upload",
        help_text="What became of it; empty while its parts come in.",
    )

    objects = UploadQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["started_by", "-created_at"], name="upload_of_user")]
        constraints = [
            models.CheckConstraint(condition=Q(size__gte=1, part_size__gte=1), name="upload_sizes_positive"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def parts(self) -> int:
        """How many parts it has; they are numbered from 1."""
        return -(-self.size // self.part_size)

    def size_of_part(self, number: int) -> int:
        """Bytes of that part."""
        return min(self.part_size, self.size - (number - 1) * self.part_size)
