"""The old database: what its tables are called, which columns they have, and their rows as a stream."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from django.db import connection
from psycopg import sql

from dgx.core.csv_export import in_chunks
from dgx.core.errors import Refusal

LOCK_TIMEOUT_MS = 5000


@dataclass(frozen=True)
class Column:
    """A column as we stage it, and the names it may have there. Optional ones are null where they are missing."""

    name: str
    kind: str
    called: tuple[str, ...]
    optional: bool = True


@dataclass(frozen=True)
class Table:
    """An old table. `history`: rows are only ever added, and read from where the last import stopped."""

    noun: str
    called: tuple[str, ...]
    columns: tuple[Column, ...]
    history: bool = False

    @property
    def stage(self) -> str:
        """Our temporary table with its rows."""
        return f"legacy_{self.noun}"


def _key(name: str, *called: str) -> Column:
    return Column(name, "bigint", called or (name,), optional=False)


_TIMES = (Column("created_at", "timestamptz", ("created_at",)), Column("updated_at", "timestamptz", ("updated_at",)))

SHOPS = Table("shop", ("shop",), (_key("id"), Column("name", "text", ("shop_name",), optional=False), *_TIMES))
GROUPS = Table("group", ("group",), (_key("id"), Column("name", "text", ("gname",), optional=False), *_TIMES))
VIDEOS = Table(
    "video",
    ("video",),
    (
        _key("id"),
        Column("name", "text", ("video_name",), optional=False),
        Column("address", "text", ("s3_link",)),
        Column("rotation", "bigint", ("rotation",)),
        Column("content_type", "text", ("content_type",)),
        Column("fit_mode", "text", ("fit_mode",)),
        Column("display_duration", "bigint", ("display_duration",)),
        *_TIMES,
    ),
)
DEVICES = Table(
    "device",
    ("device",),
    (
        _key("id"),
        Column("name", "text", ("mobile_id",), optional=False),
        Column("download_status", "boolean", ("download_status",)),
        Column("is_online", "boolean", ("is_online",)),
        Column("last_online_at", "timestamptz", ("last_online_at", "last_seen")),
        Column("temperature", "float8", ("temperature",)),
        Column("daily_count", "bigint", ("daily_count",)),
        Column("monthly_count", "bigint", ("monthly_count",)),
        Column("last_daily_reset", "date", ("last_daily_reset",)),
        Column("last_monthly_reset", "date", ("last_monthly_reset",)),
        *_TIMES,
    ),
)
LINKS = Table(
    "link",
    ("device_video_shop_group",),
    (
        *(_key(name) for name in ("id", "did", "vid", "sid")),
        Column("gid", "bigint", ("gid",)),
        Column("display_order", "bigint", ("display_order",)),
        *_TIMES,
    ),
)
_DEVICE = _key("did", "did", "device_id")
LOGS = Table(
    "log",
    ("device_logs",),
    (
        _key("id"),
        _DEVICE,
        Column("log_type", "text", ("log_type",), optional=False),
        Column("value", "float8", ("value",)),
        Column("at", "timestamptz", ("logged_at",), optional=False),
    ),
    history=True,
)
EVENTS = Table(
    "event",
    ("device_online_history", "device_online_events", "online_events"),
    (
        _key("id"),
        _DEVICE,
        Column("event_type", "text", ("event_type",), optional=False),
        Column("at", "timestamptz", ("event_at",), optional=False),
    ),
    history=True,
)
POINTS = Table(
    "point",
    ("device_temperature", "device_temperatures", "device_temperature_series"),
    (
        _key("id"),
        _DEVICE,
        Column("value", "float8", ("temperature", "value"), optional=False),
        Column("at", "timestamptz", ("recorded_at", "logged_at", "measured_at", "created_at"), optional=False),
    ),
    history=True,
)


class Source:
    """A connection to the old database that reads one snapshot of it and never writes."""

    def __init__(self, dsn: str) -> None:
        """Raises Refusal when the database does not answer."""
        self._dsn = dsn
        try:
            self.connection = psycopg.connect(dsn, connect_timeout=10, client_encoding="UTF8")
        except psycopg.Error as error:
            raise Refusal(f"The old database does not answer: {str(error).strip()}") from None
        self.locked = True

    def begin(self, tables: tuple[Table, ...]) -> None:
        """Begin the snapshot at an instant at which nobody is writing to the tables that only grow, so that no row
        with a lower id can turn up later. Where that is not allowed, `locked` is False."""
        names = [sql.Identifier(name) for table in tables if (name := self.name_of(table))]
        self.connection.rollback()
        self.connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        try:
            self._begin(names)
        except psycopg.Error:  # a read-only copy, a user who may only read, or a writer that does not end
            self.connection.rollback()
            self.locked = False
            self._begin([])

    def _begin(self, names: list[sql.Identifier]) -> None:
        with psycopg.connect(self._dsn) as locker:
            for name in names:
                locker.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
                locker.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(name))
            self.connection.execute("SELECT 1")

    @property
    def identity(self) -> str:
        """Tells old databases apart, however they are addressed."""
        row = self.connection.execute(
            "SELECT system_identifier, current_database() FROM pg_control_system()"
        ).fetchone()
        return "/".join(map(str, row or ()))

    def name_of(self, table: Table) -> str | None:
        """What the table is called there, None where it is missing."""
        return next((name for name in table.called if self._columns(name)), None)

    def _columns(self, table: str) -> set[str]:
        rows = self.connection.execute(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_schema = ANY (current_schemas(false)) AND table_name = %s",
            [table],
        ).fetchall()
        return {row[0] for row in rows}

    def query(self, table: Table, name: str, after: int) -> sql.Composed:
        """Selects the table's rows with an id above `after`. Raises Refusal for a missing column."""
        there = self._columns(name)
        parts = []
        for column in table.columns:
            found = next((called for called in column.called if called in there), None)
            if found is None and not column.optional:
                raise Refusal(f"The old table {name} has no column {' or '.join(column.called)}.")
            value = sql.Identifier(found) if found else sql.SQL("NULL")
            parts.append(sql.SQL("{}::{}").format(value, sql.SQL(column.kind)))
        return sql.SQL("SELECT {} FROM {} WHERE id > {}").format(
            sql.SQL(", ").join(parts), sql.Identifier(name), sql.Literal(after)
        )

    def stage(self, table: Table, *, after: int) -> bool:
        """Make the table's temporary twin on our side and fill it; False where the old table is missing."""
        columns = ", ".join(f"{column.name} {column.kind}" for column in table.columns)
        extra = "new_id bigint, is_new boolean DEFAULT false, same_as bigint, problem text, note text"
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{table.stage}")
            cursor.execute(f"CREATE TEMP TABLE {table.stage} ({columns}, {extra}) ON COMMIT DROP")
            name = self.name_of(table)
            if name is None:
                return False
            query = self.query(table, name, after).as_string(self.connection)
            into = f"COPY {table.stage} ({', '.join(column.name for column in table.columns)}) FROM STDIN"
            with cursor.copy(into) as target:
                for chunk in in_chunks(self._copied(query)):
                    target.write(chunk)
            cursor.execute(f"ANALYZE {table.stage}")
        return True

    def _copied(self, query: str) -> Iterator[bytes]:
        with self.connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT") as rows:
            for row in rows:
                yield bytes(row)


@contextmanager
def opened(dsn: str) -> Iterator[Source]:
    """The old database, closed at the end. Raises Refusal, in words, for what cannot be read there."""
    source = Source(dsn)
    try:
        yield source
    except psycopg.Error as error:
        raise Refusal(f"The old database cannot be read: {str(error).strip()}") from error
    finally:
        source.connection.close()
