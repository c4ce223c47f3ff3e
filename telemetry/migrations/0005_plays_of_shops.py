"""Plays know the shop in which they were shown, and are found by the hash of a file.

Safe on a big table: the columns cost nothing, the indexes are made beside what reports go on writing, and the plays
that are there get the present shop of their device, as every page has told until now, in short transactions. Pages are
left with room for the next version of a row, since a running total is written many times in its hour.
"""

from typing import Any

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

AT_ONCE = 20_000

_NEXT = "SELECT max(id) FROM (SELECT id FROM telemetry_playhour WHERE id > %s ORDER BY id LIMIT %s) batch"
_FILL = """
UPDATE telemetry_playhour p SET shop_id = s.id, shop_name = s.name
  FROM devices_device d JOIN locations_shop s ON s.id = d.shop_id
 WHERE d.id = p.device_id AND p.shop_id IS NULL AND p.id > %s AND p.id <= %s
"""


def give_shops(apps: Any, schema_editor: Any) -> None:
    """By the key, some rows at a time; begun anew it goes on with what has no shop yet."""
    done = 0
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute(_NEXT, [done, AT_ONCE])
            (last,) = cursor.fetchone()
            if last is None:
                return
            cursor.execute(_FILL, [done, last])
            done = last


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("locations", "0006_audit_limits"),
        ("devices", "0001_fleet"),
        ("media_library", "0005_bin"),
        ("telemetry", "0004_logs_dated_back"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE telemetry_playhour SET (fillfactor = 80)",
            "ALTER TABLE telemetry_playhour RESET (fillfactor)",
        ),
        migrations.AddField(
            model_name="playhour",
            name="shop",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                help_text="Where the device stood then; empty without a shop.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="play_hours",
                to="locations.shop",
            ),
        ),
        migrations.AddField(
            model_name="playhour",
            name="shop_name",
            field=models.CharField(
                blank=True, db_default="", help_text="What the shop was called; stays.", max_length=255
            ),
        ),
        migrations.AlterField(
            model_name="playhour",
            name="video",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                help_text="The video that had these bytes; empty where none is known.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="play_hours",
                to="media_library.video",
            ),
        ),
        migrations.RunPython(give_shops, migrations.RunPython.noop, elidable=True),
        AddIndexConcurrently(
            model_name="playhour", index=models.Index(fields=["shop", "hour"], name="playhour_of_shop")
        ),
        AddIndexConcurrently(
            model_name="playhour", index=models.Index(fields=["sha256", "hour"], name="playhour_of_bytes")
        ),
    ]
