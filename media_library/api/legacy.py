"""The old routes of links, of what plays, and of groups' videos; and the deletions that links decide about."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

import orjson
from django.conf import settings
from django.db.models import Count
from django.http import HttpResponse
from django.utils.encoding import iri_to_uri
from pydantic import BaseModel, Field

from devices.api.legacy import device_row
from devices.models import Device, Group
from devices.services.registry import means_no_group, record_download, register_device
from dgx.core.api.legacy import Detail, Route
from dgx.core.api.legacy_reading import AnyId, Id, Integer, Name, NewName, Offset, Text
from dgx.core.errors import Invalid, NotFound
from dgx.core.prepared import Prepared
from dgx.core.transactions import atomic_retried
from locations.models import Shop
from media_library.api.legacy_rows import FILE_PATHS, PATHS, FileRow, LinkRow, Shown, recent_links, rows_of
from media_library.models import Link, Placement, Video
from media_library.services.handout import BrokenAddress, NoAddress, hand_out
from media_library.services.links import join, put_on_device, remove_placement
from media_library.services.programme import set_and_count_group_videos
from media_library.services.removal import delete_device, delete_group, delete_shop
from media_library.services.resolver import playing_at, resolved
from media_library.services.signing import signed_at

Json = dict[str, Any]
R = TypeVar("R", LinkRow, FileRow)
Limit = Annotated[int, Field(ge=1, le=1000)]


class NewLink(BaseModel):
    """A video for a device, in a shop and a group."""

    mobile_id: Name
    video_name: Name
    shop_name: Name
    gname: Name | None = None
    display_order: Integer = 0


class LinkPage(BaseModel):
    """A page of links."""

    limit: Limit = 200
    offset: Offset = 0


class LinkSearch(BaseModel):
    """All that are given must fit: names as parts in any case, ids exactly."""

    mobile_id: Text | None = None
    video_name: Text | None = None
    shop_name: Text | None = None
    gname: Text | None = None
    did: Id | None = None
    vid: Id | None = None
    sid: Id | None = None
    gid: Id | None = None
    limit: Limit = 200
    offset: Offset = 0


class VideoOfGroup(BaseModel):
    """The only video of a group."""

    video_name: Name


class VideosOfGroup(BaseModel):
    """The videos of a group, in the order of play."""

    video_names: list[Name]


class DeviceToCreate(BaseModel):
    """Group and shop count only together."""

    mobile_id: NewName
    group_name: Name | None = None
    shop_name: Name | None = None


class DownloadStatus(BaseModel):
    """What a device says of its downloads."""

    status: bool


# --- links ----
def create_link(body: NewLink) -> Json:
    """POST /link."""
    device = find(Device, body.mobile_id, "Device not found: {}")
    video = find(Video, body.video_name, "Video not found: {}")
    shop = find(Shop, body.shop_name, "Shop not found: {}")
    group = find_group(body.gname)
    return _put(device=device, video=video, shop=shop, group=group, display_order=body.display_order)


@atomic_retried
def _put(*, device: Device, **shown: Any) -> Json:
    """Read before anybody else can take it away again."""
    link = put_on_device(device=device, **shown)
    return rows_of(Placement.objects.filter(link=link, device=device))[0].as_json()


def get_link(link_id: Id) -> Json:
    """GET /link/{link_id}."""
    rows = rows_of(Placement.objects.with_wire_id(link_id).regular().primary())
    if not rows:
        raise NotFound("Link not found")
    return rows[0].as_json()


def list_links(query: LinkSearch) -> Json:
    """GET /links."""
    names = {
        "device__mobile_id__icontains": query.mobile_id,
        "video__name__icontains": query.video_name,
        "shop__name__icontains": query.shop_name,
        "group__name__icontains": query.gname,
    }
    ids = {"device": query.did, "video": query.vid, "shop": query.sid, "group": query.gid}
    given = {path: value for path, value in (names | ids).items() if value not in {None, ""}}
    return _link_page(given, query)


def list_links_by_group(gname: Text, query: LinkPage) -> Json:
    """GET /links/by_group/{gname}."""
    return _link_page({"group__name": gname}, query) | {"gname": gname}


def delete_link(link_id: AnyId) -> Json:
    """DELETE /link/{link_id}, POST /link/{link_id}/delete."""
    placement = Placement.objects.with_wire_id(link_id).regular().primary().select_related("device").first()
    if placement is None:
        raise NotFound("Link not found")
    remove_placement(placement)
    status = _download_status(placement.device.mobile_id)
    return {
        "deleted_count": 1,
        "device_download_status": status["download_status"],
        "total_links": status["total_links"],
        "downloaded_count": status["downloaded_count"],
    }


def _link_page(filters: Json, page: LinkPage | LinkSearch) -> Json:
    placements = Placement.objects.filter(**filters).regular().primary().order_by("display_order", "-id")
    items = [row.as_json() for row in rows_of(placements[page.offset : page.offset + page.limit])]
    return {"count": len(items), "items": items, "limit": page.limit, "offset": page.offset}


# --- what a device plays ----
def _on_named(paths: Sequence[str]) -> Prepared:
    return Prepared(lambda name: Placement.objects.on_named(name).playable().values_list(*paths), stand_in="…")


_ROWS, _FILES = _on_named(PATHS), _on_named(FILE_PATHS)


def playing(mobile_id: str, now: datetime) -> list[LinkRow]:
    """What the device plays at this instant, in the order of play, in one statement."""
    return _playing_at(map(LinkRow._make, _ROWS.all(mobile_id)), now)


def playing_files(mobile_id: str, now: datetime) -> list[FileRow]:
    """The same, with what is needed to download it."""
    return _playing_at(map(FileRow.of, _FILES.all(mobile_id)), now)


def _playing_at(placements: Iterable[R], now: datetime) -> list[R]:
    rows = resolved(placements)
    return playing_at(rows, now, ZoneInfo((rows and rows[0].timezone) or "UTC"))


def get_playing_video(mobile_id: Text, now: datetime) -> Json:
    """GET /device/{mobile_id}/video."""
    rows = playing(mobile_id, now)
    if not rows:
        raise NotFound("No video linked to this device")
    return rows[0].as_json()


def list_playing_videos(mobile_id: Text, query: LinkPage, now: datetime) -> Json:
    """GET /links/by_device/{mobile_id}, GET /device/{mobile_id}/videos."""
    items = [row.as_json() for row in _paged(playing(mobile_id, now), query)]
    return {
        "count": len(items),
        "items": items,
        "limit": query.limit,
        "offset": query.offset,
        "mobile_id": mobile_id,
    }


def list_downloads(mobile_id: Text, query: LinkPage, now: datetime) -> Json:
    """GET /device/{mobile_id}/videos/downloads, GET /device/{mobile_id}/presigned_urls."""
    rows = _paged(playing_files(mobile_id, now), query)
    if not rows:
        raise NotFound("No video linked to this device")
    expires = settings.PRESIGN_EXPIRES
    at = signed_at(now, expires)
    items = [_item(row, told) for row in rows if (told := _download(row.shown, at, expires))]
    if not items:
        raise NotFound("No downloadable videos for this device")
    return {"mobile_id": mobile_id, "items": items, "count": len(items)}


def _item(row: FileRow, told: bytes) -> orjson.Fragment:
    return orjson.Fragment(b'{"link_id":%d,%s,"display_order":%d}' % (row.id, told, row.display_order))


@lru_cache(maxsize=5_000)
def _download(shown: Shown, at: datetime, expires: int) -> bytes | None:
    """The JSON of what is alike for all devices that show the file so, without its braces; None: it has no address.
    Made of nothing but these values, so that a kept one is never an old one."""
    try:
        given = hand_out(shown.media, now=at, expires=expires)
    except (NoAddress, BrokenAddress):
        return None
    told = {
        "video_name": shown.name,
        "url": given.url,
        "expires_in": given.expires_in,
        "filename": given.filename,
        "rotation": shown.rotation,
        "content_type": shown.content_type,
        "fit_mode": shown.fit_mode,
        "display_duration": shown.display_duration,
    }
    return orjson.dumps(told)[1:-1]


def redirect_to_media(mobile_id: Text, link_id: AnyId, now: datetime) -> HttpResponse:
    """GET /device/{mobile_id}/video/{link_id}/download."""
    placements = Placement.objects.with_wire_id(link_id).filter(device__mobile_id=mobile_id).primary()
    rows = rows_of(placements)
    if not rows:
        raise NotFound("Video not found for this device")
    try:
        given = hand_out(rows[0].media, now=now, expires=settings.PRESIGN_EXPIRES)
    except (NoAddress, BrokenAddress) as error:
        raise NotFound("No s3_link for this video") from error
    return HttpResponse(status=302, headers={"Location": iri_to_uri(given.url) or ""})


def _paged(rows: Sequence[R], page: LinkPage) -> Sequence[R]:
    return rows[page.offset : page.offset + page.limit]


def get_download_status(mobile_id: Text) -> Json:
    """GET /device/{mobile_id}/download_status."""
    return _download_status(mobile_id)


def update_download_status(mobile_id: Text, body: DownloadStatus, now: datetime) -> Json:
    """POST /device/{mobile_id}/download_update."""
    record_download(find(Device, mobile_id, "Device not found"), complete=body.status, now=now)
    return _download_status(mobile_id)


def _download_status(mobile_id: str) -> Json:
    device = device_row(Device.objects.named(mobile_id))
    links = Placement.objects.on(device["id"]).regular().aggregate(total=Count("video", distinct=True))
    return {
        "mobile_id": mobile_id,
        "download_status": device["download_status"],
        "total_links": links["total"],
        "downloaded_count": 0,  # no route ever marked a link as downloaded
    }


# --- groups and their videos ----
def get_group_videos(gname: Text) -> Json:
    """GET /group/{gname}/videos."""
    group = find_group(gname)
    videos = Video.objects.filter(pk__in=Placement.objects.filter(group=group).regular().values("video"))
    if group:
        links = Link.objects.regular().filter(group=group, device=None)
        videos |= Video.objects.filter(pk__in=links.values("video"))
    rows = list(videos.distinct().order_by("name").values_list("id", "name"))
    return {
        "gid": group and group.pk,
        "gname": group and group.name,
        "vids": [number for number, _ in rows],
        "video_names": [name for _, name in rows],
        "count": len(rows),
    }


def set_video(gname: Text, body: VideoOfGroup, now: datetime) -> Json:
    """POST /group/{gname}/video."""
    group = find_group(gname)
    video = find(Video, body.video_name, "Video not found: {}")
    done = set_and_count_group_videos(group, [video], now=now)
    return {
        "gid": group and group.pk,
        "gname": group and group.name,
        "vid": video.pk,
        "video_name": video.name,
        "inserted_count": done.inserted,
        "deleted_count": done.deleted,
        "remaining_count": done.kept,
        "devices_marked": done.devices,
    }


def set_videos(gname: Text, body: VideosOfGroup, now: datetime) -> Json:
    """POST /group/{gname}/videos, PUT /group/{gname}/videos."""
    names = list(dict.fromkeys(name.strip() for name in body.video_names if name.strip()))
    if not names:
        raise Invalid("video_names must be non-empty")
    found = {video.name: video for video in Video.objects.filter(name__in=names)}
    if missing := [name for name in names if name not in found]:
        raise NotFound(f"Videos not found: {', '.join(missing)}")
    group = find_group(gname)
    videos = [found[name] for name in names]
    done = set_and_count_group_videos(group, videos, now=now)
    return {
        "gid": group and group.pk,
        "gname": group and group.name,
        "vids": [video.pk for video in videos],
        "video_names": names,
        "inserted_count": done.inserted,
        "deleted_count": done.deleted,
        "updated_count": done.kept,
        "devices_marked": done.devices,
    }


def create_device(body: DeviceToCreate) -> Json:
    """POST /device/create."""
    group, shop = None, None
    if (body.group_name or "").strip() and (body.shop_name or "").strip():
        group = find(Group, body.group_name or "", "Group not found: {}")
        shop = find(Shop, body.shop_name or "", "Shop not found: {}")
    device, created = _registered(body.mobile_id, group, shop)
    return {
        "device_id": device.pk,
        "mobile_id": device.mobile_id,
        "created": created,
        "linked_to_group": group is not None,
        "linked_to_shop": shop is not None,
        "gname": group and group.name,
        "shop_name": shop and shop.name,
    }


@atomic_retried
def _registered(mobile_id: str, group: Group | None, shop: Shop | None) -> tuple[Device, bool]:
    device, created = register_device(mobile_id=mobile_id)
    if group and shop:
        join(device, group=group, shop=shop)
    return device, created


# --- deletions ----
def remove_device(mobile_id: Text) -> Json:
    """DELETE /device/{mobile_id}."""
    device = find(Device, mobile_id, "Device not found")
    rows = rows_of(Placement.objects.on(device).regular().primary())
    if rows:
        message = f"Device '{mobile_id}' is linked with other records. Remove links first, then delete the device."
        detail = {"message": message, "linked_count": len(rows), "device_ids": [device.pk]}
        raise Detail(409, detail | {"recent_links": recent_links(rows)})
    delete_device(device)
    return {"deleted_count": 1}


def remove_group(gname: Text) -> Json:
    """DELETE /group/{gname}."""
    delete_group(find(Group, gname, "Group not found"))
    return {"deleted_count": 1}


def remove_shop(shop_name: Text) -> Json:
    """DELETE /shop/{shop_name}."""
    delete_shop(find(Shop, shop_name, "Shop not found"))
    return {"deleted_count": 1}


def find(model: Any, name: str, missing: str) -> Any:
    """The row of exactly that name. Raises NotFound with `missing`, which may name it."""
    found = model.objects.named(name).first()
    if found is None:
        raise NotFound(missing.format(name))
    return found


def find_group(gname: str | None) -> Group | None:
    """The group, or None for a word that stands for “no group”. Raises NotFound."""
    if gname is None or means_no_group(gname):
        return None
    group: Group = find(Group, gname, "Group not found: {}")
    return group


ROUTES = [
    Route("POST", "device/create", create_device, "combined"),
    Route("DELETE", "device/<mobile_id>", remove_device, "device"),
    Route("DELETE", "group/<gname>", remove_group, "group"),
    Route("DELETE", "shop/<shop_name>", remove_shop, "shop"),
    Route("POST", "link", create_link, "combined"),
    Route("GET", "link/<link_id>", get_link, "combined"),
    Route("DELETE", "link/<link_id>", delete_link, "combined"),
    Route("POST", "link/<link_id>/delete", delete_link, "combined"),
    Route("GET", "links", list_links, "combined"),
    Route("GET", "links/by_device/<mobile_id>", list_playing_videos, "combined"),
    Route("GET", "links/by_group/<gname>", list_links_by_group, "combined"),
    Route("GET", "device/<mobile_id>/video", get_playing_video, "combined"),
    Route("GET", "device/<mobile_id>/videos", list_playing_videos, "combined"),
    Route("GET", "device/<mobile_id>/videos/downloads", list_downloads, "combined"),
    Route("GET", "device/<mobile_id>/presigned_urls", list_downloads, "combined"),
    Route("GET", "device/<mobile_id>/video/<link_id>/download", redirect_to_media, "combined"),
    Route("GET", "device/<mobile_id>/download_status", get_download_status, "combined"),
    Route("POST", "device/<mobile_id>/download_update", update_download_status, "combined"),
    Route("GET", "group/<gname>/videos", get_group_videos, "combined"),
    Route("POST", "group/<gname>/video", set_video, "combined"),
    Route("POST", "group/<gname>/videos", set_videos, "combined"),
    Route("PUT", "group/<gname>/videos", set_videos, "combined"),
]
