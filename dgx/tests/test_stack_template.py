"""The database that each of several test processes copies: there when it is ready, and nobody waits in vain."""

import os
from pathlib import Path

import pytest
from django.db import connection

from dgx.stack.place import write_private
from dgx.stack.template import MIGRATED, NAME, OUTCOME, in_the_making, to_copy


def test_without_one_in_the_making_there_is_none_to_copy(tmp_path):
    assert to_copy(tmp_path) is None


def test_one_that_is_migrated_is_copied(tmp_path):
    write_private(tmp_path / OUTCOME, MIGRATED)
    assert to_copy(tmp_path) == NAME


def test_one_that_could_not_be_made_is_none_to_copy_and_the_log_says_why(tmp_path):
    (tmp_path / "logs").mkdir()
    with in_the_making(tmp_path, os.environ | {"DATABASE_URL": f"postgres://nobody@127.0.0.1:1/{NAME}"}):
        assert to_copy(tmp_path) is None
    assert "OperationalError" in (tmp_path / "logs" / "template.log").read_text()


@pytest.mark.django_db
def test_this_process_has_copied_it():
    made = Path(os.environ["DGX_VAR"], OUTCOME)
    if not made.exists():
        pytest.skip("a single process, or one with a server of yours, migrates a database of its own")
    assert (made.read_text(), connection.settings_dict["TEST"]["TEMPLATE"]) == (MIGRATED, NAME)
