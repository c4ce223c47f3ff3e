"""Statements of the hot path: prepared once, and otherwise as any other."""

import os
import socket
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from dgx.core.prepared import Statement, array

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_name_is_sent_once_and_a_percent_sign_is_postgresqls():
    statement = Statement("SELECT %(a)s::text, %(b)s::int, %(a)s::text, 7 % 4")
    assert statement.one({"a": "x'; --", "b": None}) == ("x'; --", None, "x'; --", 3)


def test_values_come_back_as_django_gives_them():
    at = datetime(2026, 3, 10, 9, 30, 0, 5, tzinfo=UTC)
    values = {"t": at, "d": date(2026, 3, 10), "b": True, "f": 1.5, "i": 2**40, "j": '{"a": [1]}'}
    statement = Statement(
        "SELECT %(t)s::timestamptz, %(d)s::date, %(b)s::boolean, %(f)s::float8, %(i)s::bigint, %(j)s::jsonb ->> 'a'"
    )
    found: Any = statement.one(values)
    assert found == (at, date(2026, 3, 10), True, 1.5, 2**40, "[1]")
    assert found[0].tzinfo is not None


def test_no_row_is_none():
    statement = Statement("SELECT n FROM generate_series(1, %(most)s::int) n")
    assert (statement.one({"most": 0}), statement.all({"most": 2})) == (None, [(1,), (2,)])


def test_it_is_prepared_once():
    statement = Statement("SELECT %(n)s::bigint + 1 AS is_prepared_here")
    assert [statement.one({"n": n}) for n in range(3)] == [(1,), (2,), (3,)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%is_prepared_here%%'")
        assert cursor.fetchone() == (1,)


def test_it_is_counted_as_a_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        Statement("SELECT 1").one({})


def test_an_error_of_the_database_is_djangos():
    with pytest.raises(DataError):
        Statement("SELECT %(n)s::int").one({"n": 2**40})
    with pytest.raises(IntegrityError) as caught:
        Statement("INSERT INTO auth_group (name) VALUES ('a'), ('a')").all({})
    cause: Any = caught.value.__cause__
    assert cause.diag.constraint_name == "auth_group_name_key"


def test_it_belongs_to_the_transaction_around_it():
    make = Statement("INSERT INTO auth_group (name) VALUES (%(name)s) RETURNING name")
    count = Statement("SELECT count(*) FROM auth_group WHERE name = 'a'", reads=True)
    with transaction.atomic():
        assert (make.one({"name": "a"}), count.one({})) == (("a",), (1,))
        transaction.set_rollback(True)
    assert count.one({}) == (0,)
    assert (make.one({"name": "a"}), count.one({})) == (("a",), (1,))


def kill_own_connection() -> None:
    """As a restart of the database does."""
    with connection.cursor() as cursor, pytest.raises(OperationalError):
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def test_what_only_reads_runs_again_where_the_kept_connection_was_dead():
    reads, writes = Statement("SELECT 1", reads=True), Statement("SELECT 1")
    kill_own_connection()
    assert reads.one({}) == (1,)
    kill_own_connection()
    with pytest.raises(OperationalError):
        writes.one({})
    connection.close_if_unusable_or_obsolete()
    assert writes.one({}) == (1,)


@pytest.mark.parametrize("reads", [True, False])
def test_a_database_that_is_away_is_said_to_be(reads, monkeypatch):
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "NAME", "is_not_there")
        for _ in range(2):
            with pytest.raises(OperationalError, match="does not exist"):
                Statement("SELECT 1", reads=reads).one({})
    assert Statement("SELECT 1", reads=reads).one({}) == (1,)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
def test_an_array_comes_back_as_it_was(values):
    assert Statement("SELECT %(values)s::text[]", reads=True).one({"values": array(values)}) == (values,)


def test_numbers_of_an_array_keep_all_their_digits():
    values = [0.1, None, -1e300, 5e-324, 21.5]
    assert Statement("SELECT %(values)s::float8[]").one({"values": array(values)}) == (values,)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", [socket.SHUT_RDWR, socket.SHUT_WR])
def test_a_line_that_dies_is_the_databases_absence_and_no_fault(end):
    statement = Statement("SELECT %(a)s::int")
    statement.one({"a": 1})
    raw = connection.connection
    with socket.socket(fileno=os.dup(raw.pgconn.socket)) as line:
        line.shutdown(end)
    with pytest.raises(OperationalError):
        statement.one({"a": 1})
    connection.close()
