# The logs' table is written by hand: Django makes no partitioned tables. PostgreSQL 15 and 16 know no identity columns on
# them, so the id comes from a sequence. The daily partitions are made after migrate, by telemetry.services.partitions.

import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import dgx.core.validators

CREATE_LOGS = """
CREATE SEQUENCE telemetry_devicelog_id_seq AS bigint;
CREATE TABLE telemetry_devicelog (
    id bigint NOT NULL DEFAULT nextval('telemetry_devicelog_id_seq'),
    device_id bigint NOT NULL,
    log_type varchar(64) NOT NULL,
    value double precision CONSTRAINT devicelog_value_range CHECK (value BETWEEN -1e15 AND 1e15),
    message text,
    tags jsonb NOT NULL DEFAULT '{}',
    logged_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    PRIMARY KEY (id, logged_at)
) PARTITION BY RANGE (logged_at);
ALTER SEQUENCE telemetry_devicelog_id_seq OWNED BY telemetry_devicelog.id;
CREATE INDEX devicelog_of_device ON telemetry_devicelog (device_id, logged_at DESC, id DESC);
CREATE INDEX devicelog_received ON telemetry_devicelog USING brin (received_at) WITH (pages_per_range = 32, autosummarize = on);
CREATE TABLE telemetry_devicelog_default PARTITION OF telemetry_devicelog DEFAULT;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("devices", "0001_fleet"),
    ]

    operations = [
        migrations.CreateModel(
            name="RollUpState",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                (
                    "rolled_until",
                    models.DateTimeField(help_text="Logs with an earlier received_at are rolled up.", null=True),
                ),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="rollupstate_one_row")],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATE_LOGS, "DROP TABLE telemetry_devicelog")],
            state_operations=[
                migrations.CreateModel(
                    name="DeviceLog",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        (
                            "log_type",
                            models.CharField(
                                help_text="What it is about: temperature, door_open, or a word of your own.",
                                max_length=64,
                                validators=[django.core.validators.ProhibitNullCharactersValidator()],
                            ),
                        ),
                        (
                            "value",
                            models.FloatField(
                                blank=True,
                                help_text="A number, if it has one.",
                                null=True,
                                validators=[dgx.core.validators.validate_finite],
                            ),
                        ),
                        (
                            "message",
                            models.TextField(
                                blank=True,
                                help_text="Words, if it has any.",
                                max_length=4000,
                                null=True,
                                validators=[django.core.validators.ProhibitNullCharactersValidator()],
                            ),
                        ),
                        (
                            "tags",
                            models.JSONField(
                                blank=True, db_default={}, default=dict, help_text="Anything else, as an object."
                            ),
                        ),
                        ("logged_at", models.DateTimeField(help_text="When it happened, on the device's clock.")),
                        (
                            "received_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(),
                                help_text="When it arrived, on ours.",
                            ),
                        ),
                        (
                            "device",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="logs",
                                to="devices.device",
                                help_text="Who reported it.",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-logged_at", "-id"],
                        "indexes": [
                            models.Index(fields=["device", "-logged_at", "-id"], name="devicelog_of_device"),
                            django.contrib.postgres.indexes.BrinIndex(
                                autosummarize=True,
                                fields=["received_at"],
                                name="devicelog_received",
                                pages_per_range=32,
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("value", None), ("value__range", (-1e15, 1e15)), _connector="OR"),
                                name="devicelog_value_range",
                            )
                        ],
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name="DeviceLogHour",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("log_type", models.CharField(help_text="As in the logs.", max_length=64)),
                ("hour", models.DateTimeField(help_text="The hour's start, UTC.")),
                ("count", models.BigIntegerField(help_text="Logs in that hour.")),
                ("value_count", models.BigIntegerField(help_text="Those with a value.")),
                ("value_min", models.FloatField(help_text="The smallest value.", null=True)),
                ("value_max", models.FloatField(help_text="The largest value.", null=True)),
                (
                    "value_sum",
                    models.FloatField(help_text="The sum; divided by value_count it is the mean.", null=True),
                ),
                (
                    "device",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="log_hours",
                        to="devices.device",
                        help_text="Whose logs they are.",
                    ),
                ),
            ],
            options={
                "db_table": "telemetry_devicelog_hour",
                "ordering": ["-hour"],
                "indexes": [models.Index(fields=["hour"], name="devicelog_hour")],
                "constraints": [
                    models.UniqueConstraint(fields=("device", "log_type", "hour"), name="devicelog_hour_unique")
                ],
            },
        ),
    ]
