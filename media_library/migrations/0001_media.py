import uuid

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import dgx.core.validators
import media_library.models.video


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("devices", "0001_fleet"),
        ("locations", "0001_shop"),
    ]

    operations = [
        migrations.CreateModel(
            name="Placement",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        help_text="The id that the old routes know it by.", primary_key=True, serialize=False
                    ),
                ),
                (
                    "breadth",
                    models.SmallIntegerField(
                        choices=[(1, "The device itself"), (2, "Its group"), (3, "Its shop")],
                        help_text="1 device, 2 group, 3 shop: the lower counts.",
                    ),
                ),
                ("display_order", models.IntegerField()),
                ("valid_from", models.DateTimeField(null=True)),
                ("valid_until", models.DateTimeField(null=True)),
                (
                    "weekdays",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(
                            validators=[
                                django.core.validators.MinValueValidator(1),
                                django.core.validators.MaxValueValidator(7),
                            ]
                        ),
                        blank=True,
                        help_text="Days it is shown, 1 Monday to 7 Sunday, on the shop's clock; empty: every day.",
                        null=True,
                        size=None,
                    ),
                ),
                ("start_time", models.TimeField(null=True)),
                ("end_time", models.TimeField(null=True)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "db_table": "media_library_placement",
                "managed": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Link",
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
                    "display_order",
                    models.IntegerField(
                        db_default=0,
                        default=0,
                        help_text="Lower plays first; may be negative. In a tie the link touched last is first.",
                    ),
                ),
                (
                    "valid_from",
                    models.DateTimeField(blank=True, help_text="Not shown before; empty: from now on.", null=True),
                ),
                (
                    "valid_until",
                    models.DateTimeField(blank=True, help_text="Not shown from then on; empty: for ever.", null=True),
                ),
                (
                    "weekdays",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(
                            validators=[
                                django.core.validators.MinValueValidator(1),
                                django.core.validators.MaxValueValidator(7),
                            ]
                        ),
                        blank=True,
                        help_text="Days it is shown, 1 Monday to 7 Sunday, on the shop's clock; empty: every day.",
                        null=True,
                        size=None,
                    ),
                ),
                (
                    "start_time",
                    models.TimeField(
                        blank=True, help_text="Shown from this time of day, on the shop's clock.", null=True
                    ),
                ),
                (
                    "end_time",
                    models.TimeField(
                        blank=True,
                        help_text="Shown until this time of day; earlier than the start: past midnight.",
                        null=True,
                    ),
                ),
                (
                    "legacy_id",
                    models.BigIntegerField(
                        blank=True,
                        editable=False,
                        help_text="The id that the old routes know it by, where that is not its own.",
                        null=True,
                        unique=True,
                    ),
                ),
                (
                    "device",
                    models.ForeignKey(
                        blank=True,
                        help_text="Only this device.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="devices.device",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        blank=True,
                        help_text="Devices of this group.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="devices.group",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        blank=True,
                        help_text="Devices in this shop.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="locations.shop",
                    ),
                ),
            ],
            options={
                "ordering": ["display_order", "-updated_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="LinkException",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="devices.device",
                        help_text="The device that does not play it.",
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exceptions",
                        to="media_library.link",
                        help_text="The link that it matches.",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="link",
            name="except_devices",
            field=models.ManyToManyField(
                blank=True,
                help_text="Devices that match and still do not play it.",
                related_name="excepted_from",
                through="media_library.LinkException",
                to="devices.device",
            ),
        ),
        migrations.CreateModel(
            name="Video",
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
                        help_text="Unique. The old routes find a video by it.",
                        max_length=255,
                        unique=True,
                        validators=[
                            django.core.validators.ProhibitNullCharactersValidator(),
                            dgx.core.validators.validate_not_blank,
                        ],
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("video", "Video"), ("image", "Image"), ("html", "Page (HTML)"), ("pdf", "PDF")],
                        db_default="video",
                        default="video",
                        help_text="How a player shows it.",
                        max_length=10,
                    ),
                ),
                (
                    "file",
                    models.FileField(
                        blank=True,
                        help_text="The stored object; its key holds the hash of its bytes, so replaced media has a new key.",
                        max_length=512,
                        storage=media_library.models.video.media_storage,
                        upload_to="",
                    ),
                ),
                (
                    "source_url",
                    models.TextField(
                        blank=True,
                        editable=False,
                        help_text="An address that an old route put in the place of the stored object. Null: the stored object counts.",
                        null=True,
                        validators=[django.core.validators.ProhibitNullCharactersValidator()],
                    ),
                ),
                (
                    "original_name",
                    models.CharField(
                        blank=True, editable=False, help_text="The file's name when it was uploaded.", max_length=255
                    ),
                ),
                (
                    "mime",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="As its content says.",
                        max_length=100,
                        verbose_name="media type",
                    ),
                ),
                ("size", models.BigIntegerField(blank=True, editable=False, help_text="Bytes.", null=True)),
                (
                    "sha256",
                    models.CharField(
                        blank=True, db_index=True, editable=False, help_text="Of its bytes, hexadecimal.", max_length=64
                    ),
                ),
                ("width", models.PositiveIntegerField(blank=True, editable=False, help_text="Pixels.", null=True)),
                ("height", models.PositiveIntegerField(blank=True, editable=False, help_text="Pixels.", null=True)),
                (
                    "duration_s",
                    models.FloatField(blank=True, editable=False, help_text="Length of a video, seconds.", null=True),
                ),
                (
                    "pages",
                    models.PositiveIntegerField(blank=True, editable=False, help_text="Pages of a PDF.", null=True),
                ),
                (
                    "rotation",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "0°"), (90, "90°"), (180, "180°"), (270, "270°")],
                        db_default=0,
                        default=0,
                        help_text="Degrees clockwise that the player turns it: 0, 90, 180 or 270.",
                    ),
                ),
                (
                    "fit_mode",
                    models.CharField(
                        choices=[
                            ("cover", "Cover: fills the screen, cuts what is over"),
                            ("contain", "Contain: whole picture, with bars"),
                            ("fill", "Fill: stretched"),
                            ("none", "None: its own size"),
                        ],
                        db_default="cover",
                        default="cover",
                        help_text="How it meets a screen of another shape: cover, contain, fill or none.",
                        max_length=10,
                    ),
                ),
                (
                    "display_duration",
                    models.PositiveIntegerField(
                        db_default=10,
                        default=10,
                        help_text="Seconds that an image, page or PDF is shown, 0 to 86400; a video plays to its end.",
                        validators=[django.core.validators.MaxValueValidator(86400)],
                        verbose_name="display duration (s)",
                    ),
                ),
                (
                    "thumbnail",
                    models.FileField(
                        blank=True,
                        editable=False,
                        help_text="JPEG of at most 480 x 480 pixels.",
                        max_length=512,
                        storage=media_library.models.video.media_storage,
                        upload_to="",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("processing", "Processing"), ("ready", "Ready"), ("failed", "Failed")],
                        db_default="processing",
                        default="processing",
                        editable=False,
                        help_text="Only ready media reach a screen.",
                        max_length=20,
                    ),
                ),
                (
                    "state_reason",
                    models.TextField(blank=True, editable=False, help_text="Why it failed, for a person."),
                ),
                (
                    "probed_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="When the worker looked inside; empty: not yet.",
                        null=True,
                    ),
                ),
                (
                    "attempts",
                    models.PositiveSmallIntegerField(
                        db_default=0, default=0, editable=False, help_text="How often the worker tried."
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name__regex", "^\\s*$"), _negated=True), name="video_name_not_blank"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["video", "image", "html", "pdf"])), name="video_kind_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["processing", "ready", "failed"])), name="video_state_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rotation__in", [0, 90, 180, 270])), name="video_rotation_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fit_mode__in", ["cover", "contain", "fill", "none"])),
                        name="video_fit_mode_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("display_duration__gte", 0), ("display_duration__lte", 86400)),
                        name="video_display_duration_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "ready"), _negated=True),
                            ("source_url__isnull", False),
                            models.Q(("file", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="video_ready_has_bytes",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="link",
            name="video",
            field=models.ForeignKey(
                help_text="What is shown.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="links",
                to="media_library.video",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="video",
            trigger=pgtrigger.compiler.Trigger(
                name="video_update_bumps_versions",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="UPDATE devices_device SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_device WHERE id IN (SELECT device_id FROM (SELECT l.device_id, l.group_id, l.shop_id FROM media_library_link l JOIN new_values n ON n.id = l.video_id JOIN old_values o ON o.id = n.id WHERE (o.name, o.kind, o.state, o.file, o.source_url, o.mime, o.size, o.sha256, o.rotation, o.fit_mode, o.display_duration) IS DISTINCT FROM (n.name, n.kind, n.state, n.file, n.source_url, n.mime, n.size, n.sha256, n.rotation, n.fit_mode, n.display_duration)) touched WHERE device_id IS NOT NULL) ORDER BY id FOR NO KEY UPDATE);\nUPDATE devices_group SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_group WHERE id IN (SELECT group_id FROM (SELECT l.device_id, l.group_id, l.shop_id FROM media_library_link l JOIN new_values n ON n.id = l.video_id JOIN old_values o ON o.id = n.id WHERE (o.name, o.kind, o.state, o.file, o.source_url, o.mime, o.size, o.sha256, o.rotation, o.fit_mode, o.display_duration) IS DISTINCT FROM (n.name, n.kind, n.state, n.file, n.source_url, n.mime, n.size, n.sha256, n.rotation, n.fit_mode, n.display_duration)) touched WHERE device_id IS NULL AND group_id IS NOT NULL) ORDER BY id FOR NO KEY UPDATE);\nUPDATE locations_shop SET content_version = content_version + 1 WHERE id IN (SELECT id FROM locations_shop WHERE id IN (SELECT shop_id FROM (SELECT l.device_id, l.group_id, l.shop_id FROM media_library_link l JOIN new_values n ON n.id = l.video_id JOIN old_values o ON o.id = n.id WHERE (o.name, o.kind, o.state, o.file, o.source_url, o.mime, o.size, o.sha256, o.rotation, o.fit_mode, o.display_duration) IS DISTINCT FROM (n.name, n.kind, n.state, n.file, n.source_url, n.mime, n.size, n.sha256, n.rotation, n.fit_mode, n.display_duration)) touched WHERE device_id IS NULL AND group_id IS NULL) ORDER BY id FOR NO KEY UPDATE);\nRETURN NULL;",
                    hash="94aa3562204e32bd49a7ec3d2df57fe53cf7d723",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_video_update_bumps_versions_0e07b",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="media_library_video",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="linkexception",
            constraint=models.UniqueConstraint(fields=("link", "device"), name="linkexception_unique"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="linkexception",
            trigger=pgtrigger.compiler.Trigger(
                name="except_insert_bumps_version",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="UPDATE devices_device SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_device WHERE id IN (SELECT device_id FROM new_values) ORDER BY id FOR NO KEY UPDATE); RETURN NULL;",
                    hash="dd06b05b2473cef039b42c4856f48f603cd59122",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_except_insert_bumps_version_3783e",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="media_library_linkexception",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="linkexception",
            trigger=pgtrigger.compiler.Trigger(
                name="except_update_bumps_version",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="UPDATE devices_device SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_device WHERE id IN (SELECT device_id FROM old_values UNION SELECT device_id FROM new_values) ORDER BY id FOR NO KEY UPDATE); RETURN NULL;",
                    hash="f8f6d9c321e8cabda9ef92f640eba0380863fc43",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_except_update_bumps_version_9e31e",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="media_library_linkexception",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="linkexception",
            trigger=pgtrigger.compiler.Trigger(
                name="except_delete_bumps_version",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="UPDATE devices_device SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_device WHERE id IN (SELECT device_id FROM old_values) ORDER BY id FOR NO KEY UPDATE); RETURN NULL;",
                    hash="727908b3787299bc4b49e86a7559421a129aa173",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_except_delete_bumps_version_fc668",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="media_library_linkexception",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="link",
            index=models.Index(
                condition=models.Q(("device", None)), fields=["group", "shop"], name="link_wide_by_group"
            ),
        ),
        migrations.AddIndex(
            model_name="link",
            index=models.Index(
                condition=models.Q(("device", None), ("group", None)), fields=["shop"], name="link_wide_by_shop"
            ),
        ),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("device__isnull", False), ("group__isnull", False), ("shop__isnull", False), _connector="OR"
                ),
                name="link_has_a_target",
                violation_error_message="Give a device, a group or a shop.",
            ),
        ),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.UniqueConstraint(
                fields=("video", "device", "group", "shop"),
                name="link_unique",
                nulls_distinct=False,
                violation_error_message="This video is already linked to just that.",
            ),
        ),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_from", None),
                    ("valid_until", None),
                    ("valid_until__gt", models.F("valid_from")),
                    _connector="OR",
                ),
                name="link_valid_until_after_from",
                violation_error_message="“Valid until” must be later than “valid from”.",
            ),
        ),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("end_time", None), ("start_time", None)),
                    models.Q(("end_time__isnull", False), ("start_time__isnull", False)),
                    _connector="OR",
                ),
                name="link_times_together",
                violation_error_message="Give both a start and an end time, or neither.",
            ),
        ),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("weekdays", None), ("weekdays__contained_by", [1, 2, 3, 4, 5, 6, 7]), _connector="OR"
                ),
                name="link_weekdays_range",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="link",
            trigger=pgtrigger.compiler.Trigger(
                name="link_insert_bumps_versions",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="UPDATE devices_device SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_device WHERE id IN (SELECT device_id FROM (SELECT device_id, group_id, shop_id FROM new_values) touched WHERE device_id IS NOT NULL) ORDER BY id FOR NO KEY UPDATE);\nUPDATE devices_group SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_group WHERE id IN (SELECT group_id FROM (SELECT device_id, group_id, shop_id FROM new_values) touched WHERE device_id IS NULL AND group_id IS NOT NULL) ORDER BY id FOR NO KEY UPDATE);\nUPDATE locations_shop SET content_version = content_version + 1 WHERE id IN (SELECT id FROM locations_shop WHERE id IN (SELECT shop_id FROM (SELECT device_id, group_id, shop_id FROM new_values) touched WHERE device_id IS NULL AND group_id IS NULL) ORDER BY id FOR NO KEY UPDATE);\nRETURN NULL;",
                    hash="029485dc7a0c8c6f29ce4145ff96a3550badab0e",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_link_insert_bumps_versions_9930d",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="media_library_link",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="link",
            trigger=pgtrigger.compiler.Trigger(
                name="link_update_bumps_versions",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="UPDATE devices_device SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_device WHERE id IN (SELECT device_id FROM (SELECT device_id, group_id, shop_id FROM old_values UNION SELECT device_id, group_id, shop_id FROM new_values) touched WHERE device_id IS NOT NULL) ORDER BY id FOR NO KEY UPDATE);\nUPDATE devices_group SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_group WHERE id IN (SELECT group_id FROM (SELECT device_id, group_id, shop_id FROM old_values UNION SELECT device_id, group_id, shop_id FROM new_values) touched WHERE device_id IS NULL AND group_id IS NOT NULL) ORDER BY id FOR NO KEY UPDATE);\nUPDATE locations_shop SET content_version = content_version + 1 WHERE id IN (SELECT id FROM locations_shop WHERE id IN (SELECT shop_id FROM (SELECT device_id, group_id, shop_id FROM old_values UNION SELECT device_id, group_id, shop_id FROM new_values) touched WHERE device_id IS NULL AND group_id IS NULL) ORDER BY id FOR NO KEY UPDATE);\nRETURN NULL;",
                    hash="2357b46d5eba11763b722178bf1e1fed35943503",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_link_update_bumps_versions_4a1a4",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="media_library_link",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="link",
            trigger=pgtrigger.compiler.Trigger(
                name="link_delete_bumps_versions",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="UPDATE devices_device SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_device WHERE id IN (SELECT device_id FROM (SELECT device_id, group_id, shop_id FROM old_values) touched WHERE device_id IS NOT NULL) ORDER BY id FOR NO KEY UPDATE);\nUPDATE devices_group SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_group WHERE id IN (SELECT group_id FROM (SELECT device_id, group_id, shop_id FROM old_values) touched WHERE device_id IS NULL AND group_id IS NOT NULL) ORDER BY id FOR NO KEY UPDATE);\nUPDATE locations_shop SET content_version = content_version + 1 WHERE id IN (SELECT id FROM locations_shop WHERE id IN (SELECT shop_id FROM (SELECT device_id, group_id, shop_id FROM old_values) touched WHERE device_id IS NULL AND group_id IS NULL) ORDER BY id FOR NO KEY UPDATE);\nRETURN NULL;",
                    hash="97c3456aca8f6fb73c0802230c000a80353b5d8f",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_link_delete_bumps_versions_11966",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="media_library_link",
                    when="AFTER",
                ),
            ),
        ),
    ]
