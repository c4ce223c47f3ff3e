"""Verbs over many videos, links and placements."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import JSONObject

from dgx.core.scope import OfDeviceQuerySet, OfPersonQuerySet, ScopedQuerySet

if TYPE_CHECKING:
    from devices.models import Device
    from media_library.models import Emergency, Link, Placement, Video
    from media_library.models.link import LinkException
    from media_library.models.upload import Upload

PLAY_ORDER = ("display_order", "-updated_at", "-link_id")
"""The order of play, as the old services had it: the order, then the link touched last, then the higher id."""

TWINS_SHOWN = 10


class VideoQuerySet(ScopedQuerySet["Video"]):
    """Reads of videos."""

    def _seen_within(self, shops: frozenset[int]) -> Self:
        """The library is everybody's."""
        return self.all()

    def _changed_within(self, shops: frozenset[int]) -> Self:
        """Those that no link takes to a screen outside of these shops."""
        links: Any = self.model._meta.get_field("links").related_model
        inside = links._default_manager.all().reaching_only(shops)
        return self.exclude(Exists(links._default_manager.filter(video=OuterRef("pk")).exclude(pk__in=inside)))

    def named(self, name: str) -> "VideoQuerySet":
        """The video of exactly this name. A name with a NUL is nobody's."""
        return self.none() if "\x00" in name else self.filter(name=name)

    def ready(self) -> "VideoQuerySet":
        """Those that may reach a screen."""
        return self.filter(state="ready")

    def in_bin(self) -> "VideoQuerySet":
        """Those in the bin; ask `Video.all_objects`."""
        return self.exclude(binned_at=None)

    def with_twins(self) -> "VideoQuerySet":
        """Annotates `twins`, up to 10 other videos with the same bytes as `{"id", "name"}`, by name."""
        same = (
            self.model._default_manager.filter(sha256=OuterRef("sha256")).exclude(sha256="").exclude(pk=OuterRef("pk"))
        )
        row = JSONObject(id="public_id", name="name")
        return self.annotate(twins=ArraySubquery(same.order_by("name").values(row=row)[:TWINS_SHOWN]))

    def unprobed(self) -> "VideoQuerySet":
        """Those with a file that the worker has not looked into yet."""
        return self.filter(probed_at=None).exclude(file="").exclude(state="failed")


_VideoManager = models.Manager.from_queryset(VideoQuerySet)


class PresentVideoManager(_VideoManager["Video"]):
    """Videos that are not in the bin."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(binned_at=None)


class LinkQuerySet(ScopedQuerySet["Link"]):
    """Reads of links."""

    def _seen_within(self, shops: frozenset[int]) -> Self:
        """Those whose targets are all in sight; one to the whole chain reaches these shops too."""
        groups = self._related("group").seen_in(shops)
        return self.filter(
            Q(device=None) | Q(device__shop__in=shops),
            Q(shop=None) | Q(shop__in=shops),
            Q(group=None) | Q(group__in=groups),
        )

    def _changed_within(self, shops: frozenset[int]) -> Self:
        return self.reaching_only(shops)

    def reaching_only(self, shops: frozenset[int]) -> Self:
        """Those in sight of these shops that reach no device outside of them."""
        groups = self._related("group")._changed_within(shops)
        return self._seen_within(shops).filter(Q(device__isnull=False) | Q(shop__isnull=False) | Q(group__in=groups))

    def _related(self, name: str) -> Any:
        related: Any = self.model._meta.get_field(name).related_model
        return related._default_manager.all()

    def with_targets(self) -> "LinkQuerySet":
        """With video, device, group and shop, in the same statement."""
        return self.select_related("video", "device", "group", "shop")

    def regular(self) -> "LinkQuerySet":
        """Those of the daily programme: the only ones that the old routes know and touch."""
        return self.filter(layer="regular")

    def matching(self, device: "Device") -> "LinkQuerySet":
        """Those whose targets the device matches, excepted or not."""
        targets = {"device": device.pk, "group": device.group_id, "shop": device.shop_id}
        return self.filter(*(Q(**{name: None}) | Q(**{name: key}) for name, key in targets.items()))

    def valid_at(self, at: datetime) -> "LinkQuerySet":
        """Those whose dates admit that instant; weekdays and times of the day need a clock and are not looked at."""
        return self.filter(Q(valid_from=None) | Q(valid_from__lte=at), Q(valid_until=None) | Q(valid_until__gt=at))


class UploadQuerySet(OfPersonQuerySet["Upload"]):
    """Reads of uploads."""

    owner = "started_by"


class LinkExceptionQuerySet(OfDeviceQuerySet["LinkException"]):
    """Reads of the devices that are excepted from links."""

    def _changed_within(self, shops: frozenset[int]) -> Self:
        links: Any = self.model._meta.get_field("link").related_model
        return self._seen_within(shops).filter(link__in=links._default_manager.all().reaching_only(shops))


class EmergencyQuerySet(ScopedQuerySet["Emergency"]):
    """Reads of emergencies."""

    def running(self, at: datetime) -> Self:
        """Those that have their screens at that instant."""
        return self.filter(until__gt=at, ended_at=None)

    def over(self, at: datetime) -> Self:
        """Those that are over by then, the latest first."""
        return self.filter(Q(until__lte=at) | Q(ended_at__isnull=False)).order_by("-created_at")

    def touching(self, **place: Any) -> Self:
        """Those that reach what is at one of these places, given by public ids: `shop`, `group`, `device`."""
        reaches = Q(whole_chain=True)
        for name, public_id in place.items():
            if public_id is not None:
                reaches |= Q(**{f"{name}s__contains": [public_id]})
        return self.filter(reaches)

    def _seen_within(self, shops: frozenset[int]) -> Self:
        """Those that reach a screen in these shops."""
        reaches = Q(whole_chain=True)
        for name, rows in _places(shops, "_seen_within").items():
            reaches |= Q(**{f"{name}__overlap": rows})
        return self.filter(reaches)

    def _changed_within(self, shops: frozenset[int]) -> Self:
        """Those that reach no screen outside of them."""
        inside = {f"{name}__contained_by": rows for name, rows in _places(shops, "_changed_within").items()}
        return self.filter(whole_chain=False, **inside)


def _places(shops: frozenset[int], verb: str) -> dict[str, ArraySubquery]:
    """Public ids of the shops, groups and devices that a limit to these shops leaves, by an emergency's fields."""
    models_by_field = {"shops": "locations.Shop", "groups": "devices.Group", "devices": "devices.Device"}
    return {
        name: ArraySubquery(getattr(apps.get_model(label)._default_manager.all(), verb)(shops).values("public_id"))
        for name, label in models_by_field.items()
    }


class PlacementQuerySet(OfDeviceQuerySet["Placement"]):
    """Reads of what plays where."""

    def on(self, device: "Device | int") -> "PlacementQuerySet":
        """Those of one device."""
        return self.filter(device=device)

    def regular(self) -> "PlacementQuerySet":
        """Those of the daily programme: the only ones that the old routes list and touch."""
        return self.filter(layer="regular")

    def playable(self) -> "PlacementQuerySet":
        """Those whose media may reach a screen, wherever their bytes are."""
        return self.filter(video__state="ready")

    def deliverable(self) -> "PlacementQuerySet":
        """Those that a manifest names: playable, with a stored object whose size and hash are known. A video that an
        old route pointed at an address of its own has nothing to verify and is left out."""
        stored = self.playable().filter(video__source_url=None, video__size__isnull=False)
        return stored.exclude(video__file="").exclude(video__sha256="")

    def primary(self) -> "PlacementQuerySet":
        """One row per device, video and layer: the most specific link's, in a tie the one that plays first."""
        same = {name: OuterRef(name) for name in ("device", "video", "layer")}
        stronger = (
            self.model._default_manager.filter(**same)
            .exclude(link=OuterRef("link"))
            .filter(
                Q(breadth__lt=OuterRef("breadth"))
                | Q(breadth=OuterRef("breadth"), display_order__lt=OuterRef("display_order"))
                | Q(
                    breadth=OuterRef("breadth"),
                    display_order=OuterRef("display_order"),
                    updated_at__gt=OuterRef("updated_at"),
                )
                | Q(
                    breadth=OuterRef("breadth"),
                    display_order=OuterRef("display_order"),
                    updated_at=OuterRef("updated_at"),
                    link__gt=OuterRef("link"),
                )
            )
        )
        return self.filter(~Exists(stronger))

    def on_named(self, mobile_id: str) -> "PlacementQuerySet":
        """Those of the device of that mobile_id, whose key is looked up within the statement: by its key alone the view
        is read through indexes."""
        devices = self.model._meta.get_field("device").related_model._default_manager
        return self.filter(device=devices.filter(mobile_id=mobile_id).values("pk")[:1])

    def with_wire_id(self, number: int) -> "PlacementQuerySet":
        """The row that the old routes know by this id; found through its device."""
        derived_from, device_bits = self.model.DERIVED_FROM, self.model.DEVICE_BITS
        if number >= derived_from:
            return self.filter(id=number, device=(number - derived_from) % (1 << device_bits))
        links = self.model._meta.get_field("link").related_model._default_manager
        return self.filter(id=number, link=number, device=links.filter(pk=number).values("device")[:1])

    def in_play_order(self) -> "PlacementQuerySet":
        """As a player plays them."""
        return self.order_by(*PLAY_ORDER)
