"""A restore: a backup's objects and database back in place, held against its manifest before and after."""

from collections.abc import Iterator
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from dgx.care import postgres
from dgx.care.backup import DUMP, OBJECTS, Manifest, StoredObject, sha256_of
from dgx.core.errors import Conflict, Invalid
from media_library.services import storage


def restore(folder: Path, *, overwrite: bool = False) -> Manifest:
    """Bring a backup back; returns its manifest. Stop web, worker and beat first.

    1. Hold dump and objects against the manifest; nothing is touched unless all of it is whole.
    2. Upload the objects that the store has not: they are immutable and harm nobody.
    3. Empty the database (only with `overwrite`, if it holds anything) and fill it in one transaction.
    4. Count the rows, then bring the schema to what this version of DGX needs.

    Raises Invalid for a backup that is not whole and Conflict for a database that is not empty.
    """
    manifest = _read(folder)
    faults = list(_faults(folder, manifest))
    if faults:
        raise Invalid(f"The backup is damaged: {'; '.join(faults[:10])}.")
    if not _is_empty() and not overwrite:
        raise Conflict("The database holds tables already. Add --overwrite to replace everything in it.")
    for stored in manifest.objects:
        _upload(stored, folder.parent / OBJECTS / stored.key)
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
        path = folder.parent / OBJECTS / stored.key
        if not path.is_file() or sha256_of(path) != (stored.sha256, stored.size):
            yield f"the object {stored.key} is missing or not the one that was copied"


def _upload(stored: StoredObject, path: Path) -> None:
    with path.open("rb") as file:
        storage.put_if_missing(stored.key, file, mime=stored.mime, size=stored.size)


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
