"""What a list of videos can be narrowed to."""

from django.db.models import Exists, OuterRef, QuerySet
from django_filters import rest_framework as filters

from media_library.models import Link, Video


class VideoFilter(filters.FilterSet):
    """Videos by what they are, how they are shown and when they came."""

    kind = filters.MultipleChoiceFilter(choices=Video.Kind.choices)
    state = filters.MultipleChoiceFilter(choices=Video.State.choices)
    rotation = filters.MultipleChoiceFilter(choices=Video.Rotation.choices)
    fit_mode = filters.MultipleChoiceFilter(choices=Video.FitMode.choices)
    sha256 = filters.CharFilter(lookup_expr="iexact", help_text="Of the bytes: which videos have them already?")
    is_linked = filters.BooleanFilter(method="filter_is_linked", help_text="Something that the caller sees shows it.")
    created_after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Video
        fields = {"name": ["exact", "icontains"], "mime": ["exact"]}

    def filter_is_linked(self, queryset: QuerySet[Video], name: str, value: bool) -> QuerySet[Video]:
        links = Exists(Link.objects.visible_to(self.request.user).filter(video=OuterRef("pk")))
        return queryset.filter(links if value else ~links)
