import uuid

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import devices.models.credentials
import dgx.core.validators


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("locations", "0001_shop"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Device",
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
                    "report_interval_s",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Seconds between two reports, 1 to 86400. Empty: as the group, else 20.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(86400),
                        ],
                        verbose_name="report interval (s)",
                    ),
                ),
                (
                    "missed_reports",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Reports that may be missed before it counts as offline, 1 to 1000. Empty: as the group, else 3.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1000),
                        ],
                    ),
                ),
                (
                    "mobile_id",
                    models.CharField(
                        help_text="What is printed on it. Unique; the old routes find a device by it.",
                        max_length=255,
                        unique=True,
                        validators=[
                            django.core.validators.ProhibitNullCharactersValidator(),
                            dgx.core.validators.validate_not_blank,
                        ],
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        help_text="What people call it.",
                        max_length=255,
                        validators=[django.core.validators.ProhibitNullCharactersValidator()],
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("player", "Player"),
                            ("sensor", "Sensor"),
                            ("camera", "Camera"),
                            ("gateway", "Gateway"),
                            ("tag", "Tag"),
                        ],
                        db_default="player",
                        default="player",
                        help_text="What it is.",
                        max_length=20,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("registered", "Registered, no token yet"),
                            ("enrolled", "Enrolled"),
                            ("retired", "Retired"),
                        ],
                        db_default="registered",
                        default="registered",
                        help_text="Registered: known, has no token. Enrolled: may report. Retired: its tokens no longer work.",
                        max_length=20,
                    ),
                ),
                (
                    "screen",
                    models.CharField(
                        blank=True,
                        help_text="Pixels as it reported them, such as 1920x1080.",
                        max_length=50,
                        validators=[django.core.validators.ProhibitNullCharactersValidator()],
                    ),
                ),
                (
                    "app_version",
                    models.CharField(
                        blank=True,
                        help_text="The player's version as it reported it.",
                        max_length=50,
                        validators=[django.core.validators.ProhibitNullCharactersValidator()],
                    ),
                ),
                (
                    "notes",
                    models.TextField(
                        blank=True,
                        help_text="For your colleagues.",
                        max_length=4000,
                        validators=[django.core.validators.ProhibitNullCharactersValidator()],
                    ),
                ),
                (
                    "content_version",
                    models.BigIntegerField(
                        db_default=0,
                        default=0,
                        editable=False,
                        help_text="Counted up by the database whenever what this device alone plays could change.",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        blank=True,
                        help_text="Where it stands; it plays what is linked to its shop, on the shop's clock.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="devices",
                        to="locations.shop",
                    ),
                ),
            ],
            options={
                "ordering": ["mobile_id"],
                "permissions": [("use_old_routes", "Can call the old services' routes")],
            },
        ),
        migrations.CreateModel(
            name="Presence",
            fields=[
                (
                    "device",
                    models.OneToOneField(
                        help_text="Whose presence it is.",
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="presence",
                        serialize=False,
                        to="devices.device",
                    ),
                ),
                (
                    "is_online",
                    models.BooleanField(db_default=False, default=False, help_text="Reports arrive as expected."),
                ),
                (
                    "last_seen_at",
                    models.DateTimeField(help_text="When its last report arrived, on our clock.", null=True),
                ),
                ("since", models.DateTimeField(help_text="When it last turned online or offline.", null=True)),
                (
                    "silent_after_s",
                    models.PositiveIntegerField(
                        db_default=60, default=60, help_text="Seconds of silence it was allowed when it last reported."
                    ),
                ),
                (
                    "temperature",
                    models.FloatField(db_default=0, default=0, help_text="Degrees Celsius, as last reported."),
                ),
                (
                    "temperature_at",
                    models.DateTimeField(help_text="When a temperature last came; empty: never.", null=True),
                ),
                (
                    "daily_count",
                    models.IntegerField(db_default=0, default=0, help_text="Door openings today, on the shop's clock."),
                ),
                (
                    "monthly_count",
                    models.IntegerField(db_default=0, default=0, help_text="Door openings this month, likewise."),
                ),
                ("last_daily_reset", models.DateField(help_text="The day that daily_count counts.", null=True)),
                (
                    "last_monthly_reset",
                    models.DateField(help_text="The first of the month that monthly_count counts.", null=True),
                ),
                (
                    "held_tag",
                    models.CharField(
                        db_default="",
                        default="",
                        help_text="The manifest tag it last said it holds complete.",
                        max_length=64,
                    ),
                ),
                ("held_at", models.DateTimeField(help_text="When it first said so.", null=True)),
                (
                    "missing",
                    models.PositiveIntegerField(db_default=0, default=0, help_text="Files it last said it misses."),
                ),
                (
                    "playing",
                    models.CharField(db_default="", default="", help_text="SHA-256 of what it plays.", max_length=64),
                ),
                ("storage_free", models.BigIntegerField(help_text="Free bytes, as last reported.", null=True)),
                (
                    "clock_offset_s",
                    models.FloatField(help_text="Its clock minus ours, seconds, network delay included.", null=True),
                ),
                (
                    "boot_id",
                    models.CharField(db_default="", default="", help_text="Its boot, as last reported.", max_length=64),
                ),
                (
                    "seq",
                    models.BigIntegerField(
                        db_default=0, default=0, help_text="The highest report number of that boot."
                    ),
                ),
                (
                    "seq_mask",
                    models.BigIntegerField(
                        db_default=0,
                        default=0,
                        help_text="Bit n: report seq-n of that boot was stored. Makes a retry harmless.",
                    ),
                ),
                (
                    "last_boot_id",
                    models.CharField(db_default="", default="", help_text="The boot before.", max_length=64),
                ),
                (
                    "last_boot_seq",
                    models.BigIntegerField(db_default=0, default=0, help_text="Its highest report number."),
                ),
                ("last_boot_mask", models.BigIntegerField(db_default=0, default=0, help_text="Its seq_mask.")),
            ],
            options={
                "verbose_name_plural": "presence",
            },
        ),
        migrations.CreateModel(
            name="DeviceToken",
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
                    "prefix",
                    models.CharField(
                        editable=False, help_text="The first characters, to tell tokens apart.", max_length=20
                    ),
                ),
                (
                    "token_hash",
                    models.CharField(editable=False, help_text="SHA-256 of the token.", max_length=64, unique=True),
                ),
                (
                    "expires_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="Set on rotation: the old token works until then.",
                        null=True,
                    ),
                ),
                (
                    "revoked_at",
                    models.DateTimeField(blank=True, editable=False, help_text="When it was taken back.", null=True),
                ),
                (
                    "device",
                    models.ForeignKey(
                        help_text="Who reports with this token.",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tokens",
                        to="devices.device",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="FleetEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        db_index=True,
                        help_text="When it was noticed.",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("outage", "We were away"), ("mass_silence", "Many devices fell silent at once")],
                        help_text="What happened.",
                        max_length=20,
                    ),
                ),
                ("message", models.TextField(help_text="In words, with the numbers.")),
            ],
            options={
                "ordering": ["-at", "-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["outage", "mass_silence"])), name="fleetevent_kind_known"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Group",
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
                    "report_interval_s",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Seconds between two reports, 1 to 86400. Empty: as the group, else 20.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(86400),
                        ],
                        verbose_name="report interval (s)",
                    ),
                ),
                (
                    "missed_reports",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Reports that may be missed before it counts as offline, 1 to 1000. Empty: as the group, else 3.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1000),
                        ],
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="Unique. “none”, “null” and the like mean “no group” on the old routes and are not allowed.",
                        max_length=255,
                        unique=True,
                        validators=[
                            django.core.validators.ProhibitNullCharactersValidator(),
                            dgx.core.validators.validate_not_blank,
                        ],
                    ),
                ),
                (
                    "content_version",
                    models.BigIntegerField(
                        db_default=0,
                        default=0,
                        editable=False,
                        help_text="Counted up by the database whenever what this group plays could change.",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name__iregex", "^\\s*(_none|none|null|\\(none\\))?\\s*$"), _negated=True),
                        name="group_name_is_a_name",
                        violation_error_message="This name stands for “no group” and cannot be a group's name.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("report_interval_s", None), ("report_interval_s__range", (1, 86400)), _connector="OR"
                        ),
                        name="group_report_interval_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("missed_reports", None), ("missed_reports__range", (1, 1000)), _connector="OR"
                        ),
                        name="group_missed_reports_range",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="device",
            name="group",
            field=models.ForeignKey(
                blank=True,
                help_text="It plays what is linked to its group.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="devices",
                to="devices.group",
            ),
        ),
        migrations.CreateModel(
            name="Pairing",
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
                ("code", models.CharField(editable=False, help_text="What the screen shows.", max_length=6)),
                (
                    "claim_hash",
                    models.CharField(
                        editable=False, help_text="SHA-256 of the claim token.", max_length=64, unique=True
                    ),
                ),
                (
                    "mobile_id",
                    models.CharField(
                        editable=False,
                        max_length=255,
                        validators=[django.core.validators.ProhibitNullCharactersValidator()],
                        help_text="As the device named itself.",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("player", "Player"),
                            ("sensor", "Sensor"),
                            ("camera", "Camera"),
                            ("gateway", "Gateway"),
                            ("tag", "Tag"),
                        ],
                        default="player",
                        editable=False,
                        max_length=20,
                        help_text="What the device says it is.",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        editable=False,
                        max_length=255,
                        help_text="What the device is called, if it says so.",
                    ),
                ),
                (
                    "screen",
                    models.CharField(
                        blank=True, editable=False, max_length=50, help_text="Pixels as it reported them."
                    ),
                ),
                (
                    "app_version",
                    models.CharField(
                        blank=True, editable=False, max_length=50, help_text="The player's version as it reported it."
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Waits for an operator"),
                            ("approved", "Approved, not yet claimed"),
                            ("claimed", "Claimed"),
                            ("refused", "Refused"),
                        ],
                        db_default="pending",
                        default="pending",
                        editable=False,
                        max_length=20,
                        help_text="How far it has come.",
                    ),
                ),
                (
                    "expires_at",
                    models.DateTimeField(
                        default=devices.models.credentials.pairing_expiry,
                        editable=False,
                        help_text="The code is dead after that.",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        help_text="Who approved or refused it.",
                    ),
                ),
                (
                    "device",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pairings",
                        to="devices.device",
                        help_text="The device that was let in.",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        blank=True,
                        help_text="The device joins this group.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="devices.group",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        blank=True,
                        help_text="The device stands here.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="locations.shop",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="PresenceFlip",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("is_online", models.BooleanField(help_text="What it turned to.")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), help_text="When.")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("report", "It reported"),
                            ("silence", "It fell silent"),
                            ("said_so", "It said that it goes offline"),
                            ("imported", "Imported from the old services"),
                        ],
                        help_text="Why we think so.",
                        max_length=20,
                    ),
                ),
                (
                    "device",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="flips",
                        to="devices.device",
                        help_text="Who turned.",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="SweepState",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("swept_at", models.DateTimeField(help_text="When the sweep last finished.", null=True)),
                ("outage_from", models.DateTimeField(help_text="When the last gap in the sweep began.", null=True)),
                ("outage_until", models.DateTimeField(help_text="When it ended.", null=True)),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="sweepstate_one_row")],
            },
        ),
        migrations.CreateModel(
            name="EnrolmentKey",
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
                    "label",
                    models.CharField(help_text="What it is for, such as “opening of the Lyon shop”.", max_length=100),
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
                    "max_uses",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="How many devices may enrol with it; empty means any number.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "uses",
                    models.PositiveIntegerField(db_default=0, default=0, editable=False, help_text="How many did."),
                ),
                (
                    "revoked_at",
                    models.DateTimeField(blank=True, editable=False, help_text="When it was taken back.", null=True),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        help_text="Who made it.",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        blank=True,
                        help_text="Devices that enrol with it stand here.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="locations.shop",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        blank=True,
                        help_text="Devices that enrol with it join this group.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="devices.group",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("max_uses", None),
                            models.Q(("max_uses__gte", 1), ("uses__lte", models.F("max_uses"))),
                            _connector="OR",
                        ),
                        name="enrolmentkey_uses_within_max",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.CheckConstraint(
                condition=models.Q(("mobile_id__regex", "^\\s*$"), _negated=True), name="device_mobile_id_not_blank"
            ),
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["player", "sensor", "camera", "gateway", "tag"])),
                name="device_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["registered", "enrolled", "retired"])), name="device_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("report_interval_s", None), ("report_interval_s__range", (1, 86400)), _connector="OR"
                ),
                name="device_report_interval_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.CheckConstraint(
                condition=models.Q(("missed_reports", None), ("missed_reports__range", (1, 1000)), _connector="OR"),
                name="device_missed_reports_range",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="device",
            trigger=pgtrigger.compiler.Trigger(
                name="device_has_presence",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO devices_presence (device_id) SELECT id FROM new_values ON CONFLICT DO NOTHING; RETURN NULL;",
                    hash="5667b2aaca6ee2ac7315dec7514689fb1e778de6",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_device_has_presence_a092b",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="devices_device",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="pairing",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "pending")), fields=("code",), name="pairing_code_unique_while_pending"
            ),
        ),
        migrations.AddConstraint(
            model_name="pairing",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["pending", "approved", "claimed", "refused"])),
                name="pairing_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="pairing",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["player", "sensor", "camera", "gateway", "tag"])),
                name="pairing_kind_known",
            ),
        ),
        migrations.AddIndex(
            model_name="presenceflip",
            index=models.Index(fields=["device", "-at", "-id"], name="flip_of_device"),
        ),
        migrations.AddIndex(
            model_name="presenceflip",
            index=models.Index(fields=["-at", "-id"], name="flip_recent"),
        ),
        migrations.AddConstraint(
            model_name="presenceflip",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason__in", ["report", "silence", "said_so", "imported"])),
                name="flip_reason_known",
            ),
        ),
        # Room in each page for the next version of a row: reports then update in place (heap-only tuples). The aggressive
        # vacuum keeps the table small, since each of its rows is rewritten every few seconds.
        migrations.RunSQL(
            "ALTER TABLE devices_presence SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05)",
            "ALTER TABLE devices_presence RESET (fillfactor, autovacuum_vacuum_scale_factor)",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="device",
            trigger=pgtrigger.compiler.Trigger(
                name="device_version_never_falls",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.content_version < OLD.content_version)",
                    func="NEW.content_version := OLD.content_version; RETURN NEW;",
                    hash="6f252efe6775c165430921e1efcc8c02363b26e8",
                    operation='UPDATE OF "content_version"',
                    pgid="pgtrigger_device_version_never_falls_a20a7",
                    table="devices_device",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="group",
            trigger=pgtrigger.compiler.Trigger(
                name="group_version_never_falls",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.content_version < OLD.content_version)",
                    func="NEW.content_version := OLD.content_version; RETURN NEW;",
                    hash="9a0f67953780d564f89b9e7ba00fb65f7e942e5c",
                    operation='UPDATE OF "content_version"',
                    pgid="pgtrigger_group_version_never_falls_d9b1a",
                    table="devices_group",
                    when="BEFORE",
                ),
            ),
        ),
    ]
