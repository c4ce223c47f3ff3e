"""What is said of an API key's end; nothing changes in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0002_audit")]

    operations = [
        migrations.AlterField(
            model_name="apikey",
            name="expires_at",
            field=models.DateTimeField(
                blank=True,
                help_text="Stops working then. A new key without one gets the latest that is allowed.",
                null=True,
            ),
        ),
    ]
