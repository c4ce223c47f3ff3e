"""The bin over /api/v1: what lies in it, back out of it, and gone for good."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from dgx.core.api.serializers import StrictFields
from dgx.core.api.views import ResourceView
from dgx.core.scope import changeable, visible
from dgx.core.validators import NAME_MAX_LENGTH
from media_library.api.filters import VideoFilter
from media_library.api.serializers import VIDEO, VideoSerializer
from media_library.models import Video
from media_library.services import bin as bin_service


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "thrown away", {**VIDEO, "binned_at": "2026-02-01T09:00:00Z", "binned_by": "ada"}, response_only=True
        )
    ]
)
class BinnedVideoSerializer(VideoSerializer):
    """A video that lies in the bin."""

    class Meta(VideoSerializer.Meta):
        fields = [*VideoSerializer.Meta.fields, "binned_at", "binned_by"]
        read_only_fields = fields


@extend_schema_serializer(examples=[OpenApiExample("restore", {"name": "Spring promo, old"}, request_only=True)])
class RestoreSerializer(StrictFields):
    """How it comes back."""

    name = serializers.CharField(
        max_length=NAME_MAX_LENGTH, required=False, help_text="Another name, where its own is taken by now."
    )


@extend_schema_serializer(examples=[OpenApiExample("emptied", {"deleted": 12}, response_only=True)])
class EmptiedSerializer(serializers.Serializer[Any]):
    """What came of it."""

    deleted = serializers.IntegerField(help_text="Videos that are gone for good.")


@extend_schema_view(
    list=extend_schema(summary="What lies in the bin"),
    retrieve=extend_schema(summary="One video in the bin"),
    destroy=extend_schema(
        summary="Delete a video in the bin for good",
        description="Its links go along. Its bytes follow when no address that a manifest named is alive any more.",
    ),
)
class BinView(mixins.RetrieveModelMixin, mixins.DestroyModelMixin, mixins.ListModelMixin, ResourceView):
    """Videos that were thrown away: on no screen and in no other list, with their links, until they are restored or the
    bin is emptied of them after DGX_BIN_DAYS."""

    queryset = Video.all_objects.in_bin().with_twins()
    serializer_class = BinnedVideoSerializer
    filterset_class = VideoFilter
    search_fields = ["name", "original_name"]
    ordering = ["-binned_at", "name"]
    ordering_fields = ["name", "kind", "size", "binned_at"]
    action_permissions = {
        "restore": ["media_library.change_video"],
        "empty": ["media_library.delete_video"],
    }

    def get_queryset(self) -> Any:
        scoped = visible if self.action in {"list", "retrieve"} else changeable
        return scoped(super().get_queryset(), self.request.user)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": timezone.now()}

    @extend_schema(
        summary="Take a video out of the bin, with all its links",
        description="409 `duplicate` where another video has its name by now: give it another one.",
        request=RestoreSerializer,
        responses=VideoSerializer,
    )
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, ref: str) -> Response:
        video = self.get_object()
        form = RestoreSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        back = bin_service.restore(video, **form.validated_data)
        shown = Video.objects.with_twins().get(pk=back.pk)
        return Response(VideoSerializer(shown, context=self.get_serializer_context()).data)

    @extend_schema(
        summary="Delete everything in the bin for good", request=None, responses=EmptiedSerializer, filters=False
    )
    @action(detail=False, methods=["post"])
    def empty(self, request: Request) -> Response:
        deleted = bin_service.delete_for_good(self.get_queryset())
        return Response(EmptiedSerializer({"deleted": deleted}).data)

    def perform_destroy(self, instance: Video) -> None:
        bin_service.delete_for_good(Video.all_objects.filter(pk=instance.pk))
