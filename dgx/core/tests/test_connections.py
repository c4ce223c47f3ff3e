"""What a new connection to the database is told."""

import pgtrigger
import pytest
from django.db import connection, transaction

IGNORED = "SELECT current_setting('pgtrigger.ignore')::text[]"


def ignored() -> list[str]:
    """What triggers read; where it had no value, they would catch an error for each row."""
    with connection.cursor() as cursor:
        cursor.execute(IGNORED)
        return list(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_triggers_find_an_empty_list_of_what_to_ignore_also_after_some_were_ignored():
    connection.close()
    assert ignored() == []
    with pgtrigger.ignore(), transaction.atomic():
        assert ignored() != []
    assert ignored() == []
