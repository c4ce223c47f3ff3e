"""The copies of stored objects that all backups below one folder share.

A copy is taken for whole only by a hash that was known before it was read: the database's for media, and for what it
has no hash of, such as thumbnails, the one of the backup before. A copy that has rotted on the disk is fetched again.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path

from dgx.core.errors import NotFound
from media_library.services import storage

OBJECTS = "objects"


@dataclass(frozen=True)
class StoredObject:
    """An object of the store as the backup has it. `sha256` is of the bytes that were copied; `copy` names its copy
    where that is not the key: bytes that may change under one key have a copy each, or earlier backups would break."""

    key: str
    mime: str
    size: int
    sha256: str
    copy: str = ""

    def path(self, root: Path) -> Path:
        """Where its copy lies, below the folder of all backups."""
        return root / OBJECTS / (self.copy or self.key)

    def is_whole(self, root: Path) -> bool:
        """Its copy is there, byte for byte."""
        path = self.path(root)
        return path.is_file() and sha256_of(path) == (self.sha256, self.size)


def copy_object(key: str, root: Path, *, promised: str, earlier: StoredObject | None) -> StoredObject:
    """Have the object copied: by an earlier backup where that is whole, else now. `promised` is the SHA-256 that the
    database knows, or empty. Raises NotFound where the store has it not, or not with those bytes."""
    mime, size = storage.content_type_of(key), storage.size_of(key)
    known = StoredObject(key, mime, size or 0, promised) if promised else earlier
    if known is not None and known.size == size and known.is_whole(root):
        return replace(known, mime=mime)
    return _fetch(key, root, mime=mime, promised=promised)


def _fetch(key: str, root: Path, *, mime: str, promised: str) -> StoredObject:
    part = root / OBJECTS / f"{key}.part"
    part.parent.mkdir(parents=True, exist_ok=True)
    with part.open("w+b") as file:
        storage.download(key, file)
        sha256, size = storage.digest(file)
    if promised and sha256 != promised:
        part.unlink()
        raise NotFound(f"The store has other bytes under {key} than it was given.")
    fetched = StoredObject(key, mime, size, sha256, copy="" if promised else f"{key}.{sha256}")
    to_disk(part)
    part.rename(fetched.path(root))
    to_disk(*(folder for folder in part.parents if folder.is_relative_to(root)))
    return fetched


def sha256_of(path: Path) -> tuple[str, int]:
    """The file's SHA-256 and size."""
    with path.open("rb") as file:
        return storage.digest(file)


def to_disk(*paths: Path) -> None:
    """Wait until files, and the names in folders, would survive a loss of power."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
