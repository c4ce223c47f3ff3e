"""Uploads in parts over /api/v1: straight to the store, resumable, a failed part sent again."""

from datetime import timedelta
from typing import Any

from django.core.validators import RegexValidator
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dgx.core.api.serializers import StrictFields
from dgx.core.api.views import ResourceView
from dgx.core.validators import NAME_MAX_LENGTH
from media_library.api.serializers import VIDEO, ShownSerializer, VideoSerializer
from media_library.models import Upload, Video
from media_library.services import multipart

UPLOAD_ID = "2b1f0c3e-1c52-4f0a-9a43-6f1e4f0b7c11"
PART = {
    "number": 1,
    "size": 8_388_608,
    "url": "https://media.example.com/dgx/myvideos/incoming/4be0…?partNumber=1&uploadId=…&X-Amz-Signature=77fe…",
}
UPLOAD: dict[str, Any] = {
    "id": UPLOAD_ID,
    "name": "Spring promo",
    "filename": "spring-promo-final.mp4",
    "size": 30_120_312,
    "sha256": "",
    "part_size": 8_388_608,
    "parts": 4,
    "arrived": [1, 2],
    "video": None,
    "created_at": "2026-01-31T09:00:00Z",
    "updated_at": "2026-01-31T09:01:00Z",
}


@extend_schema_serializer(examples=[OpenApiExample("upload", UPLOAD, response_only=True)])
class PartedUploadSerializer(serializers.ModelSerializer[Upload]):
    """A file on its way. Parts are numbered from 1; all have `part_size` bytes, but for the last one."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    parts = serializers.IntegerField(read_only=True, help_text="How many parts the file has.")
    arrived = serializers.SerializerMethodField(help_text="The parts that are in the store, whole.")
    video = serializers.UUIDField(
        source="video.public_id", read_only=True, default=None, allow_null=True, help_text="What became of it."
    )

    class Meta:
        model = Upload
        fields = list(UPLOAD)
        read_only_fields = fields

    def get_arrived(self, upload: Upload) -> list[int]:
        return multipart.arrived(upload)


class WaitingPartedUploadSerializer(PartedUploadSerializer):
    """The same in a list, which does not ask the store about each."""

    class Meta(PartedUploadSerializer.Meta):
        fields = [name for name in UPLOAD if name != "arrived"]
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "announcement",
            {"name": "Spring promo", "filename": "spring-promo-final.mp4", "size": 30_120_312, "type": "video/mp4"},
            request_only=True,
        )
    ]
)
class BeginSerializer(StrictFields):
    """A file that is going to be sent."""

    name = serializers.CharField(max_length=NAME_MAX_LENGTH, help_text="What the video is going to be called; unique.")
    filename = serializers.CharField(max_length=NAME_MAX_LENGTH, default="", help_text="As it is called on disk.")
    size = serializers.IntegerField(min_value=1, help_text="Bytes; at most DGX_UPLOAD_MAX_BYTES.")
    type = serializers.CharField(
        max_length=100, default="", help_text="Its media type, refused here when it is not taken; its content decides."
    )
    sha256 = serializers.CharField(
        default="",
        validators=[RegexValidator(r"^[0-9a-fA-F]{64}$", "64 hexadecimal digits.")],
        help_text="Of the whole file; what arrives otherwise is refused.",
    )


@extend_schema_serializer(
    examples=[OpenApiExample("asked", {"parts": [1, 2, 3]}, request_only=True)],
)
class PartsSerializer(StrictFields):
    """Parts that are going to be sent."""

    parts = serializers.ListField(
        child=serializers.IntegerField(min_value=1),
        allow_empty=False,
        max_length=multipart.ADDRESSES_AT_ONCE,
        help_text="Their numbers, at most 100.",
    )


class PartSerializer(serializers.Serializer[Any]):
    """Where one part goes."""

    number = serializers.IntegerField()
    size = serializers.IntegerField(help_text="Bytes; the address takes just as many.")
    url = serializers.URLField(help_text="PUT the bytes to it; again, when that fails.")


@extend_schema_serializer(
    examples=[
        OpenApiExample("addresses", {"parts": [PART], "expires_at": "2026-01-31T15:00:00Z"}, response_only=True),
    ]
)
class AddressesSerializer(serializers.Serializer[Any]):
    """Where parts go."""

    parts = PartSerializer(many=True)
    expires_at = serializers.DateTimeField(help_text="The addresses take no later request; ask for new ones.")


@extend_schema_serializer(
    examples=[
        OpenApiExample("complete", {"name": "Spring promo", "rotation": 90}, request_only=True),
        OpenApiExample("video", {**VIDEO, "state": "processing"}, response_only=True),
    ]
)
class CompleteSerializer(ShownSerializer):
    """The last word on the video's name, and how it is shown."""

    name = serializers.CharField(
        max_length=NAME_MAX_LENGTH, required=False, help_text="Another than the announced one, if that was taken."
    )


@extend_schema_view(
    list=extend_schema(summary="Your uploads that are under way", responses=WaitingPartedUploadSerializer(many=True)),
    retrieve=extend_schema(
        summary="An upload, and which of its parts have arrived",
        description="To resume: send the parts that are missing. Nobody but who began it sees it.",
    ),
    destroy=extend_schema(summary="Take an upload back, with what has arrived of it"),
)
class UploadView(mixins.RetrieveModelMixin, mixins.DestroyModelMixin, mixins.ListModelMixin, ResourceView):
    """Files on their way straight to the store, in parts."""

    queryset = Upload.objects.select_related("video")
    serializer_class = PartedUploadSerializer
    ordering = ["-created_at"]
    ordering_fields = ["created_at", "name", "size"]
    search_fields = ["name", "filename"]
    action_permissions = {
        name: ["media_library.add_video"] for name in ("list", "retrieve", "create", "destroy", "addresses", "complete")
    }

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(started_by=self.request.user.pk)

    def get_serializer_class(self) -> Any:
        return WaitingPartedUploadSerializer if self.action == "list" else PartedUploadSerializer

    @extend_schema(
        summary="Announce a file",
        description=(
            "Then ask for the addresses of its parts, PUT each part to its own, in any order and several at once, and "
            "`complete` it. An upload that nobody goes on with for a day is taken back."
        ),
        request=BeginSerializer,
        responses={201: PartedUploadSerializer},
    )
    def create(self, request: Request) -> Response:
        form = BeginSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        values = form.validated_data
        values["media_type"] = values.pop("type")
        upload = multipart.begin(user=request.user, **values)
        return Response(PartedUploadSerializer(upload).data, status=201)

    @extend_schema(
        summary="Where parts are sent to",
        description="For six hours; ask again when they have run out, or after an interruption.",
        request=PartsSerializer,
        responses=AddressesSerializer,
    )
    @action(detail=True, methods=["post"])
    def addresses(self, request: Request, ref: str) -> Response:
        upload = self.get_object()
        form = PartsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        now = timezone.now()
        found = {
            "parts": [part._asdict() for part in multipart.addresses(upload, form.validated_data["parts"])],
            "expires_at": now + timedelta(seconds=multipart.ADDRESS_LIFETIME_S),
        }
        return Response(AddressesSerializer(found).data)

    @extend_schema(
        summary="Say that all parts are there",
        description=(
            "409 `parts_missing`, with the `missing` ones, while some are not; 409 `duplicate` when the name was taken "
            "meanwhile: send another. The video is `processing` until the worker has looked at its bytes. Harmless to "
            "repeat."
        ),
        request=CompleteSerializer,
        responses={202: VideoSerializer},
    )
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, ref: str) -> Response:
        upload = self.get_object()
        form = CompleteSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        video = multipart.complete(upload, **form.validated_data)
        shown = Video.all_objects.with_twins().get(pk=video.pk)
        return Response(VideoSerializer(shown, context={"now": timezone.now()}).data, status=202)

    def perform_destroy(self, instance: Upload) -> None:
        multipart.abort(instance)
