"""A restore: a backup's objects and database back in place, held against its manifest before and after."""

from collections.abc import Iterator
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from dgx.care import postgres
from dgx.care.backup import DUMP, Manifest
from dgx.care.copies import StoredObject, sha256_of
from dgx.core.errors import Conflict, Invalid, NotFound
from media_library.services import storage


def restore(folder: Path, *, overwrite: bool = False) -> Manifest:
    """Bring a backup back; returns its manifest. Stop web, worker and beat first.

    1. Hold dump and objects against the manifest; nothing is touched unless all of it is whole.
    2. Upload the objects that the store has not, or has other bytes of, and read each back.
    3. Empty the database (only with `overwrite`, if it holds anything) and fill it in one transaction.
    4. Count the rows, then bring the schema to what this version of DGX needs.

    Raises Invalid for a backup that is not whole, or a store or database that does not take it as it is, and Conflict
    for a database that is not empty.
    """
    manifest = _read(folder)
    faults = list(_faults(folder, manifest))
    if faults:
        raise Invalid(f"The backup is damaged: {'; '.join(faults[:10])}.")
    if not _is_empty() and not overwrite:
        raise Conflict("The database holds tables already. Add --overwrite to replace everything in it.")
    for stored in manifest.objects:
        _bring_back(stored, folder.parent)
    _empty()
    postgres.restore(folder / DUMP)
    _hold_against(manifest)
    call_command("migrate", interactive=False, verbosity=0)
    return manifest


def _read(folder: Path) -> Manifest:
    try:
        return Manifest.read(folder)
    except ValueError as error:
        raise Invalid(str(error)) from error


def _faults(folder: Path, manifest: Manifest) -> Iterator[str]:
    """What is not as the manifest says, in words."""
    if not (folder / DUMP).is_file() or sha256_of(folder / DUMP)[0] != manifest.dump_sha256:
        yield f"{DUMP} is missing or not the one that was written"
    for stored in manifest.objects:
        if not stored.is_whole(folder.parent):
            yield f"the object {stored.key} is missing or not the one that was copied"


def _bring_back(stored: StoredObject, root: Path) -> None:
    if _is_stored(stored):
        return
    with stored.path(root).open("rb") as file:
        storage.put(stored.key, file, mime=stored.mime)
    if not _is_stored(stored):
        raise Invalid(f"The media store does not give {stored.key} back as it was written. The database is untouched.")


def _is_stored(stored: StoredObject) -> bool:
    """The store has it, byte for byte: of a size alone nobody can tell."""
    try:
        with storage.downloaded(stored.key) as file:
            return storage.digest(file) == (stored.sha256, stored.size)
    except NotFound:
        return False


def _is_empty() -> bool:
    return not connection.introspection.table_names()


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")


def _hold_against(manifest: Manifest) -> None:
    """Raises Invalid where a table has not the rows that the manifest counted."""
    wrong = []
    with connection.cursor() as cursor:
        for table, expected in manifest.rows.items():
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 — quoted
            (found,) = cursor.fetchone()
            if found != expected:
                wrong.append(f"{table} has {found} rows, the backup counted {expected}")
    if wrong:
        raise Invalid(f"The restored database is not the one that was backed up: {'; '.join(wrong)}.")
