"""`manage.py resetsecondfactor`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from dgx.core.models import Change
from dgx.people.models import Authenticator
from dgx.people.tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def run(*names: str) -> str:
    out = StringIO()
    call_command("resetsecondfactor", *names, stdout=out)
    return out.getvalue()


def test_the_last_administrator_comes_in_again(client, protected):
    assert run("admin") == "admin: the second factor is off.\n"
    assert client.post("/admin/login/", {"username": "admin", "password": PASSWORD})["Location"] == "/admin/"
    act = Change.objects.get(what="Turned off the second factor of admin")
    assert act.door == "command"


def test_it_says_who_had_none(admin_user):
    assert run("admin") == "admin: had no second factor.\n"


def test_a_name_that_nobody_has_changes_nothing(protected):
    with pytest.raises(CommandError, match=r"There is nobody called nobody\. Nothing was changed\."):
        run("admin", "nobody")
    assert Authenticator.objects.exists()
