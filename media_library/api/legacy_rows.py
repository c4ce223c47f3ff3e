"""Rows of links and of what plays, as the old services wrote them; read as plain values, one statement a list."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any, NamedTuple

from media_library.querysets import PlacementQuerySet
from media_library.services.handout import Media, s3_link
from media_library.windows import Window

Json = dict[str, Any]


class LinkRow(NamedTuple):
    """A placement with the present state of what it joins. The fields down to `display_order` are the wire's own names;
    the others decide where its media is, and whether and when it plays."""

    id: int
    did: int
    vid: int
    sid: int | None
    gid: int | None
    created_at: datetime
    updated_at: datetime
    mobile_id: str
    video_name: str
    shop_name: str | None
    gname: str | None
    is_online: bool
    temperature: float
    daily_count: int
    monthly_count: int
    rotation: int
    content_type: str
    fit_mode: str
    display_duration: int
    display_order: int
    link_id: int
    breadth: int
    layer: str
    file: str
    source_url: str | None
    mime: str
    timezone: str | None
    valid_from: datetime | None
    valid_until: datetime | None
    weekdays: list[int] | None
    start_time: time | None
    end_time: time | None

    @property
    def video_id(self) -> int:
        """`vid`, by the name that the resolver knows."""
        return self.vid

    @property
    def window(self) -> Window | None:
        """When it is shown; None: always."""
        return Window.of(self)

    @property
    def media(self) -> Media:
        """What an address of its video is made of."""
        return Media(self.video_name, self.file, self.source_url, self.mime)

    def as_json(self) -> Json:
        """The row as the old services wrote it."""
        row: Json = dict(zip(ON_THE_WIRE, self, strict=False))
        row["s3_link"] = s3_link(self.file, self.source_url)
        return row


ON_THE_WIRE = LinkRow._fields[: LinkRow._fields.index("display_order") + 1]
PATHS = (
    "id",
    "device_id",
    "video_id",
    "shop_id",
    "group_id",
    "created_at",
    "updated_at",
    "device__mobile_id",
    "video__name",
    "shop__name",
    "group__name",
    "device__presence__is_online",
    "device__presence__temperature",
    "device__presence__daily_count",
    "device__presence__monthly_count",
    "video__rotation",
    "video__kind",
    "video__fit_mode",
    "video__display_duration",
    "display_order",
    "link_id",
    "breadth",
    "layer",
    "video__file",
    "video__source_url",
    "video__mime",
    "device__shop__timezone",
    "valid_from",
    "valid_until",
    "weekdays",
    "start_time",
    "end_time",
)
"""Where the fields of LinkRow come from, in their order."""


class Shown(NamedTuple):
    """A file and how it is shown, by the wire's names: the same for many devices."""

    name: str
    rotation: int
    content_type: str
    fit_mode: str
    display_duration: int
    file: str
    source_url: str | None
    mime: str

    @property
    def media(self) -> Media:
        """What an address of its video is made of."""
        return Media(self.name, self.file, self.source_url, self.mime)


class FileRow(NamedTuple):
    """Of a placement as much as an old client downloads and plays by: a list of these asks for a third less."""

    link_id: int
    video_id: int
    breadth: int
    layer: str
    display_order: int
    updated_at: datetime
    valid_from: datetime | None
    valid_until: datetime | None
    weekdays: list[int] | None
    start_time: time | None
    end_time: time | None
    timezone: str | None
    id: int
    shown: Shown

    @classmethod
    def of(cls, values: Sequence[Any]) -> "FileRow":
        """The row of the values of FILE_PATHS."""
        return cls._make((*values[:_SHOWN_FROM], Shown._make(values[_SHOWN_FROM:])))

    @property
    def window(self) -> Window | None:
        """When it is shown; None: always."""
        return Window.of(self)


_SHOWN_FROM = FileRow._fields.index("shown")
FILE_PATHS = (
    *("link_id", "video_id", "breadth", "layer", "display_order", "updated_at"),
    *("valid_from", "valid_until", "weekdays", "start_time", "end_time", "device__shop__timezone", "id"),
    *("video__name", "video__rotation", "video__kind", "video__fit_mode", "video__display_duration"),
    *("video__file", "video__source_url", "video__mime"),
)
"""Where the fields of FileRow come from, in their order, those of Shown last."""


def rows_of(placements: PlacementQuerySet) -> list[LinkRow]:
    """The rows of these placements, in one statement."""
    return [LinkRow._make(values) for values in placements.values_list(*PATHS)]


def recent_links(rows: list[LinkRow]) -> list[Json]:
    """The ten links touched last, as the refusal to delete a device lists them."""
    latest = sorted(rows, key=lambda row: (row.updated_at, row.id), reverse=True)[:10]
    names = ("did", "mobile_id", "gid", "gname", "sid", "shop_name", "vid", "video_name", "created_at", "updated_at")
    return [{"link_id": row.id, **{name: getattr(row, name) for name in names}} for row in latest]
