"""A real PostgreSQL that fails, for the tests of what a person is told then."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection


@contextmanager
def out_of_reach(table: str) -> Iterator[None]:
    """Whoever reads the table gets an error of the database's after a moment."""
    parameters = connection.get_connection_params()
    names = {name: parameters[name] for name in ("host", "port", "user", "password", "dbname") if name in parameters}
    with psycopg.connect(**names) as other, connection.cursor() as cursor:
        other.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        cursor.execute("SET LOCAL lock_timeout = '50ms'")
        yield
