"""Links on the pages of devices, groups and shops, in the order of play.

Each page shows the links that count for it: those whose most specific target it is.
"""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.admin import StackedInline

from devices.admin import device, group  # noqa: F401 — registers the pages that are extended here
from devices.models import Device, Group
from dgx.core.admin.base import extend, known_autocomplete
from dgx.core.admin.scoped import ScopedInline
from locations.admin import shop  # noqa: F401 — likewise
from locations.models import Shop
from media_library.admin.forms import LinkForm, LinkFormSet
from media_library.admin.pictures import thumbnail
from media_library.models import Link

WINDOW = (
    "When it is shown",
    {"classes": ["collapse"], "fields": [("valid_from", "valid_until"), ("start_time", "end_time"), "weekdays"]},
)


class LinkInline(ScopedInline, StackedInline):
    """The links of one target; `narrower` are the targets that may limit a link further, `absent` those it has not."""

    model = Link
    form = LinkForm
    formset = LinkFormSet
    extra = 0
    show_change_link = True
    ordering = ["display_order", "-updated_at", "-id"]
    ordering_field = "display_order"
    tab = True
    readonly_fields = ["picture"]
    verbose_name_plural = "Playlist"
    narrower: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    @property
    def autocomplete_fields(self) -> list[str]:
        return ["video", *self.narrower]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        first = (None, {"fields": [("picture", "video"), "display_order"]})
        limits = ("Only where it is also in", {"classes": ["collapse"], "fields": [self.narrower]})
        return [first, WINDOW, limits] if self.narrower else [first, WINDOW]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).with_targets().filter(**dict.fromkeys(self.absent))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return known_autocomplete(self, super().formfield_for_foreignkey, db_field, request, **kwargs)

    def picture(self, obj: Link) -> SafeString | str:
        return thumbnail(obj.video, timezone.now()) if obj.video_id else ""


class LinkOfDevice(LinkInline):
    """What this one device plays beside what its group and shop give it."""

    fk_name = "device"
    narrower = ("group", "shop")


class LinkOfGroup(LinkInline):
    """What all devices of the group play."""

    fk_name = "group"
    narrower = ("shop",)
    absent = ("device",)


class LinkOfShop(LinkInline):
    """What all devices in the shop play."""

    fk_name = "shop"
    absent = ("device", "group")


extend(Device, inlines=[LinkOfDevice])
extend(Group, inlines=[LinkOfGroup])
extend(Shop, inlines=[LinkOfShop])
