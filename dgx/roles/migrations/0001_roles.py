"""The four roles as they were on the first day; `dgx/roles/table.py` is the table as it is now."""

from typing import Any

from django.conf import settings
from django.db import migrations

from dgx.roles.grants import remove_roles, set_permissions

VIEWER = [
    "devices.view_device",
    "devices.view_fleetevent",
    "devices.view_group",
    "devices.view_presence",
    "devices.view_presenceflip",
    "locations.view_shop",
    "media_library.view_link",
    "media_library.view_video",
    "telemetry.view_devicelog",
    "telemetry.view_deviceloghour",
    "telemetry.view_playhour",
]
CONTENT_EDITOR = [
    *VIEWER,
    "core.view_change",
    "media_library.add_link",
    "media_library.add_video",
    "media_library.change_link",
    "media_library.change_video",
    "media_library.delete_link",
    "media_library.delete_video",
]
OPERATOR = [
    *CONTENT_EDITOR,
    "devices.add_device",
    "devices.add_enrolmentkey",
    "devices.add_group",
    "devices.change_device",
    "devices.change_enrolmentkey",
    "devices.change_group",
    "devices.change_pairing",
    "devices.delete_device",
    "devices.delete_group",
    "devices.use_old_routes",
    "devices.view_devicetoken",
    "devices.view_enrolmentkey",
    "devices.view_pairing",
    "locations.add_shop",
    "locations.change_shop",
]
ADMINISTRATOR = [
    *OPERATOR,
    "auth.add_user",
    "auth.change_user",
    "auth.delete_user",
    "auth.view_group",
    "auth.view_user",
    "core.add_apikey",
    "core.change_apikey",
    "core.delete_apikey",
    "core.view_apikey",
    "devices.delete_enrolmentkey",
    "devices.delete_pairing",
    "django_celery_beat.add_clockedschedule",
    "django_celery_beat.add_crontabschedule",
    "django_celery_beat.add_intervalschedule",
    "django_celery_beat.add_periodictask",
    "django_celery_beat.add_solarschedule",
    "django_celery_beat.change_clockedschedule",
    "django_celery_beat.change_crontabschedule",
    "django_celery_beat.change_intervalschedule",
    "django_celery_beat.change_periodictask",
    "django_celery_beat.change_solarschedule",
    "django_celery_beat.delete_clockedschedule",
    "django_celery_beat.delete_crontabschedule",
    "django_celery_beat.delete_intervalschedule",
    "django_celery_beat.delete_periodictask",
    "django_celery_beat.delete_solarschedule",
    "django_celery_beat.view_clockedschedule",
    "django_celery_beat.view_crontabschedule",
    "django_celery_beat.view_intervalschedule",
    "django_celery_beat.view_periodictask",
    "django_celery_beat.view_solarschedule",
    "locations.add_shoplimit",
    "locations.change_shoplimit",
    "locations.delete_shop",
    "locations.delete_shoplimit",
    "locations.view_shoplimit",
]
ROLES = {
    "Viewer": VIEWER,
    "Content editor": CONTENT_EDITOR,
    "Operator": OPERATOR,
    "Administrator": ADMINISTRATOR,
}


def make(apps: Any, schema_editor: Any) -> None:
    set_permissions(apps, ROLES)


def unmake(apps: Any, schema_editor: Any) -> None:
    remove_roles(apps, ROLES)


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("core", "0002_audit"),
        ("locations", "0005_shop_limit"),
        ("devices", "0004_fleet_sample"),
        ("media_library", "0007_audit"),
        ("telemetry", "0002_proof_of_play"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [migrations.RunPython(make, unmake)]
