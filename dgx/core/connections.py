"""What every new connection to the database is told, whoever opens it: the web, a worker, a command, a test."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper


def no_trigger_is_ignored(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Give `pgtrigger.ignore` a value from the start.

    Each trigger reads it. Where it has none, that is an error, which pgtrigger catches: for each row a subtransaction
    that fails, and whose end looks through all foreign keys that the transaction has yet to check. So a change of a
    hundred thousand rows would take minutes.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET pgtrigger.ignore = '{}'")
