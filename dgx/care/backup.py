"""A backup: the database as it was at one instant, and every object that it names.

An object's key holds its content's hash, so an object never changes: the objects of all backups share one folder, and a
backup copies only what is new. The layout, below the folder that the operator names:

    objects/<key>                      every object of every backup
    2026-01-31T020000Z/database.dump   pg_dump, custom format
    2026-01-31T020000Z/manifest.json   what must be there for it to be whole

A backup is written beside its place and renamed when it is complete: a folder that has its name is a whole backup.
"""

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Q

from dgx.care import postgres
from dgx.core.errors import NotFound
from media_library.models import Video
from media_library.services import storage

FORMAT = 1
DUMP, MANIFEST, OBJECTS = "database.dump", "manifest.json", "objects"


@dataclass(frozen=True)
class StoredObject:
    """An object of the store as the backup has it. `sha256` is of the bytes that were copied."""

    key: str
    mime: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `missing`: keys that the database names and the store had not; `rows`: by table."""

    made_at: str
    dump_sha256: str
    rows: dict[str, int]
    objects: list[StoredObject]
    missing: list[str]
    format: int = FORMAT

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest of a backup. Raises ValueError where the folder holds none that we can read."""
        try:
            values: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        except (OSError, ValueError) as error:
            raise ValueError(f"{folder} is no backup: {error}") from error
        if values.get("format") != FORMAT:
            raise ValueError(f"{folder} is of format {values.get('format')}; this DGX reads format {FORMAT}.")
        values["objects"] = [StoredObject(**row) for row in values["objects"]]
        return cls(**values)

    def write(self, folder: Path) -> None:
        """Put it into the folder."""
        (folder / MANIFEST).write_text(json.dumps(asdict(self), indent=1))


def back_up(root: Path, *, now: datetime) -> Path:
    """Make a backup below `root`; returns its folder. What is missing in the store is listed in its manifest.

    1. In one read-only transaction, export its snapshot, read which objects the database names and count the rows.
    2. Dump the database as that snapshot sees it.
    3. Copy the objects that no earlier backup has; a row's object cannot have changed since, only have gone.
    4. Write the manifest, and give the folder its name.
    """
    folder = root / f"{now:%Y-%m-%dT%H%M%SZ}"
    unfinished = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    with transaction.atomic():
        snapshot = _begin_snapshot()
        keys, rows = sorted(_named_keys()), _row_counts()
        postgres.dump(unfinished / DUMP, snapshot=snapshot)
    objects, missing = _copy_objects(keys, root / OBJECTS)
    Manifest(now.isoformat(), sha256_of(unfinished / DUMP)[0], rows, objects, missing).write(unfinished)
    _flush(unfinished)
    unfinished.rename(folder)
    return folder


def sha256_of(path: Path) -> tuple[str, int]:
    """The file's SHA-256 and size."""
    with path.open("rb") as file:
        return storage.digest(file)


def _begin_snapshot() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        return str(cursor.fetchone()[0])


def _named_keys() -> Iterator[str]:
    """Every object that a row names, also of those in the bin."""
    rows = Video._base_manager.exclude(Q(file="") & Q(thumbnail="")).values_list("file", "thumbnail")
    return iter({key for pair in rows.iterator() for key in pair if key})


def _row_counts() -> dict[str, int]:
    """Of every table of ours: what a restore is held against."""
    models = [model for model in apps.get_models() if model._meta.managed and not model._meta.proxy]
    return {model._meta.db_table: model._base_manager.count() for model in models}


def _copy_objects(keys: list[str], into: Path) -> tuple[list[StoredObject], list[str]]:
    copied, missing = [], []
    for key in keys:
        try:
            copied.append(_copy_object(key, into / key))
        except NotFound:
            missing.append(key)
    return copied, missing


def _copy_object(key: str, path: Path) -> StoredObject:
    """The object's copy: an earlier backup's where it is whole, else fetched."""
    mime = storage.content_type_of(key)
    if not path.exists() or path.stat().st_size != storage.size_of(key):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        with part.open("wb") as file:
            storage.download(key, file)
        part.rename(path)
    sha256, size = sha256_of(path)
    return StoredObject(key, mime, size, sha256)


def _flush(folder: Path) -> None:
    """To the disk, before the folder's name says that the backup is whole."""
    for path in [*folder.iterdir(), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
