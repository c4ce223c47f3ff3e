"""The row that stands for the whole chain."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("locations", "0001_shop"),
    ]

    operations = [
        migrations.CreateModel(
            name="Chain",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                (
                    "content_version",
                    models.BigIntegerField(
                        db_default=0,
                        default=0,
                        editable=False,
                        help_text="Counted up by the database whenever what the whole chain plays could change.",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="chain_one_row")],
            },
        ),
        migrations.RunSQL("INSERT INTO locations_chain (id) VALUES (1)", migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name="chain",
            trigger=pgtrigger.compiler.Trigger(
                name="chain_version_never_falls",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.content_version < OLD.content_version)",
                    func="NEW.content_version := OLD.content_version; RETURN NEW;",
                    hash="e0863c5f5c24a8a17036d77cfe06d4b5cd1170f8",
                    operation='UPDATE OF "content_version"',
                    pgid="pgtrigger_chain_version_never_falls_6c99b",
                    table="locations_chain",
                    when="BEFORE",
                ),
            ),
        ),
    ]
