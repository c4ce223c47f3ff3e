"""Statements of the hot path: PostgreSQL parses and plans them once per connection, and nothing stands between them and
libpq. Django's own cursors write the values into the text, so that it is new each time, and planning a report takes
longer than running it.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.db.backends.utils import CursorDebugWrapper
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, TransactionStatus

Row = tuple[Any, ...]
_PARAMETER = re.compile(r"%\((\w+)\)s")
_known: WeakKeyDictionary[psycopg.Connection[Any], set[bytes]] = WeakKeyDictionary()
"""The names of what each connection has prepared."""


class Statement:
    """One statement with `%(name)s` parameters, each of a type that PostgreSQL can tell: cast those that it cannot.

    `reads`: it changes nothing, so where a kept connection turns out dead, it runs again on a new one.
    """

    def __init__(self, text: str, *, reads: bool = False) -> None:
        self._parameters = tuple(dict.fromkeys(_PARAMETER.findall(text)))
        self._text = _PARAMETER.sub(lambda found: f"${self._parameters.index(found[1]) + 1}", text)
        self._name = b"dgx_" + hashlib.sha256(self._text.encode()).hexdigest()[:32].encode()
        self._reads = reads

    def one(self, params: Mapping[str, Any]) -> Row | None:
        """The first row, None where there is none."""
        rows = self.all(params)
        return rows[0] if rows else None

    def all(self, params: Mapping[str, Any]) -> list[Row]:
        """All rows."""
        values = [params[name] for name in self._parameters]
        connection: Any = connections[DEFAULT_DB_ALIAS]
        try:
            return self._run(connection, values)
        except OperationalError:
            raw = connection.connection  # None where not even a new one could be had
            if not self._reads or connection.in_atomic_block or raw is None or not raw.closed:
                raise
        connection.close()
        return self._run(connection, values)

    def _run(self, connection: Any, values: Sequence[Any]) -> list[Row]:
        connection.ensure_connection()
        connection.validate_no_broken_transaction()
        with connection.wrap_database_errors, _counted(connection, self._text, values):
            return self._execute(connection.connection, values)

    def _execute(self, raw: psycopg.Connection[Any], values: Sequence[Any]) -> list[Row]:
        if not raw.autocommit and raw.info.transaction_status == TransactionStatus.IDLE:
            raw.execute("SELECT")  # psycopg begins a transaction with its own statements alone
        if self._name not in _known.setdefault(raw, set()):
            _checked(raw, lambda: raw.pgconn.prepare(self._name, self._text.encode()))
            _known[raw].add(self._name)
        transformer = Transformer(raw)
        dumped: Any = transformer.dump_sequence(values, [PyFormat.TEXT] * len(values))
        result = _checked(raw, lambda: raw.pgconn.exec_prepared(self._name, dumped))
        transformer.set_pgresult(result)
        return transformer.load_rows(0, result.ntuples, tuple)


class Prepared:
    """A queryset of values with one parameter, as a Statement: the ORM says once what it would send, at first use, so
    that the model stays the source of it.

    `make` gives the queryset for a value; it is called with `stand_in`, which must be like no other value in it.
    """

    def __init__(self, make: Callable[[Any], Any], *, stand_in: Any) -> None:
        self._make, self._stand_in = make, stand_in

    @cached_property
    def _compiled(self) -> tuple[Statement, dict[str, Any]]:
        sql, params = self._make(self._stand_in).query.sql_with_params()
        names = ["given" if value == self._stand_in else f"fixed_{n}" for n, value in enumerate(params)]
        text = sql % tuple(f"%({name})s" for name in names)
        return Statement(text, reads=True), dict(zip(names, params, strict=True))

    def all(self, value: Any) -> list[Row]:
        """The queryset's rows for this value, as `values_list` gives them."""
        statement, fixed = self._compiled
        return statement.all(fixed | {"given": value})


def array(values: Sequence[str | float | None]) -> str:
    """PostgreSQL's text of an array, many times faster than psycopg, which asks each element for its type."""
    return "{" + ",".join("NULL" if value is None else _quoted(str(value)) for value in values) + "}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _checked(raw: psycopg.Connection[Any], call: Callable[[], Any]) -> Any:
    """What libpq gives, or psycopg's exception for it."""
    if raw.closed:
        raise psycopg.OperationalError("the connection is closed")
    result = call()
    if result.status in {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}:
        return result
    if raw.pgconn.status == ConnStatus.BAD or not result.error_field(DiagnosticField.SQLSTATE):  # libpq's own words
        raise psycopg.OperationalError(result.get_error_message())
    raise error_from_result(result, raw.info.encoding)


def _counted(connection: Any, text: str, values: Sequence[Any]) -> AbstractContextManager[None]:
    """Where Django logs and counts queries, this is one."""
    if not connection.queries_logged:
        return nullcontext()
    return CursorDebugWrapper(None, connection).debug_sql(text, values)
