"""Verbs over a staged table: refuse rows with a reason, find what is already here, give ids, insert, count."""

from collections.abc import Mapping
from typing import Any, LiteralString, cast

from django.db import connection, models
from psycopg import sql

from dgx.core.validators import NAME_MAX_LENGTH
from dgx.importer.report import EXAMPLES, Line, Remark
from dgx.importer.source import Table
from media_library.models import Placement

KEPT_IDS_BELOW = 2**Placement.DEVICE_BITS
"""Old ids are kept up to where the old routes' ids of derived links have room for them."""


def run(statement: str, params: Mapping[str, Any] | None = None) -> int:
    """Run one statement, per cent signs doubled; returns the rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params or {})
        return int(cursor.rowcount)


def rows(statement: str, params: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """The rows of one query."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params or {})
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def refuse(stage: str, reason: str, condition: str, params: Mapping[str, Any] | None = None) -> None:
    """Do not take the rows that meet the condition (SQL over `s`), for this reason; the first reason counts."""
    run(
        f"UPDATE {stage} s SET problem = %(reason)s WHERE problem IS NULL AND ({condition})",
        {**(params or {}), "reason": reason},
    )


def change(stage: str, note: str, column: str, value: str, condition: str) -> None:
    """Take the rows that meet the condition with another value in the column, and note it."""
    run(
        f"UPDATE {stage} s SET {column} = {value}, note = concat_ws('; ', note, %(note)s) "
        f"WHERE problem IS NULL AND ({condition})",
        {"note": note},
    )


def refuse_bad_names(stage: str, noun: str) -> None:
    """A name is needed, is at most 255 characters long, and belongs to one row: the newest of that name."""
    refuse(stage, f"a {noun} without a name", r"s.name IS NULL OR s.name ~ '^\s*$'")
    refuse(stage, f"a name longer than {NAME_MAX_LENGTH} characters", f"length(s.name) > {NAME_MAX_LENGTH}")
    run(
        f"UPDATE {stage} s SET problem = %(reason)s, same_as = d.newest FROM ("
        f"  SELECT id, first_value(id) OVER (PARTITION BY name ORDER BY id DESC) AS newest FROM {stage}"
        "    WHERE problem IS NULL) d WHERE d.id = s.id AND d.newest <> s.id",
        {"reason": f"a newer {noun} has the same name, and stands for both"},
    )


def match(stage: str, model: type[models.Model], name_column: str, *, among: str = "true") -> None:
    """Rows whose name is already here are that row. `among` is SQL over `t`, the rows here that count."""
    run(
        f"UPDATE {stage} s SET new_id = t.id FROM {model._meta.db_table} t "
        f"WHERE s.problem IS NULL AND t.{name_column} = s.name AND {among}"
    )


def give_ids(stage: str, model: type[models.Model], *, taken: str = "false") -> None:
    """Give the others their old id where it is free, else a new one. `taken` is SQL over `s` for further ids in use.

    The sequence moves past the kept ids first, so that neither we nor anyone else is given one of them.
    """
    table = model._meta.db_table
    sequence = f"pg_get_serial_sequence('{table}', 'id')::regclass"
    run(
        f"SELECT setval({sequence}, greatest(nextval({sequence}), (SELECT max(id) FROM {stage} "
        f"WHERE id < {KEPT_IDS_BELOW})))"
    )
    run(
        f"UPDATE {stage} s SET is_new = true, new_id = CASE WHEN s.id > 0 AND s.id < {KEPT_IDS_BELOW} "
        f"AND NOT EXISTS (SELECT FROM {table} t WHERE t.id = s.id) AND NOT ({taken}) THEN s.id "
        f"ELSE nextval({sequence}) END WHERE s.problem IS NULL AND s.new_id IS NULL"
    )


def insert(stage: str, model: type[models.Model], values: Mapping[str, str]) -> None:
    """Insert the new rows. `values` is SQL over `s` by column; every other column gets what the model gives it."""
    given = {"id": "s.new_id", **_defaults(model), **values}
    if any(field.name == "created_at" for field in model._meta.fields):
        given["created_at"] = "coalesce(s.created_at, now())"
        given["updated_at"] = "coalesce(s.updated_at, s.created_at, now())"
    columns = ", ".join(given)
    run(
        f"INSERT INTO {model._meta.db_table} ({columns}) SELECT {', '.join(given.values())} FROM {stage} s "
        "WHERE s.is_new ORDER BY s.new_id"
    )


def _defaults(model: type[models.Model]) -> dict[str, str]:
    """The model's defaults as SQL, for columns that have none in the database."""
    found: dict[str, str] = {}
    for field in model._meta.concrete_fields:
        column = str(field.column)
        if field.name == "public_id":
            found[column] = "gen_random_uuid()"
        elif not (field.primary_key or field.null or field.has_db_default()):
            default = field.get_db_prep_save(field.get_default(), connection)
            found[column] = sql.Literal(cast("LiteralString", default)).as_string().replace("%", "%%")
    return found


def join_duplicates(stage: str) -> None:
    """What names an older row of a name means the newest."""
    run(f"UPDATE {stage} s SET new_id = n.new_id FROM {stage} n WHERE n.id = s.same_as")


def tally(table: Table, *, noun: str, label: str) -> Line:
    """Count what happened; `label` is SQL over `s` that names a row for a person."""
    stage = table.stage
    [(read, taken, there)] = rows(
        f"SELECT count(*), count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE problem IS NULL AND NOT is_new) "
        f"FROM {stage}"
    )
    return Line(
        noun, read, taken, there, remarks_on(stage, "problem", label), remarks_on(stage, "note", label, "is_new")
    )


def remarks_on(table: str, column: str, label: str, condition: str = "true") -> list[Remark]:
    """The texts in the column, each with its count and its first few rows."""
    found = rows(
        f"SELECT {column}, max(total), array_agg(label ORDER BY id) FROM ("
        f"  SELECT {column}, s.id, {label} AS label, count(*) OVER w AS total, row_number() OVER (w ORDER BY s.id) AS n"
        f"    FROM {table} s WHERE {column} IS NOT NULL AND {condition} WINDOW w AS (PARTITION BY {column})) r "
        f"WHERE n <= {EXAMPLES} GROUP BY {column} ORDER BY min(id)"
    )
    return [Remark(text, count, [_short(example) for example in examples]) for text, count, examples in found]


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}…"
