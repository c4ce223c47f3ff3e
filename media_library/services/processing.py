"""The worker's part: takes in files that came straight to the store, looks inside each new file, keeps what it found.

Idempotent: a row is claimed by a conditional UPDATE, and what was found is kept only while the row still names the file
that was looked into. A file whose examination never ends is tried three times, then taken off the air with a reason.
"""

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from typing import IO, Any, NamedTuple

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from dgx.core.errors import Invalid, NotFound, Refusal, Unavailable
from media_library.models import Upload, Video
from media_library.services import probing, sniffing, storage
from media_library.services.signing import THUMBNAIL_MIME

MAX_ATTEMPTS = 3
STUCK_AFTER = timedelta(minutes=5)
SWEPT_AT_ONCE = 500
DIRECT_GIVE_UP = timedelta(hours=24)
"""A direct upload whose bytes have not come by then has failed; its address is dead for long."""

MISSING = "The stored file is missing. Upload it again."
NEVER_CAME = "The upload was begun and its bytes never arrived. Upload the file again."
GAVE_UP = (
    f"The file was examined {MAX_ATTEMPTS} times and none of them came to an end: something in it stops the decoder. "
    "Export it again and upload the new file."
)


class Stuck(NamedTuple):
    """What the sweep found: rows to try again, and how many were failed."""

    again: list[int]
    failed: int


def process(video_id: int) -> str:
    """Look inside the file of one row; returns its state afterwards, “gone” for a row that is not there.

    A try holds the row for five minutes, longer than a task may take; what comes in between leaves it alone.
    Raises Unavailable while the file cannot be fetched, be it for the store or for the worker's own disk, and what a
    database raises that goes away meanwhile; that is no fault of the file and not counted as a try.
    """
    now = timezone.now()
    free = Q(attempts=0) | Q(attempts__lt=MAX_ATTEMPTS, updated_at__lt=now - STUCK_AFTER)
    claimed = Video.all_objects.unprobed().filter(free, pk=video_id).update(attempts=F("attempts") + 1, updated_at=now)
    video = Video.all_objects.filter(pk=video_id).first()
    if video is None:
        return "gone"
    if claimed:
        try:
            _examine(video)
        except (Unavailable, OperationalError, InterfaceError):
            _give_back(video)
            raise
    elif _is_given_up(video, now):
        _fail(video, GAVE_UP)
    return str(video.state)


def find_stuck(*, now: datetime) -> Stuck:
    """Rows that nobody looked into since five minutes, at most 500. Those that were tried enough, and direct uploads
    that never arrived in a day, are failed."""
    again, failed, looked_at = [], 0, []
    for video in (
        Video.all_objects.unprobed().filter(updated_at__lt=now - STUCK_AFTER).order_by("updated_at")[:SWEPT_AT_ONCE]
    ):
        looked_at.append(video.pk)
        if _is_given_up(video, now):
            failed += _fail(video, GAVE_UP)
        elif not _is_awaited(video):
            again.append(video.pk)
        elif video.created_at < now - DIRECT_GIVE_UP and storage.is_missing(video.key):
            failed += _fail(video, NEVER_CAME)
    # those that wait, in a long queue or for their bytes, are not looked at by the next sweep again
    Video.all_objects.unprobed().filter(pk__in=looked_at, attempts=0).update(updated_at=now)
    return Stuck(again, failed)


class _Replaced(Exception):  # noqa: N818 — nothing is wrong
    """The row was deleted, or names another file by now: what was found is of no use."""


def _is_given_up(video: Video, now: datetime) -> bool:
    """Tried enough, and the last try is over."""
    return video.probed_at is None and video.attempts >= MAX_ATTEMPTS and video.updated_at < now - STUCK_AFTER


def _is_awaited(video: Video) -> bool:
    """A direct upload whose bytes are not there yet."""
    return storage.is_incoming(video.key) and storage.size_of(video.key) is None


def _examine(video: Video) -> None:
    try:
        with _fetched(video.key) as file:
            if not video.sha256:
                _take_in(video, file)
            found = probing.probe(file, video.mime, name=video.name)
            _keep(video, found)
    except _Replaced:
        return
    except Unavailable:  # a Refusal as well, but none of the file
        raise
    except NotFound as error:
        if not storage.is_missing(video.key):
            raise Unavailable("The media store did not find a file that it has. It is tried again.") from error
        _fail(video, MISSING)
    except (probing.Unreadable, Refusal) as error:
        _fail(video, str(error))


def _give_back(video: Video) -> None:
    """Uncount the try. While the database is still away it stays counted, and the sweep tries again."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
    with suppress(OperationalError, InterfaceError):
        Video.all_objects.filter(pk=video.pk, attempts__gt=0).update(attempts=F("attempts") - 1)


@contextmanager
def _fetched(key: str) -> Iterator[IO[bytes]]:
    """The file; Unavailable where the worker has no room for it, or the store takes minutes to hand it out."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(storage.downloaded(key))
        except OSError as error:
            raise Unavailable(f"The worker cannot keep a copy of the file: {error}. It is tried again.") from error
        except SoftTimeLimitExceeded as error:
            raise Unavailable("The file takes too long to come from the store. It is tried again.") from error
        yield file


def _take_in(video: Video, file: IO[bytes]) -> None:
    """A file that nobody has looked at: say what it is, hash it, and move it to the key that holds its hash."""
    source = video.key
    sha256, size = storage.digest(file)
    if Upload.objects.filter(key=source).exclude(sha256__in=["", sha256]).exists():
        raise Invalid(f"The bytes that arrived are not those that were announced: their SHA-256 is {sha256}.")
    media = sniffing.inspect(file, size)
    key = storage.object_key(sha256, media.extension)
    values = {"file": key, "kind": media.kind, "mime": media.mime, "size": size, "sha256": sha256}
    with storage.claimed(key):
        if storage.size_of(key) != size:
            storage.copy(source, key, mime=media.mime)
        _update(video, values)
        _forget_arrival(source)


def _forget_arrival(source: str) -> None:
    """Once bytes are taken in, or refused, the place where they arrived is cleared, and their upload is over."""
    if storage.is_incoming(source):
        Upload.objects.filter(key=source).delete()
        transaction.on_commit(lambda: storage.discard([source]), robust=True)


def _keep(video: Video, found: probing.Probe) -> None:
    """Store the thumbnail and what was found."""
    values: dict[str, Any] = {
        "width": found.width,
        "height": found.height,
        "duration_s": found.duration_s,
        "pages": found.pages,
        "thumbnail": storage.thumbnail_key(video.sha256),
        "state": Video.State.READY,
        "state_reason": "",
        "probed_at": timezone.now(),
    }
    with storage.claimed(values["thumbnail"]):
        storage.put_if_missing(
            values["thumbnail"], io.BytesIO(found.picture), mime=THUMBNAIL_MIME, size=len(found.picture)
        )
        _update(video, values)


def _update(video: Video, values: dict[str, Any]) -> None:
    """Set these columns of the row and of its copy here, if the row still names the file that was looked into."""
    row = Video.all_objects.filter(pk=video.pk, file=video.key)
    if not row.update(**values, updated_at=timezone.now()):
        raise _Replaced
    for name, value in values.items():
        setattr(video, name, value)


def _fail(video: Video, reason: str) -> bool:
    """Take the video off the air; returns whether the row still named that file. Bytes that were never taken in go."""
    values: dict[str, Any] = {"state": Video.State.FAILED, "state_reason": reason, "probed_at": timezone.now()}
    source = video.key
    if storage.is_incoming(source):
        values["file"] = ""
    try:
        _update(video, values)
    except _Replaced:
        return False
    _forget_arrival(source)
    return True
