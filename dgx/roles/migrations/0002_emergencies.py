"""Everybody sees emergencies; operators start and end them."""

from typing import Any

from django.db import migrations

from dgx.roles.grants import give, take

SEES = ["media_library.view_emergency"]
MANAGES = [*SEES, "media_library.manage_emergencies"]
GIVEN = {"Viewer": SEES, "Content editor": SEES, "Operator": MANAGES, "Administrator": MANAGES}


def forwards(apps: Any, schema_editor: Any) -> None:
    give(apps, GIVEN)


def backwards(apps: Any, schema_editor: Any) -> None:
    take(apps, GIVEN)


class Migration(migrations.Migration):
    dependencies = [("roles", "0001_roles"), ("media_library", "0008_emergencies")]

    operations = [migrations.RunPython(forwards, backwards)]
