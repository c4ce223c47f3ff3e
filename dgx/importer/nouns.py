"""Shops, groups, videos, devices and links: who is new, who is already here, what cannot be taken."""

from django.conf import settings

from devices.models import Device, Group
from dgx.importer.report import Line
from dgx.importer.source import DEVICES, GROUPS, LINKS, SHOPS, VIDEOS, Table
from dgx.importer.staged import (
    change,
    give_ids,
    insert,
    join_duplicates,
    match,
    refuse,
    refuse_bad_names,
    rows,
    run,
    tally,
)
from locations.models import Shop
from media_library.models import Link, Video

COUNT_MAX = 2**31 - 1
ORDER_RANGE = (-(2**31), 2**31 - 1)
KEY_MAX_LENGTH = 512
NAMED = "concat(s.id, ' “', s.name, '”')"
"""SQL: how a row is shown to a person."""


def take_shops() -> Line:
    """Shops by name."""
    refuse_bad_names(SHOPS.stage, "shop")
    match(SHOPS.stage, Shop, "name")
    give_ids(SHOPS.stage, Shop)
    insert(SHOPS.stage, Shop, {"name": "s.name"})
    join_duplicates(SHOPS.stage)
    return tally(SHOPS, noun="shops", label=NAMED)


def take_groups() -> Line:
    """Groups by name, without those whose name means “no group”."""
    refuse_bad_names(GROUPS.stage, "group")
    refuse(GROUPS.stage, "a name that means “no group”", r"s.name ~* '^\s*(_none|none|null|\(none\))\s*$'")
    match(GROUPS.stage, Group, "name")
    give_ids(GROUPS.stage, Group)
    insert(GROUPS.stage, Group, {"name": "s.name"})
    join_duplicates(GROUPS.stage)
    return tally(GROUPS, noun="groups", label=NAMED)


def take_videos() -> Line:
    """Videos by name. One in our bucket is looked into by the worker; one elsewhere on the web keeps its address."""
    stage = VIDEOS.stage
    refuse_bad_names(stage, "video")
    _mend_videos(stage)
    match(stage, Video, "name", among="t.binned_at IS NULL")
    give_ids(stage, Video)
    own = f"s3://{settings.S3_BUCKET}/"
    in_bucket = f"starts_with(s.address, {_literal(own)}) AND length(s.address) > {len(own)}"
    on_web = "s.address ~* '^https?://'"
    fits = f"{in_bucket} AND length(s.address) <= {len(own) + KEY_MAX_LENGTH}"
    elsewhere = "not in the bucket {bucket} and no web address: upload the file again"
    reason = _literal(f"The old address is {elsewhere.format(bucket=settings.S3_BUCKET)}.")
    insert(
        stage,
        Video,
        {
            "name": "s.name",
            "kind": "s.content_type",
            "file": f"CASE WHEN {fits} THEN substr(s.address, {len(own) + 1}) ELSE '' END",
            "source_url": f"CASE WHEN {on_web} THEN s.address END",
            "rotation": "s.rotation",
            "fit_mode": "s.fit_mode",
            "display_duration": "s.display_duration",
            "state": f"CASE WHEN {on_web} THEN 'ready' WHEN {fits} THEN 'processing' ELSE 'failed' END",
            "state_reason": f"CASE WHEN {on_web} OR {fits} THEN '' ELSE {reason} END",
        },
    )
    note = elsewhere.format(bucket=settings.S3_BUCKET)
    change(stage, note, "address", "NULL", f"s.is_new AND (({on_web}) OR ({fits})) IS NOT TRUE")
    join_duplicates(stage)
    return tally(VIDEOS, noun="videos", label=NAMED)


def _mend_videos(stage: str) -> None:
    """The old services stored any rotation, fit mode and length; a value that no player knows becomes the default."""
    kind = "lower(trim(coalesce(s.content_type, 'video')))"
    run(
        f"UPDATE {stage} s SET content_type = CASE WHEN {kind} LIKE 'image%%' THEN 'image' "
        f"WHEN {kind} LIKE '%%html%%' THEN 'html' WHEN {kind} LIKE '%%pdf%%' THEN 'pdf' ELSE 'video' END",
        {},
    )
    run(
        f"UPDATE {stage} SET rotation = coalesce(rotation, 0), fit_mode = coalesce(lower(trim(fit_mode)), 'cover'), "
        "display_duration = coalesce(display_duration, 10)"
    )
    change(stage, "rotation is not 0, 90, 180 or 270; now 0", "rotation", "0", "s.rotation NOT IN (0, 90, 180, 270)")
    modes = "'cover', 'contain', 'fill', 'none'"
    change(stage, "fit mode is unknown; now cover", "fit_mode", "'cover'", f"s.fit_mode NOT IN ({modes})")
    length = "s.display_duration NOT BETWEEN 0 AND 86400"
    change(stage, "display duration is out of range; now 10", "display_duration", "10", length)


def take_devices() -> None:
    """Devices by mobile_id. Their places follow from their links, and `count_devices` ends their part."""
    stage = DEVICES.stage
    refuse_bad_names(stage, "device")
    not_finite = "s.temperature IN ('NaN', 'Infinity', '-Infinity')"
    change(stage, "temperature is not a number; now 0", "temperature", "0", not_finite)
    for column in ("daily_count", "monthly_count"):
        change(stage, f"{column} is out of range; now 0", column, "0", f"s.{column} NOT BETWEEN 0 AND {COUNT_MAX}")
    match(stage, Device, "mobile_id")
    give_ids(stage, Device)
    insert(stage, Device, {"mobile_id": "s.name"})
    join_duplicates(stage)


def count_devices() -> Line:
    return tally(DEVICES, noun="devices", label=NAMED)


def take_links() -> Line:
    """Links of single devices, with their ids where these are free. A device's latest link says where it stands."""
    stage = LINKS.stage
    run(
        f"ALTER TABLE {stage} ADD device_id bigint, ADD video_id bigint, ADD shop_id bigint, ADD group_id bigint",
    )
    for column, table in (("d", DEVICES), ("v", VIDEOS), ("s", SHOPS), ("g", GROUPS)):
        _resolve(stage, f"{column}id", table)
    low, high = ORDER_RANGE
    change(
        stage,
        "display order is out of range; now 0",
        "display_order",
        "0",
        f"display_order NOT BETWEEN {low} AND {high}",
    )
    _place_devices(stage)
    _refuse_unreachable(stage)
    run(
        f"UPDATE {stage} s SET new_id = l.id FROM {Link._meta.db_table} l WHERE s.problem IS NULL "
        "AND (l.device_id, l.video_id) = (s.device_id, s.video_id) "
        "AND l.shop_id IS NOT DISTINCT FROM s.shop_id AND l.group_id IS NOT DISTINCT FROM s.group_id"
    )
    shown = f"EXISTS (SELECT FROM {Link._meta.db_table} t WHERE t.legacy_id = s.id)"
    give_ids(stage, Link, taken=shown)
    columns = ("device_id", "video_id", "shop_id", "group_id")
    values = {column: f"s.{column}" for column in columns} | {"display_order": "coalesce(s.display_order, 0)"}
    values["legacy_id"] = f"CASE WHEN s.id >= {2**26} AND s.id < {2**52} AND NOT {shown} THEN s.id END"
    insert(stage, Link, values)
    return tally(LINKS, noun="links", label="s.id::text")


def _resolve(stage: str, column: str, table: Table) -> None:
    """Turn an old id into ours."""
    target = f"{table.noun}_id"
    run(f"UPDATE {stage} s SET {target} = t.new_id FROM {table.stage} t WHERE t.id = s.{column}")
    missing = f"s.{target} IS NULL" if column != "gid" else f"s.gid IS NOT NULL AND s.{target} IS NULL"
    refuse(stage, f"its {table.noun} was not taken or is missing", missing)


def _place_devices(stage: str) -> None:
    """Put the devices that stand nowhere yet where their latest link says."""
    run(
        "UPDATE devices_device d SET group_id = l.group_id, shop_id = l.shop_id FROM ("
        f"  SELECT DISTINCT ON (device_id) device_id, group_id, shop_id FROM {stage} WHERE problem IS NULL"
        "    ORDER BY device_id, updated_at DESC NULLS LAST, id DESC) l "
        "WHERE d.id = l.device_id AND d.group_id IS NULL AND d.shop_id IS NULL"
    )


def _refuse_unreachable(stage: str) -> None:
    """A device has one group and one shop; links to those it has left played on by an oversight of the old services."""
    refuse(
        stage,
        "its device has left that group or shop",
        "EXISTS (SELECT FROM devices_device d WHERE d.id = s.device_id AND ("
        "s.group_id IS NOT NULL AND s.group_id IS DISTINCT FROM d.group_id "
        "OR s.shop_id IS DISTINCT FROM d.shop_id))",
    )
    run(
        f"UPDATE {stage} s SET problem = 'a newer link says the same' FROM ("
        "  SELECT id, row_number() OVER (PARTITION BY device_id, video_id, shop_id, group_id "
        f"    ORDER BY updated_at DESC NULLS LAST, id DESC) AS n FROM {stage} WHERE problem IS NULL) r "
        "WHERE r.id = s.id AND r.n > 1"
    )


def new_files() -> list[int]:
    """Videos that were taken and whose bytes nobody has looked into yet."""
    found = rows(
        f"SELECT new_id FROM {VIDEOS.stage} s JOIN media_library_video v ON v.id = s.new_id "
        "WHERE s.is_new AND v.state = 'processing'"
    )
    return [row[0] for row in found]


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"
