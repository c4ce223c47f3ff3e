from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ImportMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "source",
                    models.CharField(
                        help_text="The old database: its cluster's identifier and its name.", max_length=200
                    ),
                ),
                ("table", models.CharField(help_text="The old table.", max_length=100)),
                ("last_id", models.BigIntegerField(help_text="Rows up to this id have been read.")),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("source", "table"), name="importmark_unique")],
            },
        ),
    ]
