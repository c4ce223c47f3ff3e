"""The bin: what is thrown away is on no screen and in no list, comes back with its links, and goes for good later.

A stored object outlives its row by the life of the addresses that manifests named it by: a device that is fetching it
is not cut off. Until then it waits as a DepartingObject.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Window
from django.db.models.functions import RowNumber

from dgx.core.clock import believed
from dgx.core.deletion import refuse_if_used
from dgx.core.errors import Conflict, NotFound
from dgx.core.transactions import atomic_retried
from media_library import tasks
from media_library.models import DepartingObject, Link, Video
from media_library.querysets import VideoQuerySet
from media_library.services import storage
from media_library.services.links import delete_links
from media_library.services.signing import LIFETIME_MAX_S
from media_library.services.uploads import check, name_taken

NAME_KEPT = 150
"""Characters that are kept of the name of whoever threw something away."""
DEPARTED_AT_ONCE = 500


class Restored(NamedTuple):
    """How many came back, and the names of those that did not, because another video has their name by now."""

    restored: int
    taken: list[str]


@atomic_retried
def throw_away(videos: VideoQuerySet, *, by: str, now: datetime) -> int:
    """Put videos into the bin, used or not; returns how many. Their links stay and come back with them."""
    chosen = Video.objects.filter(pk__in=videos.order_by().values("pk"))
    return chosen.update(binned_at=now, binned_by=by[:NAME_KEPT], updated_at=now)


@atomic_retried
def throw_away_unused(video: Video, *, by: str, now: datetime) -> None:
    """Put a video that nothing uses into the bin. Raises InUse, with the links, while it is linked, and NotFound."""
    locked = Video.objects.select_for_update().filter(pk=video.pk).first()
    if locked is None:
        raise NotFound(f"Video not found: {video.name}")
    refuse_if_used(locked)
    throw_away(Video.all_objects.filter(pk=locked.pk), by=by, now=now)


def restore(video: Video, *, name: str | None = None) -> Video:
    """Take a video out of the bin, with all its links; under another name where one is given. Raises Conflict where
    the name is taken, and Invalid for one that is none."""
    if video.binned_at is None:
        return video
    back = Video.all_objects.get(pk=video.pk)
    back.name, back.binned_at, back.binned_by = name if name is not None else back.name, None, ""
    check(back)
    try:
        with transaction.atomic():
            back.save(update_fields=["name", "binned_at", "binned_by"])
    except IntegrityError as error:
        raise name_taken(back) from error
    return back


@atomic_retried
def restore_many(videos: VideoQuerySet, *, now: datetime) -> Restored:
    """Take videos out of the bin, in a fixed number of statements. Of several with one name the last that was thrown
    away comes back."""
    chosen = Video.all_objects.in_bin().filter(pk__in=videos.order_by().values("pk")).order_by()
    list(chosen.select_for_update().values_list("pk", flat=True))
    newest = Window(RowNumber(), partition_by="name", order_by=["-binned_at", "-pk"])
    free = chosen.exclude(Exists(Video.objects.filter(name=OuterRef("name")))).annotate(rank=newest).filter(rank=1)
    keys = list(free.values_list("pk", flat=True))
    try:
        with transaction.atomic():
            count = Video.all_objects.filter(pk__in=keys).update(binned_at=None, binned_by="", updated_at=now)
    except IntegrityError as error:
        raise Conflict("Another video was given one of these names at this moment. Try again.") from error
    return Restored(count, list(chosen.exclude(pk__in=keys).order_by("name").values_list("name", flat=True)[:50]))


@atomic_retried
def delete_for_good(videos: VideoQuerySet) -> int:
    """Delete videos that are in the bin, with their links; returns how many. Their objects follow once nobody can be
    fetching them."""
    chosen = Video.all_objects.filter(pk__in=videos.in_bin().order_by().values("pk")).order_by("pk")
    keys = list(chosen.select_for_update().values_list("pk", flat=True))
    locked = Video.all_objects.filter(pk__in=keys)
    _let_depart(keys)
    delete_links(Link.objects.filter(video__in=keys))
    locked.delete()
    transaction.on_commit(tasks.delete_departed.delay, robust=True)
    return len(keys)


def empty(*, now: datetime) -> int:
    """Delete for good what has been in the bin for DGX_BIN_DAYS; returns how many."""
    before = believed(now) - timedelta(days=settings.DGX_BIN_DAYS)
    return delete_for_good(Video.all_objects.filter(binned_at__lte=before))


def delete_departed(*, now: datetime) -> int:
    """Delete the objects whose time has come and that no row names; returns how many. What the store does not delete
    now is found again as an orphan."""
    deleted, due = 0, DepartingObject.objects.filter(due_at__lte=now)
    while keys := list(due.values_list("key", flat=True)[:DEPARTED_AT_ONCE]):
        deleted += storage.discard(keys)
        due.filter(key__in=keys).delete()
    return deleted


def _let_depart(videos: Iterable[int]) -> None:
    """Note the objects of these rows, with the time when the last address of them that a manifest named is dead."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO media_library_departingobject (key, due_at)
            SELECT object.key, max(v.binned_at) + make_interval(secs => %(lifetime)s)
              FROM media_library_video v
             CROSS JOIN LATERAL unnest(ARRAY[v.file, v.thumbnail]) AS object(key)
             WHERE v.id = ANY(%(videos)s::bigint[]) AND object.key <> ''
             GROUP BY object.key
            ON CONFLICT (key) DO UPDATE SET due_at = greatest(media_library_departingobject.due_at, excluded.due_at)
            """,
            {"videos": list(videos), "lifetime": LIFETIME_MAX_S},
        )
