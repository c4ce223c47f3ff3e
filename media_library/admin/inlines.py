"""Links on the pages of devices, groups and shops, in the order of play.

Each page shows the links that count for it: those whose most specific target it is.
"""

from functools import partial
from typing import Any

from django.contrib.admin.checks import BaseModelAdminChecks
from django.contrib.admin.utils import flatten_fieldsets
from django.forms import modelformset_factory
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
from media_library.admin.forms import ChainLinkFormSet, LinkForm, LinkFormSet
from media_library.admin.pictures import thumbnail
from media_library.models import Link

CLOCKS = (
    "Hours and weekdays are on the clock of the shop where a screen stands: 09:00 is 09:00 everywhere, also "
    "when clocks are changed. An end that is earlier than the start passes midnight. The two dates with "
    "their times are instants, in UTC."
)
"""Which clock is meant, wherever a window is asked for."""

WINDOW: tuple[str, dict[str, Any]] = (
    "When it is shown",
    {
        "classes": ["collapse"],
        "fields": [("valid_from", "valid_until"), ("start_time", "end_time"), "weekdays"],
        "description": CLOCKS,
    },
)


class LinkInline(ScopedInline, StackedInline):
    """The links of one target and layer; `narrower` are the targets that may limit a link further, `absent` those it
    has not."""

    model = Link
    form = LinkForm
    formset: Any = LinkFormSet
    extra = 0
    show_change_link = True
    ordering = ["display_order", "-updated_at", "-id"]
    ordering_field = "display_order"
    tab = True
    readonly_fields = ["picture"]
    verbose_name_plural = "Playlist"
    layer: str = Link.Layer.REGULAR
    narrower: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    @property
    def autocomplete_fields(self) -> list[str]:
        return ["video", *self.narrower]

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """The formset knows its layer, which its new links get."""
        return type("LinkFormSet", (super().get_formset(request, obj, **kwargs),), {"layer": self.layer})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        name, window = WINDOW
        title = "When, and only where it is also in" if self.narrower else name
        fields = [*window["fields"], *([self.narrower] if self.narrower else []), "display_order"]
        return [(None, {"fields": [("picture", "video")]}), (title, {**window, "fields": fields})]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).with_targets().filter(**dict.fromkeys(self.absent), layer=self.layer)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return known_autocomplete(self, super().formfield_for_foreignkey, db_field, request, **kwargs)

    def picture(self, obj: Link) -> SafeString | str:
        return thumbnail(obj.video, timezone.now()) if obj.video_id else ""


class DefaultInline(LinkInline):
    """What plays while nothing regular does, so that no screen is ever black."""

    layer = Link.Layer.DEFAULT
    verbose_name_plural = "Default playlist"


class LinkOfDevice(LinkInline):
    """What this one device plays beside what its group and shop give it."""

    fk_name = "device"
    narrower = ("group", "shop")


class DefaultOfDevice(DefaultInline):
    """What this one device plays while nothing regular does."""

    fk_name = "device"


class LinkOfGroup(LinkInline):
    """What all devices of the group play."""

    fk_name = "group"
    narrower = ("shop",)
    absent = ("device",)


class DefaultOfGroup(DefaultInline):
    """What they play while nothing regular does."""

    fk_name = "group"
    narrower = ("shop",)
    absent = ("device",)


class LinkOfShop(LinkInline):
    """What all devices in the shop play."""

    fk_name = "shop"
    absent = ("device", "group")


class DefaultOfShop(DefaultInline):
    """What they play while nothing regular does."""

    fk_name = "shop"
    absent = ("device", "group")


class DefaultOfChain(DefaultInline):
    """What every screen of the chain plays while nothing regular does, nor a default of its own place.

    No column of a link points at the chain, so its formset is a plain one of the links without any target.
    """

    formset: Any = ChainLinkFormSet
    absent = ("device", "group", "shop")
    checks_class = BaseModelAdminChecks

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        may_delete = self.has_delete_permission(request, obj)
        made = modelformset_factory(
            Link,
            form=self._form_for(request),
            formset=ChainLinkFormSet,
            formfield_callback=partial(self.formfield_for_dbfield, request=request),
            fields=[field for field in flatten_fieldsets(self.get_fieldsets(request, obj)) if field != "picture"],
            extra=self.get_extra(request, obj),
            can_delete=self.can_delete and may_delete,
        )
        return type("ChainLinkFormSet", (made,), {"layer": self.layer})

    def _form_for(self, request: HttpRequest) -> type[LinkForm]:
        """Without changes for whoever may only look."""
        may = self.has_change_permission(request)

        class ChainLinkForm(LinkForm):
            def has_changed(self) -> bool:
                return may and super().has_changed()

        return ChainLinkForm


extend(Device, inlines=[LinkOfDevice, DefaultOfDevice])
extend(Group, inlines=[LinkOfGroup, DefaultOfGroup])
extend(Shop, inlines=[LinkOfShop, DefaultOfShop])
