"""All rows of the test database, remembered and put back: after every test that committed as migrations left them
(Django's own way, to empty all tables, takes ten times as long and loses the roles and the chain), and for journeys the
demo that they begin with."""

from dataclasses import dataclass

from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected

TABLES = """
SELECT quote_ident(relname) FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
  AND relname <> 'django_migrations'
"""

EMPTY = f"""
DO $$
DECLARE each text;
BEGIN
    EXECUTE (
        SELECT 'LOCK TABLE ' || string_agg(name, ', ') || ' IN EXCLUSIVE MODE' FROM ({TABLES}) AS tables (name)
    );
    FOR each IN {TABLES} LOOP
        EXECUTE 'DELETE FROM ' || each;
    END LOOP;
END $$
"""
"""The locks wait for whoever still writes, such as a server's last answer to a browser that has left."""

WITHOUT_TRIGGERS = "SET LOCAL session_replication_role = replica"
"""Neither foreign keys nor the audit look at what follows in this transaction. Only a superuser may say so."""


@dataclass(frozen=True)
class Snapshot:
    """The rows of every table that has any, as JSON."""

    rows: dict[str, str]

    @classmethod
    def remember(cls) -> "Snapshot":
        """What the database holds now."""
        with connection.cursor() as cursor:
            cursor.execute(TABLES)
            tables = [table for (table,) in cursor.fetchall()]
            found = {}
            for table in tables:
                cursor.execute(f"SELECT json_agg(each ORDER BY each::text)::text FROM {table} AS each")
                found[table] = cursor.fetchone()[0]
        return cls({table: rows for table, rows in found.items() if rows})

    def put_back(self) -> None:
        """Delete every row there is, and insert these; once more where a server's last answer held its locks in another
        order, and PostgreSQL chose us to give way."""
        for attempts_left in (2, 1, 0):
            try:
                self._put_back()
                break
            except OperationalError as error:
                if not (attempts_left and isinstance(error.__cause__, DeadlockDetected)):
                    raise

    def _put_back(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(WITHOUT_TRIGGERS)
            cursor.execute(EMPTY)
            for table, rows in self.rows.items():
                cursor.execute(f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, %s)", [rows])
