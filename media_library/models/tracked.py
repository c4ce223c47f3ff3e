"""What the audit keeps of media and links: what people decide, and what became of a file."""

from dgx.core.audit_triggers import register, track, tracked_members
from media_library.models.emergency import Emergency
from media_library.models.link import Link, LinkException
from media_library.models.video import Video


def _label_of(row: str) -> str:
    """“film.mp4 → Lyon”: SQL that names the link whose row has that alias."""
    return (
        f"(SELECT v.name FROM media_library_video v WHERE v.id = {row}.video_id) || ' → ' || coalesce(nullif("  # noqa: S608
        f"concat_ws(' + ', (SELECT d.mobile_id FROM devices_device d WHERE d.id = {row}.device_id), "
        f"(SELECT g.name FROM devices_group g WHERE g.id = {row}.group_id), "
        f"(SELECT s.name FROM locations_shop s WHERE s.id = {row}.shop_id)), ''), 'the whole chain')"
    )


track(
    Video,
    "name",
    "kind",
    "file",
    "source_url",
    "original_name",
    "rotation",
    "fit_mode",
    "display_duration",
    "state",
    "state_reason",
    "binned_at",
    label="{row}.name",
)
track(
    Link,
    "video",
    "layer",
    "device",
    "group",
    "shop",
    "display_order",
    "valid_from",
    "valid_until",
    "weekdays",
    "start_time",
    "end_time",
    label=_label_of("{row}"),
)
register(
    LinkException,
    tracked_members(
        "except_devices",
        kind="media_library.link",
        owner="link_id",
        member="device_id",
        label=f"(SELECT {_label_of('l')} FROM media_library_link l WHERE l.id = {{row}}.link_id)",  # noqa: S608 — as above
    ),
)
track(Emergency, "name", "until", "ended_at", label="{row}.name")
