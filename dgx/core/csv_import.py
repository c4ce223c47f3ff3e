"""The one way in for CSV: what a file would do, and then doing it, all or nothing, as one audited change."""

import logging
from typing import Any

from django.db import OperationalError, connection, transaction

from dgx.core import audit
from dgx.core.resources import CsvResource, Outcome

logger = logging.getLogger(__name__)
MANY = 10_000


def preview(kind: type[CsvResource], data: bytes, *, user: Any) -> Outcome:
    """What the file would do to each row; nothing is written. Raises Invalid for a file that cannot be read."""
    file = kind.read(data)
    made: Outcome = kind(user=user, only=file.headers).import_data(file, dry_run=True)
    return made


def import_csv(kind: type[CsvResource], data: bytes, *, user: Any, name: str, apply_right: bool = False) -> Outcome:
    """Bring the file in. Where a row is wrong, nothing is written, unless `apply_right`: then the others are; where the
    outcome has `refusals`, nothing is in any case. Raises Invalid for a file that cannot be read, and what a database
    raises that fails: then nothing is written either.

    `name` is the file's, for the audit; without a `user` nothing is limited.
    """
    file = kind.read(data)
    resource = kind(user=user, only=file.headers)
    what = f"Import {kind._meta.model._meta.verbose_name_plural} from “{name}”"
    with audit.change(door=audit.Door.IMPORT, what=what, user=user):
        made: Outcome = resource.import_data(file, use_transactions=True, rollback_on_validation_errors=not apply_right)
    if made.writes > MANY and not made.refusals:
        _tell_the_planner(kind)
    return made


def _tell_the_planner(kind: type[CsvResource]) -> None:
    """Statistics now, not when autovacuum comes by: until then plans that fit the old table may take minutes. The rows
    are in already, so where this fails the import has not."""
    table = kind._meta.model._meta.db_table
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")
    except OperationalError as error:
        logger.warning("the planner has to wait for statistics of %s: %s", table, error)
