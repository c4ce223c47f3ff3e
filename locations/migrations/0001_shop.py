import uuid

import django.core.validators
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import dgx.core.validators


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Shop",
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
                        help_text="Unique in the chain. The old routes find a shop by it.",
                        max_length=255,
                        unique=True,
                        validators=[
                            django.core.validators.ProhibitNullCharactersValidator(),
                            dgx.core.validators.validate_not_blank,
                        ],
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        blank=True,
                        help_text="Your own short code, such as B-014.",
                        max_length=50,
                        validators=[django.core.validators.ProhibitNullCharactersValidator()],
                    ),
                ),
                (
                    "address",
                    models.TextField(
                        blank=True,
                        help_text="As on an envelope.",
                        max_length=2000,
                        validators=[django.core.validators.ProhibitNullCharactersValidator()],
                    ),
                ),
                (
                    "timezone",
                    models.CharField(
                        default="UTC",
                        help_text="IANA name such as Europe/Berlin: play windows and daily counters follow this clock.",
                        max_length=64,
                        validators=[dgx.core.validators.validate_timezone],
                    ),
                ),
                (
                    "latitude",
                    models.FloatField(
                        blank=True,
                        help_text="Degrees north, -90 to 90 (WGS 84).",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-90),
                            django.core.validators.MaxValueValidator(90),
                        ],
                    ),
                ),
                (
                    "longitude",
                    models.FloatField(
                        blank=True,
                        help_text="Degrees east, -180 to 180 (WGS 84).",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(-180),
                            django.core.validators.MaxValueValidator(180),
                        ],
                    ),
                ),
                (
                    "content_version",
                    models.BigIntegerField(
                        db_default=0,
                        default=0,
                        editable=False,
                        help_text="Counted up by the database whenever what this shop plays could change.",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name__regex", "^\\s*$"), _negated=True), name="shop_name_not_blank"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("latitude", None), models.Q(("latitude__gte", -90), ("latitude__lte", 90)), _connector="OR"
                        ),
                        name="shop_latitude_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("longitude", None),
                            models.Q(("longitude__gte", -180), ("longitude__lte", 180)),
                            _connector="OR",
                        ),
                        name="shop_longitude_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("latitude", None), ("longitude", None)),
                            models.Q(("latitude__isnull", False), ("longitude__isnull", False)),
                            _connector="OR",
                        ),
                        name="shop_coordinates_together",
                        violation_error_message="Give both latitude and longitude, or neither.",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="shop",
            trigger=pgtrigger.compiler.Trigger(
                name="shop_timezone_bumps_version",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.timezone IS DISTINCT FROM NEW.timezone)",
                    func="NEW.content_version := OLD.content_version + 1; RETURN NEW;",
                    hash="4f1dd552c2dfd31f0adba0eb0bc69e5c4b93f67c",
                    operation='UPDATE OF "timezone"',
                    pgid="pgtrigger_shop_timezone_bumps_version_82067",
                    table="locations_shop",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="shop",
            trigger=pgtrigger.compiler.Trigger(
                name="shop_version_never_falls",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.content_version < OLD.content_version)",
                    func="NEW.content_version := OLD.content_version; RETURN NEW;",
                    hash="e6911904ac790a7d07712da7bc0b9a87bc414a48",
                    operation='UPDATE OF "content_version"',
                    pgid="pgtrigger_shop_version_never_falls_3f8a2",
                    table="locations_shop",
                    when="BEFORE",
                ),
            ),
        ),
    ]
