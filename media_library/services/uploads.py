"""Media come in and are replaced: what is taken, where its bytes are, and what stays behind (nothing)."""

from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from dgx.core.errors import Conflict, Invalid, TooLarge
from media_library.models import Video
from media_library.services import sniffing, storage
from media_library.tasks import process_video

DIRECT_URL_S = 6 * 3600
"""Seconds that the address of a direct upload can be PUT to."""

SETTINGS = ("rotation", "fit_mode", "display_duration", "kind")


def upload_video(
    *,
    file: File,
    name: str,
    kind: str | None = None,
    rotation: int = 0,
    fit_mode: str = "cover",
    display_duration: int = 10,
    original_name: str = "",
) -> Video:
    """Store a file and make its row, ready to be shown; the worker looks inside afterwards.

    `kind` None: as the content says. Raises Invalid (by field), Unsupported, TooLarge, Conflict for a taken name, and
    Unavailable when the store does not answer; then there is neither a row nor an object.
    """
    video = Video(name=name, rotation=rotation, fit_mode=fit_mode, display_duration=display_duration)
    _take(video, file, kind=kind, original_name=original_name)
    check(video)
    return _keep(video, file, fields=None)


def replace_file(video: Video, *, file: File, original_name: str = "", **changes: Any) -> Video:
    """Give a video other bytes; it keeps its id, its links and its settings, but for `changes` (rotation, fit_mode,
    display_duration, kind). The old object goes when no other row names it. Raises as `upload_video`."""
    for name in set(changes) & set(SETTINGS):
        setattr(video, name, changes[name])
    fields = _take(video, file, kind=changes.get("kind"), original_name=original_name)
    check(video)
    return _keep(video, file, fields=[*fields, *(set(changes) & set(SETTINGS))])


def edit_video(video: Video, **changes: Any) -> Video:
    """Change columns of a video. Raises Invalid by field, and Conflict for a taken name."""
    changed = [name for name, value in changes.items() if getattr(video, name) != value]
    for name in changed:
        setattr(video, name, changes[name])
    if changed:
        check(video)
        save(video, fields=changed)
    return video


def find_same_bytes(sha256: str) -> QuerySet[Video]:
    """Videos that have just these bytes already."""
    return Video.objects.filter(sha256=sha256) if sha256 else Video.objects.none()


class DirectUpload(NamedTuple):
    """Where a browser sends the bytes of a video that is made."""

    video: Video
    url: str
    key: str


def begin_direct(*, name: str, filename: str, size: int, **video_settings: Any) -> DirectUpload:
    """Make a video whose bytes go straight to the store: PUT just `size` bytes to the URL, then `finish_direct`.

    `video_settings` are rotation, fit_mode and display_duration. Raises Invalid, TooLarge and Conflict.
    """
    check_announced_size(size)
    key = storage.incoming_key()
    video = Video(name=name, file=key, size=size, original_name=plain_name(filename), **video_settings)
    check(video)
    save(video, fields=None)
    return DirectUpload(video, storage.presigned_put(key, size=size, expires=DIRECT_URL_S), key)


def check_announced_size(size: int) -> None:
    """Raises Invalid for an empty file, and TooLarge above DGX_UPLOAD_MAX_BYTES."""
    if size < 1:
        raise Invalid("The file is empty.", field="size")
    if size > settings.DGX_UPLOAD_MAX_BYTES:
        message = f"A file may have at most {settings.DGX_UPLOAD_MAX_BYTES} bytes; this one has {size}."
        raise TooLarge(message, fields={"size": [message]})


def finish_direct(video: Video) -> Video:
    """The bytes are there: let the worker look at them. Harmless to repeat. Raises Conflict when they are not."""
    if not storage.is_incoming(video.key):
        return video
    if storage.size_of(video.key) != video.size:
        raise Conflict(f"The {video.size} bytes of “{video.name}” have not arrived. PUT them to the URL first.")
    enqueue(video)
    return video


def plain_name(filename: str) -> str:
    """A file's name as it may be shown: no folders, no control characters, at most 255 characters."""
    last = filename.replace("\\", "/").rpartition("/")[2]
    return "".join(character for character in last if character.isprintable())[:255]


def _take(video: Video, file: File, *, kind: str | None, original_name: str) -> list[str]:
    """Look at the file and put what it is into the row; returns the fields set. Nothing is stored yet."""
    media = sniffing.inspect(file, _size_of(file))
    sha256, size = storage.digest(file)
    values: dict[str, Any] = {
        "file": storage.object_key(sha256, media.extension),
        "thumbnail": "",
        "source_url": None,
        "original_name": plain_name(original_name or file.name or ""),
        "kind": kind if kind is not None else media.kind,
        "mime": media.mime,
        "size": size,
        "sha256": sha256,
        "state": Video.State.READY,
        "state_reason": "",
        "probed_at": None,
        "attempts": 0,
        **dict.fromkeys(("width", "height", "duration_s", "pages")),
    }
    for name, value in values.items():
        setattr(video, name, value)
    return list(values)


def _size_of(file: File) -> int:
    file.seek(0, 2)
    return int(file.tell())


def check(video: Video) -> None:
    """Raises Conflict for a taken name, and Invalid by field."""
    if is_taken(video.name, but_for=video):
        raise name_taken(video)
    try:
        video.full_clean(validate_unique=False)
    except ValidationError as error:
        refusal = Invalid("Some values are not allowed.")
        refusal.fields = dict(error.message_dict)
        raise refusal from error


def is_taken(name: str, *, but_for: Video | None = None) -> bool:
    """Another video that is not in the bin has this name."""
    others = Video.objects.exclude(pk=but_for.pk) if but_for else Video.objects.all()
    return others.named(name).exists()


def _keep(video: Video, file: File, *, fields: list[str] | None) -> Video:
    """Store the bytes and save the row: both or neither. Objects that the row named before go with the commit."""
    key = video.key
    try:
        _put(video, file)  # outside of the transaction: it may take minutes
    except BaseException:
        storage.discard([key])
        raise
    with storage.claimed(key):
        _put(video, file)  # again, since the last twin may have been deleted in between
        # under the row's lock, so that of two replacements at once the second takes the first one's object away
        before = Video.all_objects.select_for_update().filter(pk=video.pk).first()
        save(video, fields=fields)
        if before:
            transaction.on_commit(lambda: storage.discard(storage.keys_of(before)), robust=True)
        enqueue(video)
    return video


def _put(video: Video, file: File) -> None:
    storage.put_if_missing(video.key, file, mime=video.mime, size=video.size or 0)


def save(video: Video, *, fields: list[str] | None) -> None:
    """Save these fields, or all. Raises Conflict where another video has just taken the name."""
    try:
        with transaction.atomic():
            video.save(update_fields=fields)
    except IntegrityError as error:
        if is_taken(video.name, but_for=video):
            raise name_taken(video) from error
        raise


def name_taken(video: Video) -> Conflict:
    """The refusal that names the name."""
    message = f"There is already a video named “{video.name}”."
    return Conflict(message, code="duplicate", fields={"name": [message]})


def enqueue(video: Video) -> None:
    """Let the worker look inside, on commit; when the broker is away, the sweep finds the row a few minutes later."""
    transaction.on_commit(lambda: process_video.delay(video.pk), robust=True)
