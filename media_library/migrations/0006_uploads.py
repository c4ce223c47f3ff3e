"""Files on their way straight to the store, and stored objects that wait for their end."""

import uuid

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import dgx.core.validators


class Migration(migrations.Migration):
    dependencies = [
        ("media_library", "0005_bin"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DepartingObject",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(help_text="The object's key.", max_length=512, unique=True)),
                ("due_at", models.DateTimeField(db_index=True, help_text="It goes from then on, if no row names it.")),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Upload",
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
                (
                    "name",
                    models.CharField(
                        help_text="What the video is going to be called.",
                        max_length=255,
                        validators=[
                            django.core.validators.ProhibitNullCharactersValidator(),
                            dgx.core.validators.validate_not_blank,
                        ],
                    ),
                ),
                (
                    "filename",
                    models.CharField(blank=True, help_text="The file's name on the sender's disk.", max_length=255),
                ),
                (
                    "size",
                    models.BigIntegerField(
                        help_text="Bytes of the whole file.", validators=[django.core.validators.MinValueValidator(1)]
                    ),
                ),
                ("part_size", models.BigIntegerField(help_text="Bytes of every part but the last.")),
                (
                    "sha256",
                    models.CharField(
                        blank=True,
                        help_text="Of the whole file, as the sender says; empty: not said, not compared.",
                        max_length=64,
                    ),
                ),
                (
                    "key",
                    models.CharField(editable=False, help_text="Where the bytes arrive.", max_length=512, unique=True),
                ),
                (
                    "store_id",
                    models.CharField(editable=False, help_text="The store's own id of the upload.", max_length=1024),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        help_text="Who sends it; nobody else sees it.",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "video",
                    models.OneToOneField(
                        blank=True,
                        help_text="What became of it; empty while its parts come in.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="upload",
                        to="media_library.video",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["started_by", "-created_at"], name="upload_of_user")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("part_size__gte", 1), ("size__gte", 1)), name="upload_sizes_positive"
                    )
                ],
            },
        ),
    ]
