from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0004_fleet_sample"),
    ]

    operations = [
        migrations.AddField(
            model_name="presence",
            name="cloned_at",
            field=models.DateTimeField(
                help_text="When it was last noticed that two devices report with one token; empty: never.", null=True
            ),
        ),
        migrations.AddField(
            model_name="presence",
            name="interleaves",
            field=models.IntegerField(
                db_default=0,
                default=0,
                help_text="How often these two boots took turns to go on since the last one began.",
            ),
        ),
    ]
