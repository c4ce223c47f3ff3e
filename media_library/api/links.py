"""Links over /api/v1: one at a time, many at once, and their order."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from django.db.models import Model, Prefetch
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer, extend_schema_view
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from devices.models import Device, Group
from dgx.core.api.filters import RefFilter
from dgx.core.api.references import DeviceRefField, PublicIdField, find_all
from dgx.core.api.serializers import ResourceSerializer, StrictFields, check_model_rules
from dgx.core.api.views import ResourceViewSet
from dgx.core.scope import is_limited
from locations.models import Shop
from media_library.models import Link, Video
from media_library.services.ordering import LINKS_AT_ONCE, change_link, create_links, remove_link, reorder

LINK_ID = "d0a3f1be-7f06-4a3b-b2a9-0d2a1c5e6f70"
NEW_LINK: dict[str, Any] = {
    "video": "c4a1e6b2-0f7b-4b6e-8d9a-5b7f0e1d2c33",
    "device": None,
    "group": "8c7b2b59-0f0e-4f7a-8a52-6a8d3b6e0c21",
    "shop": None,
    "except_devices": [],
    "layer": "regular",
    "display_order": 0,
    "valid_from": "2026-02-01T00:00:00Z",
    "valid_until": "2026-03-01T00:00:00Z",
    "weekdays": [1, 2, 3, 4, 5],
    "start_time": "08:00:00",
    "end_time": "20:00:00",
}
READ_LINK: dict[str, Any] = {
    "id": LINK_ID,
    **NEW_LINK,
    "video_name": "spring.mp4",
    "created_at": "2026-01-31T10:00:00Z",
    "updated_at": "2026-01-31T10:00:00Z",
}


@extend_schema_serializer(
    examples=[
        OpenApiExample("link", READ_LINK, response_only=True),
        OpenApiExample("new link", NEW_LINK, request_only=True),
    ]
)
class LinkSerializer(ResourceSerializer):
    """A video on whatever matches all of the targets that are set; without a `display_order` it goes to the end of
    their layer's list. A default or an emergency link may have no target: it reaches the whole chain."""

    video = PublicIdField(queryset=Video.objects.all())
    video_name = serializers.CharField(source="video.name", read_only=True)
    device = DeviceRefField(queryset=Device.objects.all(), allow_null=True, required=False)
    group = PublicIdField(queryset=Group.objects.all(), allow_null=True, required=False)
    shop = PublicIdField(queryset=Shop.objects.all(), allow_null=True, required=False)
    except_devices = DeviceRefField(queryset=Device.objects.all(), many=True, required=False)

    class Meta:
        model = Link
        fields = list(READ_LINK)
        read_only_fields = ["created_at", "updated_at"]
        validators: list[Any] = []  # duplicates are the services' to find, under the targets' lock

    def validate_weekdays(self, days: list[int] | None) -> list[int] | None:
        return sorted(set(days)) or None if days else None

    def check_rules(self, candidate: Model) -> None:
        """`clean` says all that the check constraints say, without a statement for each entry of a bulk."""
        check_model_rules(candidate, ())

    def create(self, validated_data: dict[str, Any]) -> Link:
        return create_links([validated_data])[0]

    def update(self, instance: Link, validated_data: dict[str, Any]) -> Link:
        if "except_devices" in validated_data and is_limited(user := self.context["request"].user):
            seen = Device.objects.visible_to(user)
            validated_data["except_devices"] += instance.except_devices.exclude(pk__in=seen.values("pk"))
        return change_link(instance, validated_data)


@extend_schema_serializer(
    examples=[
        OpenApiExample("links", {"links": [NEW_LINK]}, request_only=True),
        OpenApiExample("made", {"links": [READ_LINK]}, response_only=True),
    ]
)
class LinksSerializer(StrictFields):
    """Many links."""

    links = LinkSerializer(many=True, allow_empty=False, max_length=LINKS_AT_ONCE)  # type: ignore[call-arg]  # many's own


@extend_schema_serializer(examples=[OpenApiExample("order", {"links": [LINK_ID]}, request_only=True)])
class OrderSerializer(StrictFields):
    """All links of one layer of one device, group and shop, in the order in which they shall play."""

    links = serializers.ListField(child=serializers.UUIDField(), allow_empty=False, max_length=LINKS_AT_ONCE)


class LinkFilter(filters.FilterSet):
    """Links by what they show and on what."""

    video = RefFilter(Video.objects.all(), help_text="A video's id.")
    device = RefFilter(
        Device.objects.all(), other_key="mobile_id", help_text="A device's id, `mobile_id:<value>`, or `none`."
    )
    group = RefFilter(Group.objects.all(), help_text="A group's id, or `none`.")
    shop = RefFilter(Shop.objects.all(), help_text="A shop's id, or `none`.")
    layer = filters.MultipleChoiceFilter(choices=Link.Layer.choices, help_text="Regular, default or emergency.")
    valid_at = filters.IsoDateTimeFilter(method="filter_valid_at", help_text="Its dates admit this instant.")

    class Meta:
        model = Link
        fields: list[str] = []

    def filter_valid_at(self, queryset: Any, name: str, value: Any) -> Any:
        return queryset.valid_at(value)


@extend_schema_view(
    list=extend_schema(summary="Links"),
    create=extend_schema(summary="Put a video on a device, a group, a shop or the whole chain"),
    retrieve=extend_schema(summary="One link"),
    update=extend_schema(summary="Replace a link's fields"),
    partial_update=extend_schema(summary="Change some of a link's fields"),
    destroy=extend_schema(summary="Take a video off what the link put it on"),
)
class LinkView(ResourceViewSet):
    """Which video is shown where, in which order, and when."""

    queryset = Link.objects.with_targets()
    serializer_class = LinkSerializer
    filterset_class = LinkFilter
    search_fields = ["video__name", "device__mobile_id", "group__name", "shop__name"]
    ordering_fields = ["layer", "display_order", "created_at", "updated_at", "valid_from", "valid_until", "video__name"]
    action_permissions = {"bulk": ["media_library.add_link"], "reorder": ["media_library.change_link"]}

    def get_queryset(self) -> Any:
        excepted = Prefetch("except_devices", queryset=Device.objects.visible_to(self.request.user))
        return super().get_queryset().prefetch_related(excepted)

    @extend_schema(
        summary="Make many links at once, all or none", request=LinksSerializer, responses={201: LinksSerializer}
    )
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        body = LinksSerializer(data=request.data, context={"known": named_in(request.data, request.user)})
        body.is_valid(raise_exception=True)
        return self._links(create_links(body.validated_data["links"], by=request.user), status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Order all links of one layer of one device, group and shop",
        request=OrderSerializer,
        responses=LinksSerializer,
    )
    @action(detail=False, methods=["post"])
    def reorder(self, request: Request) -> Response:
        body = OrderSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return self._links(reorder(body.validated_data["links"], by=request.user), status=status.HTTP_200_OK)

    def perform_destroy(self, instance: Model) -> None:
        remove_link(cast("Link", instance))

    def _links(self, links: list[Link], status: int) -> Response:
        """These links in this order, as a list shows them."""
        found = self.get_queryset().in_bulk([link.pk for link in links])
        rows = [found[link.pk] for link in links]
        return Response({"links": LinkSerializer(rows, many=True).data}, status=status)


def named_in(body: Any, user: Any) -> dict[type[Model], Mapping[str, Model]]:
    """What a bulk's entries name and the person may see, by model and reference: a statement a model, however many
    entries there are."""
    devices = Device.objects.visible_to(user)
    return {
        Video: find_all(Video.objects.visible_to(user), _named(body, "video")),
        Device: find_all(devices, _named(body, "device", "except_devices"), other_key="mobile_id"),
        Group: find_all(Group.objects.visible_to(user), _named(body, "group")),
        Shop: find_all(Shop.objects.visible_to(user), _named(body, "shop")),
    }


def _named(body: Any, *fields: str) -> Iterator[Any]:
    """The values of these fields in the body's entries, whatever they are; at most as many entries as are allowed."""
    entries = body.get("links") if isinstance(body, Mapping) else None
    for entry in entries[:LINKS_AT_ONCE] if isinstance(entries, list) else ():
        for field in fields if isinstance(entry, Mapping) else ():
            value = entry.get(field)
            yield from value if isinstance(value, list) else (value,)
