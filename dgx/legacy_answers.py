"""What each of the old routes answers with, for their description at /openapi-old.json: a sentence and a shape.

The recorded answers of the old services fit these shapes; a test holds them against each other, and the fuzzer ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NotRequired

from pydantic import ConfigDict
from typing_extensions import TypedDict

from devices.api import legacy as devices
from dgx import legacy_urls as probes
from locations.api import legacy as shops
from media_library.api import legacy as links
from media_library.api import legacy_videos as videos
from telemetry.api import legacy as reports

CSV, REDIRECT = "text/csv", "redirect"


@dataclass(frozen=True)
class Answer:
    """Of one view: what it does, and its answer as a typed dict, CSV or REDIRECT."""

    summary: str
    shape: Any
    refuses: tuple[str, ...] = ()
    """Statuses beyond those that its inputs explain."""


def shape(name: str, fields: Mapping[str, Any]) -> Any:
    """A JSON object of just these fields."""
    made: Any = TypedDict(name, dict(fields))  # type: ignore[misc]  # made from a table
    setattr(made, "__pydantic_config__", ConfigDict(extra="forbid"))  # noqa: B010 — mypy takes `made` for a class
    return made


def page(item: Any, **more: Any) -> Any:
    """A list's answer."""
    return shape(f"{item.__name__}Page", {"count": int, "items": list[item], **more})


TIMES = {"created_at": datetime, "updated_at": datetime}
PAGED = {"limit": int, "offset": int}
SEARCHED = {**PAGED, "query": str | None}
SHOWN = {"rotation": int, "content_type": str, "fit_mode": str, "display_duration": int}
GROUP = {"gid": int | None, "gname": str | None}
OF_DEVICE = {"mobile_id": str}

Device = shape("Device", {"id": int, "mobile_id": str, "download_status": bool, **TIMES})
Group = shape("Group", {"id": int, "gname": str, **TIMES})
Shop = shape("Shop", {"id": int, "shop_name": str, **TIMES})
Video = shape("Video", {"id": int, "video_name": str, "s3_link": str | None, **SHOWN, **TIMES})
Link = shape(
    "Link",
    {
        **dict.fromkeys(("id", "did", "vid", "daily_count", "monthly_count", "display_order"), int),
        "sid": int | None,
        "gid": int | None,
        "shop_name": str | None,
        "gname": str | None,
        "s3_link": str | None,
        "mobile_id": str,
        "video_name": str,
        "is_online": bool,
        "temperature": float,
        **SHOWN,
        **TIMES,
    },
)
Download = shape(
    "Download",
    {"link_id": int, "video_name": str, "url": str, "expires_in": int, "filename": str, "display_order": int, **SHOWN},
)
ADDRESS = {"presigned_url": str, "presigned_expires_in": int, "s3_bucket": str | None, "s3_key": str | None}
VideoWithAddress = shape(
    "VideoWithAddress", {**Video.__annotations__, **{name: NotRequired[kind] for name, kind in ADDRESS.items()}}
)
Presigned = shape(
    "Presigned",
    {
        "video_name": str,
        "s3_link": str | None,
        "expires_in": int,
        "filename": str,
        "url": str,
        "presigned_url": str,
        "bucket": NotRequired[str],
        "key": NotRequired[str],
    },
)
Uploaded = shape(
    "Uploaded", {"id": int, "video_name": str, "s3_link": str | None, "key": str, **SHOWN, "overwrote": bool}
)
Inserted = shape("Inserted", {"id": int, "message": str})
Deleted = shape("Deleted", {"deleted_count": int})
CHANGED = {"inserted_count": int, "deleted_count": int, "devices_marked": int}
Flip = shape("Flip", {"id": int, "event_type": str, "event_at": datetime})
Session: Any = shape(
    "Session",
    {
        "type": str,
        "start": datetime,
        "end": datetime | None,
        "duration_seconds": float,
        "ongoing": NotRequired[bool],
    },
)
Point = shape("Point", {"t": datetime, "temperature": float | None})
Log = shape("Log", {"id": int, "log_type": str, "value": float | None, "logged_at": datetime})
Summary = shape(
    "Summary",
    {
        "mobile_id": str,
        "door_open_count": int,
        "avg_temperature": float | None,
        "min_temperature": float | None,
        "max_temperature": float | None,
    },
)
Status = shape(
    "DownloadState", {"mobile_id": str, "download_status": bool, "total_links": int, "downloaded_count": int}
)
SECONDS = {"total_online_seconds": float, "total_offline_seconds": float, "online_percentage": float}
EVENTS = {"total_online_events": int, "total_offline_events": int, "first_event": datetime | None}


def updated(item: Any) -> Any:
    """A change's answer: the row as it is now."""
    return shape(f"{item.__name__}Updated", {"message": str, "item": item})


ANSWERS: dict[Any, Answer] = {
    devices.insert_device: Answer("Register a device", Inserted),
    devices.get_device: Answer("A device", Device),
    devices.list_devices: Answer("Devices", page(Device, **SEARCHED, total=int)),
    devices.update_device: Answer("Change a device", updated(Device)),
    devices.insert_group: Answer("Register a group", Inserted),
    devices.get_group: Answer("A group", Group),
    devices.list_groups: Answer("Groups", page(Group, **SEARCHED)),
    devices.update_group: Answer("Rename a group", updated(Group)),
    shops.insert_shop: Answer("Register a shop", Inserted),
    shops.get_shop: Answer("A shop", Shop),
    shops.list_shops: Answer("Shops", page(Shop, **SEARCHED)),
    shops.update_shop: Answer("Rename a shop", updated(Shop)),
    links.create_device: Answer(
        "Register a device in a group and a shop",
        shape(
            "DeviceCreated",
            {
                "device_id": int,
                "mobile_id": str,
                "created": bool,
                "linked_to_group": bool,
                "linked_to_shop": bool,
                "gname": str | None,
                "shop_name": str | None,
            },
        ),
    ),
    links.remove_device: Answer("Delete a device that has no links", Deleted),
    links.remove_group: Answer("Delete a group", Deleted),
    links.remove_shop: Answer("Delete a shop", Deleted),
    links.create_link: Answer("Put a video on a device", Link),
    links.get_link: Answer("A link", Link),
    links.delete_link: Answer(
        "Delete a link",
        shape(
            "LinkDeleted",
            {"deleted_count": int, "device_download_status": bool, "total_links": int, "downloaded_count": int},
        ),
    ),
    links.list_links: Answer("Links", page(Link, **PAGED)),
    links.list_links_by_group: Answer(
        "Links of a group", shape("GroupLinkPage", {**page(Link, **PAGED).__annotations__, "gname": str})
    ),
    links.get_playing_video: Answer("What a device plays first", Link),
    links.list_playing_videos: Answer(
        "What a device plays", shape("DeviceLinkPage", {**page(Link, **PAGED).__annotations__, **OF_DEVICE})
    ),
    links.list_downloads: Answer("What a device plays, with addresses", page(Download, **OF_DEVICE)),
    links.redirect_to_media: Answer("To the file of a link", REDIRECT),
    links.get_download_status: Answer("Whether a device has all it plays", Status),
    links.update_download_status: Answer("A device says whether it has all it plays", Status),
    links.get_group_videos: Answer(
        "Videos of a group", shape("GroupVideos", {**GROUP, "vids": list[int], "video_names": list[str], "count": int})
    ),
    links.set_video: Answer(
        "Give a group one video",
        shape("GroupVideoSet", {**GROUP, "vid": int, "video_name": str, "remaining_count": int, **CHANGED}),
    ),
    links.set_videos: Answer(
        "Give a group its videos",
        shape(
            "GroupVideosSet", {**GROUP, "vids": list[int], "video_names": list[str], "updated_count": int, **CHANGED}
        ),
    ),
    videos.upload: Answer("Upload a video", Uploaded),
    videos.get_video: Answer("A video, with an address unless presign is false", VideoWithAddress),
    videos.update_video: Answer("Change a video", updated(Video)),
    videos.remove_video: Answer("Delete a video that no link uses", Deleted),
    videos.presign: Answer("An address of a video's file", Presigned, refuses=("400",)),
    videos.rotate_video: Answer(
        "Rotate a video",
        shape("VideoRotated", {"video_name": str, "rotation": int, "message": str, "item": Video}),
    ),
    videos.fit_video: Answer(
        "Fit a video to the screen",
        shape("VideoFitted", {"video_name": str, "fit_mode": str, "message": str, "item": Video}),
    ),
    videos.list_videos: Answer("Videos", page(Video, **SEARCHED)),
    reports.get_online: Answer("Whether a device is online", shape("Online", {**OF_DEVICE, "is_online": bool})),
    reports.update_online: Answer("A heartbeat", shape("Heard", {**OF_DEVICE, "is_online": bool})),
    reports.mark_offline_devices: Answer(
        "Mark silent devices offline", shape("MarkedOffline", {"marked_offline": int, "devices": list[str]})
    ),
    reports.list_flips: Answer("When a device turned online and offline", page(Flip, **OF_DEVICE)),
    reports.report_uptime: Answer(
        "A device's uptime",
        shape("Uptime", {**OF_DEVICE, **SECONDS, **EVENTS, "last_event": datetime | None, "sessions": list[Session]}),
    ),
    reports.update_temperature: Answer(
        "A device's temperature", shape("TemperatureStored", {**OF_DEVICE, "temperature": float})
    ),
    reports.get_temperature_series: Answer(
        "Mean temperatures of a device by day or hour", page(Point, **OF_DEVICE, bucket=str, days=int)
    ),
    reports.get_counts: Answer(
        "Door openings today and this month", shape("Counts", {**OF_DEVICE, "daily_count": int, "monthly_count": int})
    ),
    reports.open_door: Answer(
        "A door was opened", shape("DoorOpened", {**OF_DEVICE, "daily_count": int, "monthly_count": int})
    ),
    reports.update_daily: Answer("Set today's count", shape("DailyCounted", {**OF_DEVICE, "daily_count": int})),
    reports.update_monthly: Answer(
        "Set the month's count", shape("MonthlyCounted", {**OF_DEVICE, "monthly_count": int})
    ),
    reports.list_logs: Answer("Logs of a device", page(Log, **OF_DEVICE)),
    reports.download_logs: Answer("Logs of a device as CSV", CSV),
    reports.summarise: Answer("Logs of every device, summed up", page(Summary)),
    reports.download_summary: Answer("The same as CSV", CSV),
    probes.get_db_health: Answer(
        "The database answers",
        shape(
            "DatabaseHealth",
            {"ok": bool, "db_user": str, **{f"{name}_table_exists": bool for name in probes.TABLES}},
        ),
    ),
    probes.get_pool_stats: Answer(
        "The connection pool", shape("PoolStats", dict.fromkeys(("minconn", "maxconn", "used", "free"), int))
    ),
}
