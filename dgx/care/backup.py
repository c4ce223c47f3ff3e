"""A backup: the database as it was at one instant, and every object that it names.

The key of a media file holds the hash of its bytes, so they never change: the objects of all backups share one folder,
and a backup copies only what is new. The layout, below the folder that the operator names:

    objects/<key>                      every object of every backup; thumbnails with their own hash behind the key
    2026-01-31T020000Z/database.dump   pg_dump, custom format
    2026-01-31T020000Z/manifest.json   what must be there for it to be whole

A backup is written beside its place and renamed when it is complete: a folder that has its name is a whole backup.
"""

import json
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Q

from dgx.care import postgres
from dgx.care.copies import StoredObject, copy_object, sha256_of, to_disk
from dgx.core.errors import NotFound
from media_library.models import Video

FORMAT = 1
DUMP, MANIFEST = "database.dump", "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `missing`: keys that the database names and the store had not, or had other bytes of;
    `rows`: by table."""

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
    3. Copy the objects of which no earlier backup has a whole copy; media cannot have changed since, only have gone.
    4. Write the manifest, and give the folder its name.
    """
    folder = root / f"{now:%Y-%m-%dT%H%M%SZ}"
    unfinished = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    with transaction.atomic():
        snapshot = _begin_snapshot()
        promised, rows = _named_objects(), _row_counts()
        postgres.dump(unfinished / DUMP, snapshot=snapshot)
    objects, missing = _copy_objects(promised, root)
    Manifest(now.isoformat(), sha256_of(unfinished / DUMP)[0], rows, objects, missing).write(unfinished)
    to_disk(*unfinished.iterdir(), unfinished)
    unfinished.rename(folder)
    to_disk(root)
    return folder


def _begin_snapshot() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        return str(cursor.fetchone()[0])


def _named_objects() -> dict[str, str]:
    """Every object that a row names, be it in the bin, with the SHA-256 that the row says; empty where it says none."""
    rows = Video._base_manager.exclude(Q(file="") & Q(thumbnail="")).values_list("file", "thumbnail", "sha256")
    named: dict[str, str] = {}
    for file, thumbnail, sha256 in rows.iterator():
        named[file] = named.get(file) or sha256
        named.setdefault(thumbnail, "")
    named.pop("", None)
    return named


def _row_counts() -> dict[str, int]:
    """Of every table of ours: what a restore is held against."""
    models = [model for model in apps.get_models() if model._meta.managed and not model._meta.proxy]
    return {model._meta.db_table: model._base_manager.count() for model in models}


def _copy_objects(promised: dict[str, str], root: Path) -> tuple[list[StoredObject], list[str]]:
    copied, missing, earlier = [], [], _objects_of_the_last(root)
    for key, sha256 in sorted(promised.items()):
        try:
            copied.append(copy_object(key, root, promised=sha256, earlier=earlier.get(key)))
        except NotFound:
            missing.append(key)
    return copied, missing


def _objects_of_the_last(root: Path) -> dict[str, StoredObject]:
    """By key, the objects of the newest backup that can be read."""
    for folder in sorted(root.glob("*Z"), reverse=True):
        try:
            return {stored.key: stored for stored in Manifest.read(folder).objects}
        except ValueError:
            continue
    return {}
