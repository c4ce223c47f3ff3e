"""A group's playlist, at an address below the group's."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from devices.models import Group
from dgx.core.api.permissions import ActionPermissions
from dgx.core.api.references import PublicIdField, find, find_all
from dgx.core.api.serializers import StrictFields
from dgx.core.api.views import ScopedView
from media_library.api.links import LINK_ID
from media_library.models import Link, Video
from media_library.services.programme import set_group_videos

VIDEOS_AT_ONCE = 1000
VIDEO_ID = "c4a1e6b2-0f7b-4b6e-8d9a-5b7f0e1d2c33"


@extend_schema_serializer(examples=[OpenApiExample("playlist", {"videos": [VIDEO_ID]}, request_only=True)])
class PlaylistSerializer(StrictFields):
    """Videos in the order of play."""

    videos = PublicIdField(queryset=Video.objects.all(), many=True)

    def validate_videos(self, videos: list[Video]) -> list[Video]:
        if len({video.pk for video in videos}) < len(videos):
            raise serializers.ValidationError("A video is named twice.", code="repeated")
        if len(videos) > VIDEOS_AT_ONCE:
            raise serializers.ValidationError(f"At most {VIDEOS_AT_ONCE} videos.", code="max_length")
        return videos


class PlaylistEntrySerializer(serializers.Serializer[Link]):
    """A video of the group, and the link that puts it there."""

    video = serializers.UUIDField(source="video.public_id")
    video_name = serializers.CharField(source="video.name")
    link = serializers.UUIDField(source="public_id")
    display_order = serializers.IntegerField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "playlist",
            {
                "videos": [
                    {"video": VIDEO_ID, "video_name": "spring.mp4", "link": LINK_ID, "display_order": 0},
                ]
            },
            response_only=True,
        )
    ]
)
class PlaylistEntriesSerializer(serializers.Serializer[Any]):
    """The group's own links, in the order of play."""

    videos = PlaylistEntrySerializer(many=True)


class GroupVideosView(ScopedView):
    """Reads and sets what every device of a group plays."""

    queryset = Group.objects.all()
    serializer_class = PlaylistSerializer
    permission_classes = [ActionPermissions]
    filter_backends: Any = []
    pagination_class = None
    action_permissions = {
        "get": ["devices.view_group", "media_library.view_link"],
        "put": [
            "devices.view_group",
            "media_library.add_link",
            "media_library.change_link",
            "media_library.delete_link",
        ],
    }

    @extend_schema(
        operation_id="groups_videos_retrieve",
        summary="The group's playlist",
        responses=PlaylistEntriesSerializer,
    )
    def get(self, request: Request, ref: str) -> Response:
        return self._playlist(find(self.get_queryset(), ref))

    @extend_schema(
        operation_id="groups_videos_update",
        summary="Let every device of the group play just these videos, in this order",
        description=(
            "Links of the group, and of its devices alone, to other videos go; its devices are excepted from a shop's "
            "links to others. An empty list lets the group play nothing."
        ),
        request=PlaylistSerializer,
        responses=PlaylistEntriesSerializer,
    )
    def put(self, request: Request, ref: str) -> Response:
        group = self.within_limit(find(self.get_queryset(), ref))
        body = PlaylistSerializer(data=request.data, context={"known": named_in(request.data)})
        body.is_valid(raise_exception=True)
        set_group_videos(group, body.validated_data["videos"], now=timezone.now())
        return self._playlist(group)

    @staticmethod
    def _playlist(group: Group) -> Response:
        links = Link.objects.regular().filter(device=None, group=group, shop=None, video__binned_at=None)
        return Response(PlaylistEntriesSerializer({"videos": links.select_related("video")}).data)


def named_in(body: Any) -> dict[type[Video], dict[str, Video]]:
    """The videos that the body names, by one statement."""
    named = body.get("videos") if isinstance(body, dict) else None
    return {Video: find_all(Video.objects.all(), named[:VIDEOS_AT_ONCE] if isinstance(named, list) else ())}
