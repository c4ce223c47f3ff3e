"""What must hold after every fault, asked of the database, of the store, and of the books of those who used the system.

Each check returns sentences about what is broken; none is good.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerGone

from dgx.chaos.stage import Stage, wait_until
from dgx.core.errors import Unavailable
from dgx.protocol.simulator.database import PROMISES, judged
from media_library.models import Link, Upload, Video
from media_library.models.video import media_storage
from media_library.services import processing, storage
from media_library.tasks import process_video
from telemetry.models import DeviceLog

Check = Callable[[Stage, datetime], Iterator[str]]
HANDED_OVER_WITHIN_S = 30.0
PROBED_WITHIN_S = 60.0
HOLDING_WITHIN_S = 30.0
MATCHING_WITHIN_S = 30.0

_BLAMED = """
SELECT d.mobile_id FROM devices_presenceflip f JOIN devices_device d ON d.id = f.device_id
 WHERE f.at >= %s AND f.reason = 'silence' AND NOT f.is_online AND d.mobile_id <> ALL(%s)
"""
_AGE = "UPDATE media_library_video SET updated_at = updated_at - interval '10 minutes' WHERE probed_at IS NULL"
_ROLLED_UP = """
SELECT coalesce((SELECT sum(count) FROM telemetry_devicelog_hour), 0),
       (SELECT count(*) FROM telemetry_devicelog l, telemetry_rollupstate s WHERE l.received_at < s.rolled_until)
"""


def broken(stage: Stage, since: datetime) -> list[str]:
    """All that is broken since that instant, in sentences. The operator rests meanwhile."""
    with stage.operator.resting():
        return [sentence for check in CHECKS for sentence in _found(check, stage, since)]


def _found(check: Check, stage: Stage, since: datetime) -> list[str]:
    """What a check finds. One that cannot be made proves nothing, and the others are made all the same."""
    try:
        return list(check(stage, since))
    except Exception as error:  # noqa: BLE001 — it is told, as what it is
        return [f"{check.__name__} could not be checked: {error!r}"]


def reports_are_stored_once(stage: Stage, since: datetime) -> Iterator[str]:
    """What a device was told “accepted” is there, logs and plays, and nothing is there twice; its flips alternate."""
    names = [player.mobile_id for player in stage.crowd.players]
    found = judged(names, stage.crowd.confirmed_logs(), stage.crowd.plays())
    for what in PROMISES:
        if found[what]:
            yield f"{found[what]} {what.replace('_', ' ')}"


def old_reports_are_stored_once(stage: Stage, since: datetime) -> Iterator[str]:
    """What the old routes answered 200 is there, and nothing is there twice: the old device sends each reading once."""
    confirmed = set(stage.old_device.confirmed)
    readings = DeviceLog.objects.filter(device__mobile_id=stage.old_device.name, log_type="temperature")
    stored = Counter(readings.values_list("value", flat=True))
    if lost := confirmed - set(stored):
        yield f"{len(lost)} reports by the old routes are lost, such as {min(lost)}"
    if twice := [value for value, times in stored.items() if times > 1]:
        yield f"{len(twice)} reports by the old routes are stored twice, such as {twice[0]}"


def nobody_is_blamed(stage: Stage, since: datetime) -> Iterator[str]:
    """No device turned offline for silence that was ours."""
    blamed = sorted(name for (name,) in _rows(_BLAMED, [since, sorted(stage.silenced)]))
    if blamed:
        yield f"{len(blamed)} devices were blamed for an outage of ours, such as {blamed[0]}"


def tasks_are_done_once(stage: Stage, since: datetime) -> Iterator[str]:
    """Every upload was looked into, after the reconciler at the latest; roll-ups counted each log once."""
    with connection.cursor() as cursor:
        cursor.execute(_AGE)
    for video in processing.find_stuck(now=timezone.now()).again:
        wait_until(partial(_handed_over, video), within_s=HANDED_OVER_WITHIN_S)
    if wait_until(lambda: not Video.all_objects.unprobed().exists(), within_s=PROBED_WITHIN_S) is None:
        yield f"{Video.all_objects.unprobed().count()} files were never looked into"
    failed = Video.objects.filter(state=Video.State.FAILED)
    if failed.exists():
        yield f"{failed.count()} good files failed: {failed.values_list('state_reason', flat=True)[0]}"
    counted, arrived = _rows(_ROLLED_UP, [])[0]
    if counted != arrived:
        yield f"the hours count {counted} logs, of {arrived} that arrived"


def _handed_over(video: int) -> bool:
    """Redis took the task; it may be on its way back, or too busy to answer at once."""
    try:
        process_video.delay(video)
    except BrokerGone:
        return False
    return True


def media_have_objects(stage: Stage, since: datetime) -> Iterator[str]:
    """No row without its object, no object or part of one without its row, once the reconciler has run."""
    found: list[str] = []

    def all_match() -> bool:
        """Asked again, since a call that nobody waits for any more may still be at work in the server, and since the
        store may be too busy to answer at once."""
        try:
            storage.delete_orphans(now=timezone.now() + timedelta(seconds=1), older_than=timedelta(0))
            found[:] = _mismatches()
        except (Unavailable, BotoCoreError, ClientError) as error:
            found[:] = [f"the store does not answer: {error}"]
        return not found

    wait_until(all_match, within_s=MATCHING_WITHIN_S, every_s=1)
    yield from found


def _mismatches() -> list[str]:
    there = {item["Key"]: item["Size"] for page in _listing() for item in page}
    named = {key for video in Video.all_objects.all() for key in storage.keys_of(video)}
    short = {key for key, size in Video.all_objects.values_list("file", "size") if there.get(key, size) != size}
    begun = {item["Key"] for item in storage.unfinished()} - set(Upload.objects.values_list("key", flat=True))
    kinds = {
        "rows have no object": named - set(there),
        "objects have no row": set(there) - named - set(Upload.objects.values_list("key", flat=True)),
        "are cut": short,
        "uploads in parts have no row": begun,
    }
    return [f"{len(keys)} {what}, such as {min(keys)}" for what, keys in kinds.items() if keys]


def the_operators_work_is_whole(stage: Stage, since: datetime) -> Iterator[str]:
    """What was confirmed is there; a playlist is one of those that were set, never half of one."""
    operator = stage.operator
    kept = dict(Video.objects.filter(name__in=list(operator.uploads)).values_list("name", "sha256"))
    lost = [name for name, sha256 in operator.uploads.items() if kept.get(name) != sha256]
    if lost:
        yield f"{len(lost)} confirmed uploads are lost, such as {lost[0]}"
    links = Link.objects.filter(group__isnull=False).order_by("display_order", "-updated_at", "-pk")
    playlist = [str(video) for video in links.values_list("video__public_id", flat=True)]
    if playlist not in operator.playlist.values:
        yield f"the playlist has {len(playlist)} videos and is none of those that were set"
    duration = Video.objects.get(public_id=operator.video).display_duration
    if duration not in operator.duration.values:
        yield f"a video is shown {duration} s, not {operator.duration.values}"


def bulk_changes_are_whole(stage: Stage, since: datetime) -> Iterator[str]:
    """What was put on every device by one call is on all of them or on none, and on all where that was confirmed."""
    own = Link.objects.filter(device__isnull=False).values_list("video__public_id", flat=True)
    linked, everywhere = Counter(str(video) for video in own), len(stage.crowd.players)
    for video, is_certain in stage.operator.on_all.items():
        if linked[video] not in ({everywhere} if is_certain else {0, everywhere}):
            yield f"a video that was put on all {everywhere} devices at once is on {linked[video]}"


def every_device_holds_its_manifest(stage: Stage, since: datetime) -> Iterator[str]:
    """While nobody changes anything, each gets its complete set."""

    names = [player.mobile_id for player in stage.crowd.players]

    def all_hold() -> bool:
        found = judged(names, [], {})
        return bool(found["holding"] == found["online"] == len(names))

    if wait_until(all_hold, within_s=HOLDING_WITHIN_S, every_s=0.5) is None:
        found = judged(names, [], {})
        late = [player.mobile_id for player in stage.crowd.players if not player.holds_all()]
        yield (
            f"{found['holding']} hold their manifest and {found['online']} are online, of {len(names)}; "
            f"{', '.join(late[:3]) or 'none'} say that they do not"
        )


CHECKS: tuple[Check, ...] = (
    reports_are_stored_once,
    old_reports_are_stored_once,
    tasks_are_done_once,
    media_have_objects,
    the_operators_work_is_whole,
    bulk_changes_are_whole,
    every_device_holds_its_manifest,
    nobody_is_blamed,
)


def _rows(query: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, params or None)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _listing() -> Iterator[list[dict[str, Any]]]:
    store: Any = media_storage()
    lister = store.connection.meta.client.get_paginator("list_objects_v2")
    pages = lister.paginate(Bucket=settings.S3_BUCKET, Prefix=f"{settings.S3_PREFIX}/")
    return (page.get("Contents", []) for page in pages)
