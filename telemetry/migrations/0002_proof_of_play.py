import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0001_fleet"),
        ("media_library", "0002_placement"),
        ("telemetry", "0001_logs"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlayHour",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "video_name",
                    models.CharField(
                        blank=True, help_text="What it was called; stays when the video is deleted.", max_length=255
                    ),
                ),
                ("sha256", models.CharField(help_text="Of the file's bytes, hexadecimal.", max_length=64)),
                ("hour", models.DateTimeField(help_text="The hour's start, UTC.")),
                ("count", models.BigIntegerField(help_text="How often it came on the screen.")),
                ("seconds", models.FloatField(help_text="For how many seconds in all.")),
                (
                    "device",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        help_text="The device that showed it.",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="play_hours",
                        to="devices.device",
                    ),
                ),
                (
                    "video",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        help_text="The video with these bytes; empty when it is unknown or deleted.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="play_hours",
                        to="media_library.video",
                    ),
                ),
            ],
            options={
                "ordering": ["-hour", "-id"],
                "indexes": [
                    models.Index(fields=["hour", "id"], name="playhour_by_hour"),
                    models.Index(fields=["video", "hour"], name="playhour_of_video"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("device", "hour", "sha256"), name="playhour_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("count__gte", 0), ("seconds__gte", 0)), name="playhour_not_negative"
                    ),
                ],
            },
        ),
    ]
