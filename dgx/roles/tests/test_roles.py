"""The roles as migrations make them, as the table has them, and as the documentation shows them."""

from importlib import import_module
from itertools import pairwise

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from dgx.roles.grants import remove_roles, set_permissions
from dgx.roles.table import MORE, PURPOSE, TABLE, permissions
from dgx.tests.environment import ROOT

pytestmark = pytest.mark.django_db


def stored():
    """Each role's permissions as the database has them."""
    found: dict[str, set[str]] = {name: set() for name in PURPOSE}
    rows = Permission.objects.filter(group__name__in=PURPOSE).values_list(
        "group__name", "content_type__app_label", "codename"
    )
    for role, app, codename in rows:
        found[role].add(f"{app}.{codename}")
    return found


def made_by_migrations():
    """What the migrations of this app say, one after the other."""
    state = MigrationExecutor(connection).loader
    made: dict[str, set[str]] = {}
    for key, migration in sorted(state.disk_migrations.items()):
        if key[0] == "roles":
            module = import_module(type(migration).__module__)
            for role, granted in {**getattr(module, "ROLES", {}), **getattr(module, "GIVEN", {})}.items():
                made.setdefault(role, set()).update(granted)
    return made


def test_migrations_end_where_the_table_is():
    assert made_by_migrations() == permissions()


def test_roles_are_made_and_unmade_and_made_again():
    set_permissions(apps, permissions())
    assert stored() == permissions()
    remove_roles(apps, PURPOSE)
    assert not Group.objects.filter(name__in=PURPOSE).exists()
    set_permissions(apps, permissions())
    set_permissions(apps, permissions())
    assert stored() == permissions()


def test_permissions_that_are_missing_are_made_as_django_makes_them():
    named = {"content_type__app_label": "devices", "codename": "view_device"}
    before = Permission.objects.values("name", "content_type", "codename").get(**named)
    Permission.objects.filter(**named).delete()
    set_permissions(apps, {"night shift": ["devices.view_device", "devices.use_old_routes"]})
    assert Permission.objects.values("name", "content_type", "codename").get(**named) == before
    assert Group.objects.get(name="night shift").permissions.count() == 2


def test_a_role_that_names_no_permission_is_a_fault():
    with pytest.raises(LookupError, match="fly_device"):
        set_permissions(apps, {"pilot": ["devices.fly_device"]})


def test_a_person_has_what_the_role_has(django_user_model):
    set_permissions(apps, permissions())
    person = User.objects.create_user("someone")
    person.groups.add(Group.objects.get(name="Operator"))
    assert person.get_all_permissions() == permissions()["Operator"]


def test_each_role_holds_the_smaller_ones():
    held = list(permissions().values())
    assert all(small < large for small, large in pairwise(held))


def test_the_documentation_shows_the_table():
    text = (ROOT / "docs/operating/roles.md").read_text()
    header = f"| | {' | '.join(PURPOSE)} |"
    more = [(words, ["yes" if role in roles else "" for role in PURPOSE]) for words, roles in MORE.values()]
    cells = [*((row.noun, row.verbs) for row in TABLE), *more]
    rows = [f"| {noun} | {' | '.join(verbs)} |" for noun, verbs in cells]
    shown = [line for line in text.split(header)[1].split("\n\n")[0].splitlines() if line][1:]
    assert shown == [squeezed(row) for row in rows]
    for role, purpose in PURPOSE.items():
        assert f"- **{role}** {purpose}." in text


def squeezed(row):
    """An empty cell is one blank."""
    while "|  |" in row:
        row = row.replace("|  |", "| |")
    return row
