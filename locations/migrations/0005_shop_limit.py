import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("locations", "0004_audit"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ShopLimit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "shops",
                    models.ManyToManyField(
                        blank=True,
                        help_text="What they see, and all that they see.",
                        related_name="limits",
                        to="locations.shop",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        help_text="Who is limited.",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shop_limit",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
