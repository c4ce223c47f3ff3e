"""What is said around the work reaches the database, in front of whatever could change something."""

from typing import Any

import orjson
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F

from dgx.core.audit import Door, change, describe
from locations.models import Shop

pytestmark = pytest.mark.django_db


def said() -> dict[str, Any]:
    """The act that the transaction's last changing statement carried."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('dgx.act', true)")
        setting = cursor.fetchone()[0]
    return orjson.loads(setting) if setting else {}


def test_it_carries_who_by_which_door_and_what_for(admin_user: User) -> None:
    with change(door=Door.ACTION, what="Rename 100 % of “O'Neill\\s”\x00", user=admin_user) as act:
        made = Shop.objects.create(name="Lyon")
    assert made.pk
    assert said() == {
        "id": str(act.id),
        "door": "action",
        "what": "Rename 100 % of “O'Neill\\s”",
        "user": admin_user.pk,
        "who": "admin",
        "address": "",
        "request": "",
    }


def test_a_statement_keeps_its_own_result() -> None:
    Shop.objects.bulk_create([Shop(name=f"Shop {number}") for number in range(3)])
    with change(door=Door.COMMAND, what="manage.py"):
        assert Shop.objects.update(code=F("name")) == 3
        assert Shop.objects.filter(name="Shop 1").delete()[0] == 1
        with connection.cursor() as cursor:
            cursor.execute("UPDATE locations_shop SET code = '100%' RETURNING code")
            assert cursor.fetchall() == [("100%",), ("100%",)]


def test_an_act_inside_of_another_refines_it_and_ends() -> None:
    with change(door=Door.ADMIN) as outer:
        with change(door=Door.ACTION, what="Assign a shop") as inner:
            Shop.objects.create(name="a")
            assert (said()["door"], said()["what"]) == ("action", "Assign a shop")
        Shop.objects.create(name="b")
        assert (said()["door"], said()["what"]) == ("admin", "")
    assert inner.id == outer.id


def test_what_it_is_for_may_be_said_late() -> None:
    describe("nobody listens")
    with change(door=Door.IMPORT):
        describe("12 shops from shops.csv")
        Shop.objects.create(name="a")
        assert said()["what"] == "12 shops from shops.csv"


def test_outside_of_an_act_the_door_is_the_database() -> None:
    with change(door=Door.ADMIN):
        pass
    Shop.objects.create(name="a")
    assert said()["door"] == "database"
