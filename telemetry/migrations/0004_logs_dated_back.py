"""The roll-up notes the newest log's id, so that it finds logs that are dated before it and came after it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0003_hours_by_key")]

    operations = [
        migrations.AddField(
            model_name="rollupstate",
            name="seen_id",
            field=models.BigIntegerField(
                help_text="The highest id that a log had then: a later log that is dated earlier is not rolled up.",
                null=True,
            ),
        ),
    ]
