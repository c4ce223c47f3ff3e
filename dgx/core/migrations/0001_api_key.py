import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.UUIDField(
                        default=uuid.uuid4,
                        editable=False,
                        help_text="The id in the API; never reused.",
                        unique=True,
                        verbose_name="public id",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        auto_now_add=True,
                        db_default=django.db.models.functions.datetime.Now(),
                        help_text="When it was made.",
                    ),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        auto_now=True,
                        db_default=django.db.models.functions.datetime.Now(),
                        help_text="When it was last touched.",
                    ),
                ),
                ("name", models.CharField(help_text="What uses it, such as “stock system”.", max_length=100)),
                (
                    "scope",
                    models.CharField(
                        choices=[("read", "Read only"), ("write", "Read and write")],
                        default="read",
                        help_text="Read only refuses every changing call.",
                        max_length=10,
                    ),
                ),
                (
                    "prefix",
                    models.CharField(
                        editable=False, help_text="The first characters, to tell keys apart.", max_length=20
                    ),
                ),
                (
                    "key_hash",
                    models.CharField(editable=False, help_text="SHA-256 of the key.", max_length=64, unique=True),
                ),
                (
                    "expires_at",
                    models.DateTimeField(blank=True, help_text="Stops working then; empty means never.", null=True),
                ),
                (
                    "revoked_at",
                    models.DateTimeField(blank=True, editable=False, help_text="When it was taken back.", null=True),
                ),
                (
                    "last_used_at",
                    models.DateTimeField(blank=True, editable=False, help_text="To within a minute.", null=True),
                ),
                (
                    "user",
                    models.ForeignKey(
                        help_text="The key can do what this user can do.",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_keys",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "API key",
                "ordering": ["-created_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("scope__in", ["read", "write"])), name="apikey_scope_known"
                    )
                ],
            },
        ),
    ]
