"""Statements of the hot path that PostgreSQL parses and plans once per connection, not once per call."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import CursorMixin
from psycopg import RawCursor

_PARAMETER = re.compile(r"%\((\w+)\)s")


class _Cursor(CursorMixin, RawCursor[tuple[Any, ...]]):
    """A cursor that takes PostgreSQL's own `$1` and sends the values beside the text."""


def fetch_one(statement: str, params: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Run a statement with `%(name)s` parameters and give its first row.

    Django's own cursors write the values into the text, so that it is new each time; planning the report's statement
    takes longer than running it. psycopg prepares this one after a few runs (`prepare_threshold` in the settings).
    Every parameter needs a type that PostgreSQL can tell: cast those that may be None.
    """
    text, names = _numbered(statement)
    connection.ensure_connection()
    with connection.wrap_database_errors:
        raw = _Cursor(connection.connection)
    # counted, and logged, as any other of Django's
    with connection._prepare_cursor(raw) as cursor:  # type: ignore[attr-defined]  # the stubs leave it out
        cursor.execute(text, [params[name] for name in names])
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


@cache
def _numbered(statement: str) -> tuple[str, tuple[str, ...]]:
    """The statement with `$1` in the place of `%(name)s`, and the names in that order. Once for each statement: taking
    the text apart is a fifth of a poll's work."""
    names = tuple(dict.fromkeys(_PARAMETER.findall(statement)))
    return _PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", statement), names
