"""The import: one snapshot of the old database into one transaction of ours, told as a table."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from devices.models import Device, Presence
from dgx.core.errors import Refusal
from dgx.importer import history, nouns
from dgx.importer.models import ImportMark
from dgx.importer.report import Report
from dgx.importer.source import DEVICES, EVENTS, GROUPS, LINKS, LOGS, POINTS, SHOPS, VIDEOS, Source, Table, opened
from media_library.tasks import process_video

TABLES = (SHOPS, GROUPS, VIDEOS, DEVICES, LINKS, LOGS, EVENTS, POINTS)
NEEDED = (SHOPS, GROUPS, VIDEOS, DEVICES, LINKS)
HISTORY = tuple(table for table in TABLES if table.history)


def import_legacy(*, dsn: str, dry_run: bool) -> Report:
    """Take everything from the old database that is not here yet, all or nothing; with `dry_run` nothing.

    Raises Refusal when the old database does not answer or is none of the old services'.
    """
    with opened(dsn) as source:
        source.begin(HISTORY)
        with transaction.atomic():
            report = _take(source, now=timezone.now())
            if dry_run:
                report.sentences.append("This was a dry run: nothing was kept.")
                transaction.set_rollback(True)
    return report


def _take(source: Source, *, now: datetime) -> Report:
    missing = [table for table in TABLES if not _stage(source, table)]
    if unknown := [table.called[0] for table in missing if table in NEEDED]:
        raise Refusal(f"This is not a database of the old services: it has no table {', '.join(unknown)}.")
    shops, groups, videos = nouns.take_shops(), nouns.take_groups(), nouns.take_videos()
    nouns.take_devices()
    links = nouns.take_links()
    readings = [history.take_logs(now=now), history.take_points(now=now), history.take_events(now=now)]
    history.take_state()
    _keep_held()
    _keep_marks(source)
    for video_id in nouns.new_files():
        transaction.on_commit(lambda video_id=video_id: process_video.delay(video_id), robust=True)  # type: ignore[misc]
    report = Report([shops, groups, videos, nouns.count_devices(), links, *readings])
    report.sentences += [f"The old database has no table {table.called[0]}." for table in missing]
    if not source.locked:
        report.sentences.append(
            "The old tables could not be locked for an instant, so a log that was being written meanwhile may be "
            "missed: stop the old services before the last import."
        )
    return report


def _stage(source: Source, table: Table) -> bool:
    mark = ImportMark.objects.filter(source=source.identity, table=table.noun).first() if table.history else None
    return source.stage(table, after=mark.last_id if mark else -(2**63) + 1)


def _keep_marks(source: Source) -> None:
    for table in HISTORY:
        if (highest := history.last_id(table)) is not None:
            ImportMark.objects.update_or_create(source=source.identity, table=table.noun, defaults={"last_id": highest})


def _keep_held() -> None:
    """Devices that held all that they should, hold it still: what is linked to them has not changed by moving."""
    ids = history.held_by()
    for start in range(0, len(ids), 5000):
        devices = Device.objects.filter(pk__in=ids[start : start + 5000]).with_tag()
        held = [Presence(device_id=device.pk, held_tag=device.tag) for device in devices]  # type: ignore[attr-defined]  # annotated
        Presence.objects.bulk_update(held, ["held_tag"])
