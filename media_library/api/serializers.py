"""Videos as /api/v1 shows and takes them."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from dgx.core.api.references import PublicIdField
from dgx.core.api.serializers import ResourceSerializer, StrictFields
from dgx.core.validators import NAME_MAX_LENGTH, no_nul, validate_not_blank
from media_library.models import Link, Video
from media_library.models.video import DURATION_MAX_S
from media_library.services import signing
from media_library.services.consequences import Fate

THUMBNAIL_LIFETIME_S = 3600
PRESIGN_RANGE_S = (60, 604_800)
VIDEO_ID = "0f3b8a5c-7a41-4f0e-9c55-b7d6b1f6a2d4"
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
STORED_AT = f"https://media.example.com/dgx/myvideos/9f/{SHA256}.mp4?X-Amz-Signature=5d6c…"
SHOWN: dict[str, Any] = {"rotation": 0, "fit_mode": "cover", "display_duration": 10}
VIDEO: dict[str, Any] = {
    "id": VIDEO_ID,
    "name": "Spring promo",
    "kind": "video",
    **SHOWN,
    "original_name": "spring-promo-final.mp4",
    "mime": "video/mp4",
    "size": 8_120_312,
    "sha256": SHA256,
    "width": 1920,
    "height": 1080,
    "duration_s": 12.5,
    "pages": None,
    "state": "ready",
    "state_reason": "",
    "probed_at": "2026-01-31T09:00:04Z",
    "thumbnail_url": f"https://media.example.com/dgx/myvideos/thumbnails/{SHA256}.jpg?X-Amz-Signature=91ab…",
    "same_as": [{"id": "b0c9a9cf-06a5-4b71-8a0c-0b5d0f1d7d8e", "name": "Spring promo, old"}],
    "created_at": "2026-01-31T09:00:00Z",
    "updated_at": "2026-01-31T09:00:04Z",
}


class TwinSerializer(serializers.Serializer[Any]):
    """Another video with the same bytes."""

    id = serializers.UUIDField()
    name = serializers.CharField()


@extend_schema_serializer(
    examples=[
        OpenApiExample("video", VIDEO, response_only=True, status_codes=["200", "201", "202"]),
        OpenApiExample("change", {"name": "Spring promo", **SHOWN}, request_only=True),
    ]
)
class VideoSerializer(ResourceSerializer):
    """A media file. Its bytes come with the upload, what is known of them from the bytes; the rest can change."""

    name = serializers.CharField(
        max_length=NAME_MAX_LENGTH,
        validators=[
            no_nul,
            validate_not_blank,
            UniqueValidator(Video.objects.all(), message="There is already a video of this name."),
        ],
        help_text="Unique among what is not in the bin. The old routes find a video by it.",
    )
    thumbnail_url = serializers.SerializerMethodField(
        help_text="A JPEG of at most 480 x 480 pixels, for at least an hour; null until the worker has made it."
    )
    same_as = serializers.SerializerMethodField(help_text="Up to 10 other videos with the same bytes.")

    class Meta:
        model = Video
        fields = list(VIDEO)
        read_only_fields = sorted({*VIDEO} - {"id", "name", *SHOWN, "thumbnail_url", "same_as"})

    def get_thumbnail_url(self, video: Video) -> str | None:
        if not video.thumbnail:
            return None
        now: datetime = self.context["now"]
        name, mime = str(video.thumbnail.name), signing.THUMBNAIL_MIME
        return signing.signed_url(name, mime=mime, now=now, lifetime=THUMBNAIL_LIFETIME_S)

    @extend_schema_field(TwinSerializer(many=True))
    def get_same_as(self, video: Video) -> list[dict[str, Any]]:
        return list(video.twins)  # type: ignore[attr-defined]  # annotated by VideoQuerySet.with_twins


class ExampleSerializer(serializers.Serializer[Any]):
    """A screen, and what it would play at this moment."""

    device = serializers.UUIDField(source="device.public_id")
    device_name = serializers.CharField(source="device.mobile_id")
    fate = serializers.ChoiceField(choices=[fate.value for fate in Fate])
    then = serializers.ListField(child=serializers.CharField(), help_text="The first three, by name.")
    more = serializers.IntegerField(help_text="How many follow them.")


class ShownSerializer(StrictFields):
    """How a video is shown."""

    rotation = serializers.ChoiceField(
        choices=Video.Rotation.choices, default=0, help_text="Degrees clockwise that the player turns it."
    )
    fit_mode = serializers.ChoiceField(choices=Video.FitMode.choices, default="cover")
    display_duration = serializers.IntegerField(
        default=10,
        min_value=0,
        max_value=DURATION_MAX_S,
        help_text="Seconds that an image, page or PDF is shown; a video plays to its end.",
    )


class FileSerializer(StrictFields):
    """MP4, WebM, MOV, AVI, MKV, JPEG, PNG, GIF, WebP, PDF or an HTML page without scripts; the content decides."""

    file = serializers.FileField()


class UploadSerializer(ShownSerializer, FileSerializer):
    """A new video and its file."""

    name = serializers.CharField(max_length=NAME_MAX_LENGTH, help_text="Unique.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "announcement",
            {"name": "Spring promo", "filename": "spring-promo-final.mp4", "size": 8_120_312, **SHOWN},
            request_only=True,
        )
    ]
)
class AnnouncementSerializer(ShownSerializer):
    """A file that is going to be sent straight to the store."""

    name = serializers.CharField(max_length=NAME_MAX_LENGTH, help_text="Unique.")
    filename = serializers.CharField(max_length=NAME_MAX_LENGTH, help_text="As it is called on disk; for people only.")
    size = serializers.IntegerField(min_value=1, help_text="Bytes; just as many have to be sent.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "direct upload",
            {
                "video": {**VIDEO, "state": "processing"},
                "method": "PUT",
                "url": "https://media.example.com/dgx/myvideos/incoming/4be0…?X-Amz-Signature=77fe…",
                "expires_at": "2026-01-31T15:00:00Z",
            },
        )
    ]
)
class DirectUploadSerializer(serializers.Serializer[Any]):
    """Where to send the bytes. Say `complete` afterwards; the worker then looks at them."""

    video = VideoSerializer()
    method = serializers.CharField(help_text="The HTTP method of the request that sends the bytes.")
    url = serializers.URLField(help_text="Takes just the announced number of bytes.")
    expires_at = serializers.DateTimeField(help_text="The request has to begin before.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "consequences",
            {
                "screens": 41,
                "go_on": 38,
                "fall_back": 2,
                "go_black": 1,
                "examples": [
                    {
                        "device": "5c9d7c6e-8f0d-4f1d-9d52-3f2b6d4f8a10",
                        "device_name": "screen-7",
                        "fate": "black",
                        "then": [],
                        "more": 0,
                    }
                ],
            },
        )
    ]
)
class ConsequencesSerializer(serializers.Serializer[Any]):
    """What the screens that have the video would show without it."""

    screens = serializers.IntegerField(help_text="Screens that have it in their lists.")
    go_on = serializers.IntegerField(help_text="Those whose programme has other media.")
    fall_back = serializers.IntegerField(help_text="Those that are left with their default media alone.")
    go_black = serializers.IntegerField(help_text="Those that are left with nothing.")
    examples = serializers.SerializerMethodField(help_text="A few screens of each kind, and what they would play now.")

    @extend_schema_field(ExampleSerializer(many=True))
    def get_examples(self, told: Any) -> Any:
        return ExampleSerializer(told.examples, many=True).data


class PresignQuerySerializer(StrictFields):
    """How long an address has to live."""

    expires_in = serializers.IntegerField(
        default=settings.PRESIGN_EXPIRES,
        validators=[MinValueValidator(PRESIGN_RANGE_S[0]), MaxValueValidator(PRESIGN_RANGE_S[1])],
        help_text="Seconds, 60 to 604800.",
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "address",
            {
                "url": STORED_AT,
                "expires_in": 3600,
                "expires_at": "2026-01-31T10:00:00Z",
                "filename": "Spring promo.mp4",
                "mime": "video/mp4",
                "size": 8_120_312,
                "sha256": SHA256,
            },
        )
    ]
)
class PresignedSerializer(serializers.Serializer[Any]):
    """An address from which the bytes can be had without a credential."""

    url = serializers.URLField()
    expires_in = serializers.IntegerField(help_text="Seconds; 0 for an address outside of the store, which has no end.")
    expires_at = serializers.DateTimeField(allow_null=True)
    filename = serializers.CharField(help_text="The name under which it downloads.")
    mime = serializers.CharField()
    size = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "use",
            {
                "id": "7d1f1c52-5a0f-4e0b-8c11-2f1c5a0e6a57",
                "device": None,
                "device_name": None,
                "group": "8c7b2b59-0f0e-4f7a-8a52-6a8d3b6e0c21",
                "group_name": "Windows",
                "shop": None,
                "shop_name": None,
                "display_order": 1,
            },
        )
    ]
)
class UseSerializer(serializers.ModelSerializer[Link]):
    """A link that shows the video."""

    id = serializers.UUIDField(source="public_id", read_only=True, help_text="The link's id.")
    device = PublicIdField(read_only=True)
    device_name = serializers.CharField(source="device.mobile_id", read_only=True, default=None, allow_null=True)
    group = PublicIdField(read_only=True)
    group_name = serializers.CharField(source="group.name", read_only=True, default=None, allow_null=True)
    shop = PublicIdField(read_only=True)
    shop_name = serializers.CharField(source="shop.name", read_only=True, default=None, allow_null=True)

    class Meta:
        model = Link
        fields = [
            "id",
            "device",
            "device_name",
            "group",
            "group_name",
            "shop",
            "shop_name",
            "display_order",
        ]
