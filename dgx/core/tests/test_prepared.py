"""Statements of the hot path: prepared once, and otherwise as any other."""

import pytest
from django.db import DataError, connection

from dgx.core.prepared import fetch_one

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_name_is_sent_once_and_a_percent_sign_is_postgresqls():
    assert fetch_one("SELECT %(a)s::text, %(b)s::int, %(a)s::text, 7 % 4", {"a": "x'; --", "b": None}) == (
        "x'; --",
        None,
        "x'; --",
        3,
    )


def test_no_row_is_none():
    assert fetch_one("SELECT 1 WHERE %(never)s::boolean", {"never": False}) is None


def test_it_is_prepared_after_a_few_runs():
    statement = "SELECT %(n)s::bigint + 1 AS is_prepared_here"
    for n in range(6):
        assert fetch_one(statement, {"n": n}) == (n + 1,)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%is_prepared_here%%'")
        assert cursor.fetchone() == (1,)


def test_it_is_counted_as_a_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        fetch_one("SELECT 1", {})


def test_an_error_of_the_database_is_djangos():
    with pytest.raises(DataError):
        fetch_one("SELECT %(n)s::int", {"n": 2**40})
