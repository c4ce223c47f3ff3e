"""One row that says how far the clock is believed, so that a leap of it deletes next to nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0003_api_key_end")]

    operations = [
        migrations.CreateModel(
            name="ClockState",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                (
                    "seen_at",
                    models.DateTimeField(help_text="What the database's clock said when it was last looked at."),
                ),
                (
                    "believed_at",
                    models.DateTimeField(help_text="What was believed then: what is deleted is as old as this says."),
                ),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="clockstate_one_row")],
            },
        ),
    ]
