"""Files that a browser or a program sends straight to the store in parts: begun, resumed, completed, taken back.

The bytes never pass through us. Every address of a part is signed for just its size, what has arrived is asked of the
store alone, and a file becomes a video only when all of its parts are there.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from dgx.core.errors import Conflict, Invalid, NotFound, TooLarge, Unavailable, Unsupported
from media_library.models import Upload, Video
from media_library.services import storage, uploads
from media_library.services.sniffing import BY_MIME, HTML, TAKEN

PARTS_MAX = 1000
"""S3 takes ten times as many; so all that have arrived are told by one request."""
ADDRESSES_AT_ONCE = 100
ADDRESS_LIFETIME_S = 6 * 3600
KEPT_UNTOUCHED = timedelta(hours=24)
"""An upload that nobody went on with for so long is taken back."""
TAKEN_BACK_AT_ONCE = 500
TYPES = frozenset({*BY_MIME, HTML.mime})
"""Media types that a sender may name."""


class PartAddress(NamedTuple):
    """Where one part goes: PUT just its bytes."""

    number: int
    size: int
    url: str


def begin(*, user: Any, name: str, filename: str, size: int, media_type: str = "", sha256: str = "") -> Upload:
    """Announce a file. Raises Invalid and TooLarge by field, Unsupported for a type that is not taken, Conflict for a
    taken name, and Unavailable when the store does not answer."""
    uploads.check_announced_size(size)
    if media_type and media_type.lower() not in TYPES:
        message = f"“{media_type}” is not {TAKEN}."
        raise Unsupported(message, fields={"type": [message]})
    part_size = max(settings.DGX_UPLOAD_PART_BYTES, -(-size // PARTS_MAX))
    upload = Upload(
        started_by=user,
        name=name,
        filename=uploads.plain_name(filename),
        size=size,
        part_size=part_size,
        sha256=sha256.lower(),
        key=storage.incoming_key(),
    )
    _check(upload)
    upload.store_id = storage.begin_parts(upload.key)
    upload.save()
    return upload


def addresses(upload: Upload, numbers: Sequence[int]) -> list[PartAddress]:
    """Where these parts go, for six hours; ask again as often as need be. Raises Invalid for a part that the file has
    not, and Conflict for an upload that is complete."""
    _refuse_complete(upload)
    if wrong := [number for number in numbers if not 1 <= number <= upload.parts]:
        raise Invalid(f"There is no part {wrong[0]}: the parts are 1 to {upload.parts}.", field="parts")
    upload.save(update_fields=["updated_at"])
    return [
        PartAddress(
            number,
            upload.size_of_part(number),
            storage.presigned_part(
                upload.key,
                upload.store_id,
                number,
                size=upload.size_of_part(number),
                expires=ADDRESS_LIFETIME_S,
            ),
        )
        for number in numbers
    ]


def arrived(upload: Upload) -> list[int]:
    """The parts that are in the store, whole; of an upload that is complete, or joined already, all."""
    if upload.video_id is None:
        with _unless_joined(upload):
            return sorted(_whole_parts(upload))
    return list(range(1, upload.parts + 1))


def complete(upload: Upload, *, name: str | None = None, **shown: Any) -> Video:
    """Make the video of an upload whose parts are all there; the worker then looks at its bytes. `shown` are rotation,
    fit_mode and display_duration. Harmless to repeat.

    Raises Conflict with the missing parts, or for a taken name (send another); Invalid by field; TooLarge for a file
    that is larger than announced, which is deleted; Unavailable, and then nothing is lost.
    """
    if upload.video is not None:
        return upload.video
    video = Video(
        name=upload.name if name is None else name,
        file=upload.key,
        size=upload.size,
        original_name=upload.filename,
        **shown,
    )
    try:
        uploads.check(video)
        _join(upload)
    except Conflict:
        if made := Video.all_objects.filter(upload=upload.pk).first():  # meanwhile, by another call: of the same name
            return made
        raise
    with transaction.atomic():
        locked = Upload.objects.select_for_update().filter(pk=upload.pk).first()
        if locked is None:
            raise NotFound("This upload was taken back.")
        if locked.video is not None:
            return locked.video
        uploads.save(video, fields=None)
        locked.video = video
        locked.save(update_fields=["video"])
        uploads.enqueue(video)
    return video


def abort(upload: Upload) -> None:
    """Take an upload back with what has arrived of it. Raises Conflict for one that is complete."""
    _refuse_complete(upload)
    key, store_id = upload.key, upload.store_id
    upload.delete()
    try:
        storage.abort_parts(key, store_id)
    except NotFound:
        storage.discard([key])  # its parts were joined, and then its name was taken


def take_back_untouched(*, now: datetime) -> int:
    """Take back the uploads that nobody went on with for a day, at most 500; returns how many."""
    old = Upload.objects.filter(video=None, updated_at__lt=now - KEPT_UNTOUCHED).order_by("updated_at")
    untouched = list(old[:TAKEN_BACK_AT_ONCE])
    for upload in untouched:
        abort(upload)
    return len(untouched)


def _check(upload: Upload) -> None:
    try:
        upload.full_clean(exclude={"key", "store_id", "started_by"})
    except ValidationError as error:
        refusal = Invalid("Some values are not allowed.")
        refusal.fields = dict(error.message_dict)
        raise refusal from error
    if uploads.is_taken(upload.name):
        raise uploads.name_taken(Video(name=upload.name))


def _refuse_complete(upload: Upload) -> None:
    if upload.video_id is not None:
        raise Conflict("This upload is complete already.", code="complete")


def _join(upload: Upload) -> None:
    """Make one object of the parts, unless that is done. Raises Conflict with those that are missing."""
    if storage.size_of(upload.key) is None:
        with _unless_joined(upload):
            _join_parts(upload)
    size = storage.size_of(upload.key)
    if size is None or size < upload.size:  # all parts were whole, so the store is not done yet, or lost its bucket
        raise Unavailable("The media store has not put the parts together yet. Try again.")
    if size != upload.size:
        upload.delete()
        storage.discard([upload.key])
        message = f"{size} bytes have arrived where {upload.size} were announced. The file was deleted; send it again."
        raise TooLarge(message, fields={"size": [message]})


def _join_parts(upload: Upload) -> None:
    etags = _whole_parts(upload)
    if missing := [number for number in range(1, upload.parts + 1) if number not in etags]:
        named = ", ".join(str(number) for number in missing[:10])
        refusal = Conflict(f"{len(missing)} of {upload.parts} parts are missing: {named}.", code="parts_missing")
        refusal.extra["missing"] = missing
        raise refusal
    storage.join_parts(upload.key, upload.store_id, etags)


@contextmanager
def _unless_joined(upload: Upload) -> Iterator[None]:
    """Parts that the store has joined, for another call or for one whose answer was lost, are over for it: not found.
    That is a refusal only where there is no whole object either."""
    try:
        yield
    except NotFound:
        if storage.size_of(upload.key) is None:
            raise


def _whole_parts(upload: Upload) -> dict[int, str]:
    """ETags, by number, of the parts that arrived with just their bytes. A store that does not hold senders to the
    signed size may have others; they count as missing."""
    there = storage.parts_there(upload.key, upload.store_id)
    return {
        number: etag
        for number, (size, etag) in there.items()
        if number <= upload.parts and size == upload.size_of_part(number)
    }
