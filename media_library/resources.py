"""Links in and out as CSV, and the table of all that comes and goes so."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Max, Q

from devices.models import Device, Group
from devices.resources import DeviceResource, GroupResource
from dgx.core.csv_cells import ChoiceWidget, ClockWidget, InstantWidget, NameWidget, WeekdaysWidget, WholeWidget
from dgx.core.csv_file import CsvFile
from dgx.core.resources import CsvResource, column
from locations.models import Shop
from locations.resources import ShopResource
from media_library.models import Link, Video

_TARGETS: dict[str, Any] = {"device": Device, "group": Group, "shop": Shop}


class LinkResource(CsvResource):
    """Links by their video, their targets and their layer. An empty order of a new one is behind the others'."""

    keys = ("video", "device", "group", "shop", "layer")
    optional_keys = ("device", "group", "shop", "layer")
    video = column("video_id", NameWidget(Video, required=True))
    device = column("device_id", NameWidget(Device, by="mobile_id"))
    group = column("group_id", NameWidget(Group))
    shop = column("shop_id", NameWidget(Shop))
    layer = column("layer", ChoiceWidget(Link.Layer.values))
    display_order = column("display_order", WholeWidget(), keeps=True)
    valid_from = column("valid_from", InstantWidget())
    valid_until = column("valid_until", InstantWidget())
    weekdays = column("weekdays", WeekdaysWidget())
    start_time = column("start_time", ClockWidget())
    end_time = column("end_time", ClockWidget())

    class Meta:
        model = Link
        fields = (
            *("video", "device", "group", "shop", "layer", "display_order"),
            *("valid_from", "valid_until", "weekdays", "start_time", "end_time"),
        )
        import_id_fields = ("video", "device", "group", "shop", "layer")

    def key_of(self, row: Mapping[str, str]) -> Any:
        try:
            return tuple(self.fields[name].widget.clean(row[name]) for name in self.keys)
        except ValueError:
            return None

    def find(self, file: CsvFile, first: int, count: int) -> Iterable[tuple[Any, Any]]:
        ids = {name: set(self.fields[name].widget.keys.values()) for name in ("video", *_TARGETS)}
        self.last = self._last_orders(ids)
        wanted = Q(video__in=ids["video"])
        for name in _TARGETS:
            wanted &= Q(**{name: None}) | Q(**{f"{name}__in": ids[name]})
        rows = self.locked(self.rows().filter(wanted))
        return (((row.video_id, row.device_id, row.group_id, row.shop_id, row.layer), row) for row in rows)

    def _last_orders(self, ids: Mapping[str, set[int]]) -> dict[Any, int]:
        """The last order of each list that the chunk could add to."""
        lists = Q(device__in=ids["device"]) | Q(device=None, group__in=ids["group"])
        lists |= Q(device=None, group=None, shop__in=ids["shop"]) | Q(device=None, group=None, shop=None)
        rows = Link.objects.filter(lists).order_by().values_list("device", "group", "shop", "layer")
        found = {tuple(key): last for *key, last in rows.annotate(last=Max("display_order"))}
        return found | {key: max(last, found.get(key, last)) for key, last in getattr(self, "last", {}).items()}

    def import_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        super().import_instance(instance, row, **kwargs)
        if self.is_new:
            key = (instance.device_id, instance.group_id, instance.shop_id, instance.layer)
            if not row.get("display_order"):
                instance.display_order = min(2**31 - 1, self.last.get(key, -1) + 1)
            self.last[key] = max(instance.display_order, self.last.get(key, instance.display_order))

    def check(self, instance: Any) -> None:
        """The model's rules look at whether there are targets, not at which: they are not fetched for it."""
        for name, model in _TARGETS.items():
            key = getattr(instance, f"{name}_id")
            setattr(instance, name, None if key is None else model(pk=key))
        super().check(instance)


RESOURCES: dict[str, type[CsvResource]] = {
    "devices": DeviceResource,
    "groups": GroupResource,
    "shops": ShopResource,
    "links": LinkResource,
}
"""What comes in and goes out as CSV, by the word that the commands know it by."""
