"""Videos over /api/v1: upload, replace, fetch, change, delete."""

from datetime import timedelta
from typing import Any, cast

from django.db.models import Model
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from dgx.core.api.views import ResourceViewSet
from media_library.api.filters import VideoFilter
from media_library.api.serializers import (
    AnnouncementSerializer,
    ConsequencesSerializer,
    DirectUploadSerializer,
    FileSerializer,
    PresignedSerializer,
    PresignQuerySerializer,
    UploadSerializer,
    UseSerializer,
    VideoSerializer,
)
from media_library.models import Video
from media_library.services import bin as bin_service
from media_library.services import consequences, downloads, uploads


@extend_schema_view(
    list=extend_schema(summary="Videos"),
    retrieve=extend_schema(summary="One video"),
    update=extend_schema(summary="Replace a video's name and how it is shown"),
    partial_update=extend_schema(summary="Change a video's name or how it is shown"),
    destroy=extend_schema(
        summary="Put a video into the bin; 409 with its uses while links show it",
        description="It comes back by `POST /bin/{id}/restore`, and is deleted for good after DGX_BIN_DAYS.",
    ),
)
class VideoView(ResourceViewSet):
    """Media: videos, images, pages and PDF."""

    queryset = Video.objects.with_twins()
    serializer_class = VideoSerializer
    filterset_class = VideoFilter
    search_fields = ["name", "original_name"]
    ordering = ["name"]
    ordering_fields = ["name", "kind", "state", "size", "duration_s", "created_at", "updated_at"]
    action_permissions = {
        "replace": ["media_library.change_video"],
        "presign": ["media_library.view_video"],
        "throw_away": ["media_library.delete_video"],
        "without": ["media_library.view_video", "media_library.view_link", "devices.view_device"],
        "usage": ["media_library.view_video", "media_library.view_link"],
        "direct": ["media_library.add_video"],
        "complete": ["media_library.add_video"],
    }

    def get_parsers(self) -> list[BaseParser]:
        """A file comes as a form, everything else as JSON."""
        method = str(self.request.method).lower() if self.request else ""  # the schema's generator has none
        action_name = (self.action_map or {}).get(method)
        return [MultiPartParser()] if action_name in {"create", "replace"} else super().get_parsers()

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "now": timezone.now()}

    @extend_schema(
        summary="Upload a video",
        description="`same_as` of the answer names videos that have these bytes already; they are stored once.",
        request={"multipart/form-data": UploadSerializer},
        responses={201: VideoSerializer},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        form = UploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        file = form.validated_data["file"]
        return self.answer(uploads.upload_video(**form.validated_data, original_name=file.name), status=201)

    def perform_destroy(self, instance: Model) -> None:
        person = self.request.user.get_username()
        bin_service.throw_away_unused(cast("Video", instance), by=person, now=timezone.now())

    @extend_schema(
        summary="Give a video another file",
        description="It keeps its id, its links and how it is shown. Devices fetch the new bytes with their next poll.",
        request={"multipart/form-data": FileSerializer},
        responses=VideoSerializer,
    )
    @action(detail=True, methods=["post"])
    def replace(self, request: Request, ref: str) -> Response:
        video = self.get_object()
        form = FileSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        file = form.validated_data["file"]
        return self.answer(uploads.replace_file(video, file=file, original_name=file.name))

    @extend_schema(
        summary="An address to download a video from, without a credential",
        parameters=[PresignQuerySerializer],
        responses=PresignedSerializer,
        filters=False,
    )
    @action(detail=True, filter_backends=[], pagination_class=None)
    def presign(self, request: Request, ref: str) -> Response:
        asked = PresignQuerySerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        expires_in: int = asked.validated_data["expires_in"]
        found = downloads.address_of(self.get_object(), now=timezone.now(), expires_in=expires_in)
        return Response(PresignedSerializer(found).data)

    @extend_schema(
        summary="Put a video into the bin, whatever shows it",
        description="Its links stay, show nothing, and come back with it. Ask `without` before.",
        request=None,
        responses={204: None},
    )
    @action(detail=True, methods=["post"], url_path="bin")
    def throw_away(self, request: Request, ref: str) -> Response:
        chosen = Video.objects.filter(pk=self.get_object().pk)
        bin_service.throw_away(chosen, by=request.user.get_username(), now=timezone.now())
        return Response(status=204)

    @extend_schema(
        summary="What screens would show without a video",
        description="Hours and dates of links are not looked at in the numbers; the examples say what would play now.",
        responses=ConsequencesSerializer,
        filters=False,
    )
    @action(detail=True, filter_backends=[], pagination_class=None)
    def without(self, request: Request, ref: str) -> Response:
        chosen = Video.objects.filter(pk=self.get_object().pk)
        told = consequences.without(chosen, user=request.user, now=timezone.now())
        return Response(ConsequencesSerializer(told).data)

    @extend_schema(summary="The links that show a video", responses=UseSerializer(many=True), filters=False)
    @action(detail=True, filter_backends=[])
    def usage(self, request: Request, ref: str) -> Response:
        page = self.paginate_queryset(self.get_object().links.visible_to(request.user).with_targets().order_by("pk"))
        return self.get_paginated_response(UseSerializer(page, many=True).data)

    @extend_schema(
        summary="Announce a file that goes straight to the store",
        description="PUT the bytes to the URL of the answer, then POST to `complete`. For large files and browsers.",
        request=AnnouncementSerializer,
        responses={201: DirectUploadSerializer},
    )
    @action(detail=False, methods=["post"])
    def direct(self, request: Request) -> Response:
        form = AnnouncementSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        now = timezone.now()
        begun = uploads.begin_direct(**form.validated_data)
        body = {
            "video": self.read_again(begun.video),
            "method": "PUT",
            "url": begun.url,
            "expires_at": now + timedelta(seconds=uploads.DIRECT_URL_S),
        }
        return Response(DirectUploadSerializer(body, context=self.get_serializer_context()).data, status=201)

    @extend_schema(
        summary="Say that the bytes of an announced file are there",
        description="The video is `processing` until the worker has looked at them. Harmless to repeat.",
        request=None,
        responses={202: VideoSerializer},
    )
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, ref: str) -> Response:
        return self.answer(uploads.finish_direct(self.get_object()), status=202)
