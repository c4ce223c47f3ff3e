"""The object store: keys made of hashes, streamed writes, and deletions that never take what a row names.

An object is written and its row saved under one lock on its key, and deleted under the same lock once no row names it.
So a file that is uploaded while its twin is deleted ends with its bytes in place, whichever comes first.
"""

import hashlib
import logging
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import lru_cache
from typing import IO, Any

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from dgx.core.errors import NotFound, Unavailable
from media_library.models import DepartingObject, Upload, Video
from media_library.models.video import media_storage
from media_library.services.signing import with_charset

logger = logging.getLogger(__name__)
CHUNK_BYTES = 1024**2
UNKNOWN = "application/octet-stream"
"""The type of bytes that nobody has looked at."""


def object_key(sha256: str, extension: str) -> str:
    """Where a file with these bytes is stored."""
    return f"{settings.S3_PREFIX}/{sha256[:2]}/{sha256}{extension}"


def thumbnail_key(sha256: str) -> str:
    """Where the thumbnail of a file with these bytes is stored."""
    return f"{settings.S3_PREFIX}/thumbnails/{sha256}.jpg"


def incoming_key() -> str:
    """A new key for a file that comes straight from a browser."""
    return f"{settings.S3_PREFIX}/incoming/{uuid.uuid4()}"


def keys_of(video: Video) -> set[str]:
    """The objects that a row names."""
    return {key for key in (video.key, video.thumbnail.name) if key}


def is_incoming(key: str) -> bool:
    """A file of which nobody has looked at the bytes yet."""
    return key.startswith(f"{settings.S3_PREFIX}/incoming/")


def digest(file: IO[bytes] | File) -> tuple[str, int]:
    """SHA-256 (hexadecimal) and size of a seekable file, read in chunks and rewound."""
    hasher, size = hashlib.sha256(), 0
    file.seek(0)
    while chunk := file.read(CHUNK_BYTES):
        hasher.update(chunk)
        size += len(chunk)
    file.seek(0)
    return hasher.hexdigest(), size


@contextmanager
def answering() -> Iterator[None]:
    """Turns the store's silence into Unavailable, as a missing bucket (it came back before its volume was mounted), and
    a missing object into NotFound. A HEAD does not tell the two apart: see `is_missing`."""
    try:
        yield
    except (ClientError, BotoCoreError, Boto3Error) as error:
        if isinstance(error, ClientError) and _is_of_one_object(error.response):
            raise NotFound("The stored file is missing.") from error
        logger.warning("the media store failed: %s", error)
        raise Unavailable("The media store does not answer. Try again.") from error


def _is_of_one_object(answer: dict[str, Any]) -> bool:
    status, code = answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"].get("Code")
    return bool(status == 404 and code != "NoSuchBucket")


def _client() -> Any:
    store: Any = media_storage()
    return store.connection.meta.client


def size_of(key: str) -> int | None:
    """Bytes of an object, None when there is none."""
    try:
        with answering():
            return int(_client().head_object(Bucket=settings.S3_BUCKET, Key=key)["ContentLength"])
    except NotFound:
        return None


def is_missing(key: str) -> bool:
    """Whether the bucket is there and lists no such object: reason enough to give a file up. Raises Unavailable."""
    with answering():
        listed = _client().list_objects_v2(Bucket=settings.S3_BUCKET, Prefix=key)
    return key not in [item["Key"] for item in listed.get("Contents", ())]


def content_type_of(key: str) -> str:
    """The media type under which the store hands an object out. Raises NotFound and Unavailable."""
    with answering():
        return str(_client().head_object(Bucket=settings.S3_BUCKET, Key=key)["ContentType"])


def put_if_missing(key: str, file: IO[bytes] | File, *, mime: str, size: int) -> None:
    """Store the file in parts, unless the store has that key with that size already."""
    if size_of(key) != size:
        put(key, file, mime=mime)


def put(key: str, file: IO[bytes] | File, *, mime: str) -> None:
    """Store the file in parts, whatever the store has under that key. Raises Unavailable."""
    file.seek(0)
    content: Any = File(file)
    content.content_type = with_charset(mime)
    with answering():
        media_storage().save(key, content)


def download(key: str, into: IO[bytes]) -> None:
    """Write an object to a file, in chunks. Raises NotFound and Unavailable."""
    with answering():
        shutil.copyfileobj(_client().get_object(Bucket=settings.S3_BUCKET, Key=key)["Body"], into, CHUNK_BYTES)
    into.seek(0)


@contextmanager
def downloaded(key: str) -> Iterator[IO[bytes]]:
    """The object as a temporary file."""
    with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as file:
        download(key, file)
        yield file


@contextmanager
def claimed(*keys: str) -> Iterator[None]:
    """A transaction inside which nobody deletes these objects; when it fails, those that no row names are deleted.

    Write the objects and the rows that name them inside.
    """
    try:
        with transaction.atomic():
            _lock(keys)
            yield
    except BaseException:
        discard(keys)
        raise


def discard(keys: Iterable[str]) -> int:
    """Delete those of the objects that no row names; returns how many. Never raises for the store: what stays is
    found again by `delete_orphans`."""
    deleted = 0
    for key in keys:
        with transaction.atomic():
            _lock([key])
            if named([key]):
                continue
            try:
                with answering():
                    _client().delete_object(Bucket=settings.S3_BUCKET, Key=key)
                deleted += 1
            except (NotFound, Unavailable):
                logger.warning("object %s could not be deleted; the daily clean-up will try again", key)
    return deleted


def named(keys: Iterable[str]) -> set[str]:
    """Those of the keys that a row names, be it in the bin: as its file, its thumbnail, or the address in the file's
    place; and those that devices may still be fetching."""
    wanted, base = list(keys), f"s3://{settings.S3_BUCKET}/"
    rows = Video.all_objects.filter(
        Q(file__in=wanted) | Q(thumbnail__in=wanted) | Q(source_url__in=[base + key for key in wanted])
    ).values_list("file", "thumbnail", "source_url")
    waiting = DepartingObject.objects.filter(key__in=wanted, due_at__gt=timezone.now()).values_list("key", flat=True)
    return ({(key or "").removeprefix(base) for row in rows for key in row} & set(wanted)) | set(waiting)


def _lock(keys: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for key in sorted(keys):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def delete_orphans(*, now: datetime, older_than: timedelta = timedelta(hours=24)) -> int:
    """Delete objects of ours that no row names and that are older than that, and parts of uploads that never ended;
    returns how many objects.

    A page of the listing at a time, so memory stays flat. Only keys of the shapes made here count as ours: another
    system's files under the same prefix are left alone.
    """
    ours, before, deleted = _our_keys(), now - older_than, 0
    for page in _pages("list_objects_v2", "Contents"):
        old = [item["Key"] for item in page if item["LastModified"] < before and ours.fullmatch(item["Key"])]
        deleted += discard(set(old) - named(old))
    for item in unfinished():
        if item["Initiated"] < before and ours.fullmatch(item["Key"]) and not _is_expected(item["Key"]):
            with suppress(NotFound):  # it came to an end since it was listed
                abort_parts(item["Key"], item["UploadId"])
    return deleted


def _our_keys() -> re.Pattern[str]:
    return re.compile(
        rf"{re.escape(settings.S3_PREFIX)}/(?:[0-9a-f]{{2}}/[0-9a-f]{{64}}\.\w{{2,5}}"
        r"|thumbnails/[0-9a-f]{64}\.jpg|incoming/[0-9a-f-]{36})"
    )


def _pages(operation: str, content: str) -> Iterator[list[dict[str, Any]]]:
    pages = _client().get_paginator(operation).paginate(Bucket=settings.S3_BUCKET, Prefix=f"{settings.S3_PREFIX}/")
    with answering():
        for page in pages:
            yield page.get(content, [])


def unfinished() -> Iterator[dict[str, Any]]:
    """Uploads in parts that have not come to an end, each with its Key, UploadId and time of beginning (Initiated)."""
    try:
        for page in _pages("list_multipart_uploads", "Uploads"):
            yield from page
    except NotFound:  # how rclone says that there are none
        return


def _is_expected(key: str) -> bool:
    """Somebody sends parts of it: its row says when that ends."""
    return Upload.objects.filter(key=key).exists()


def begin_parts(key: str) -> str:
    """Begin an upload in parts; returns the store's id of it."""
    where = {"Bucket": settings.S3_BUCKET, "Key": key}
    with answering():
        return str(_client().create_multipart_upload(**where, ContentType=UNKNOWN)["UploadId"])


def presigned_part(key: str, upload_id: str, number: int, *, size: int, expires: int) -> str:
    """An address to which just `size` bytes, that part's, can be PUT for `expires` seconds, as often as need be."""
    params = {"Bucket": settings.S3_BUCKET, "Key": key, "UploadId": upload_id, "PartNumber": number}
    params["ContentLength"] = size
    return str(_public_client().generate_presigned_url("upload_part", Params=params, ExpiresIn=expires))


def parts_there(key: str, upload_id: str) -> dict[int, tuple[int, str]]:
    """Size and ETag, by number, of the parts that have arrived, of 1000 at most. Raises NotFound for an upload that is
    over, and Unavailable."""
    with answering():
        answer = _client().list_parts(Bucket=settings.S3_BUCKET, Key=key, UploadId=upload_id)
    return {part["PartNumber"]: (part["Size"], part["ETag"]) for part in answer.get("Parts") or ()}


def join_parts(key: str, upload_id: str, etags: dict[int, str]) -> None:
    """Make one object of the parts. Raises NotFound for an upload that is over, and Unavailable."""
    parts = [{"PartNumber": number, "ETag": etags[number]} for number in sorted(etags)]
    with answering():
        _client().complete_multipart_upload(
            Bucket=settings.S3_BUCKET, Key=key, UploadId=upload_id, MultipartUpload={"Parts": parts}
        )


def abort_parts(key: str, upload_id: str) -> None:
    """Take back an upload in parts, with what came of it. Raises NotFound for one that is over, and Unavailable."""
    with answering():
        _client().abort_multipart_upload(Bucket=settings.S3_BUCKET, Key=key, UploadId=upload_id)


def allow_browsers(origins: Sequence[str]) -> None:
    """Let pages of these origins read objects and send parts (the bucket's CORS rules). Raises Unavailable for a store
    that keeps no such rules."""
    rule = {
        "AllowedOrigins": list(origins),
        "AllowedMethods": ["GET", "HEAD", "PUT"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag", "Content-Range", "Content-Length"],
        "MaxAgeSeconds": 86_400,
    }
    with answering():
        _client().put_bucket_cors(Bucket=settings.S3_BUCKET, CORSConfiguration={"CORSRules": [rule]})


def copy(source: str, target: str, *, mime: str) -> None:
    """Copy an object inside the store, in parts where it is large, under the right media type."""
    extra = {"ContentType": with_charset(mime), "MetadataDirective": "REPLACE"}
    with answering():
        _client().copy({"Bucket": settings.S3_BUCKET, "Key": source}, settings.S3_BUCKET, target, ExtraArgs=extra)


def presigned_put(key: str, *, size: int, expires: int) -> str:
    """An address to which just `size` bytes can be PUT for `expires` seconds."""
    params = {"Bucket": settings.S3_BUCKET, "Key": key, "ContentLength": size}
    return str(_public_client().generate_presigned_url("put_object", Params=params, ExpiresIn=expires))


@lru_cache(maxsize=1)
def _public_client() -> Any:
    """Signs for the address under which browsers reach the store."""
    style = "path" if settings.S3_PUBLIC_ENDPOINT_URL else "virtual"
    return boto3.client(
        "s3",
        endpoint_url=settings.S3_PUBLIC_ENDPOINT_URL,
        aws_access_key_id=settings.S3_ACCESS_KEY_ID or None,
        aws_secret_access_key=settings.S3_SECRET_ACCESS_KEY or None,
        region_name=settings.AWS_REGION,
        config=Config(signature_version="s3v4", s3={"addressing_style": style}),
    )
