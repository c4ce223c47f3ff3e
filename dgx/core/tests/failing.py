"""A real PostgreSQL that fails, for the tests of what a person is told then."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection


def another_connection() -> Any:
    """To the same database, beside Django's."""
    parameters = connection.get_connection_params()
    names = {name: parameters[name] for name in ("host", "port", "user", "password", "dbname") if name in parameters}
    return psycopg.connect(**names)


@contextmanager
def out_of_reach(table: str, mode: str = "ACCESS EXCLUSIVE") -> Iterator[None]:
    """Whoever reads the table gets an error of the database's after a moment; by the mode SHARE whoever writes to it.

    A test that has used the table in a transaction that is still open is told so at once.
    """
    within = connection.in_atomic_block
    with another_connection() as other, connection.cursor() as cursor:
        other.execute(f"SET lock_timeout = '2s'; LOCK TABLE {table} IN {mode} MODE")
        cursor.execute(f"SET {'LOCAL' if within else 'SESSION'} lock_timeout = '50ms'")
        try:
            yield
        finally:
            if not within:
                cursor.execute("RESET lock_timeout")


def end_our_backend() -> None:
    """As an administrator or a restart of PostgreSQL does; the next to use Django's connection gets the error."""
    connection.ensure_connection()
    ours: Any = connection.connection
    with another_connection() as other:
        assert other.execute("SELECT pg_terminate_backend(%s, 5000)", [ours.info.backend_pid]).fetchone() == (True,)
