import django.contrib.auth.models
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

CREATE_FUNCTION = """
CREATE FUNCTION dgx_change(changed text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    said jsonb := nullif(current_setting('dgx.act', true), '')::jsonb;
    found bigint;
BEGIN
    IF said IS NULL THEN  -- no door of ours: one act for each transaction
        said := jsonb_build_object('id', gen_random_uuid(), 'door', 'database', 'who', session_user);
        PERFORM set_config('dgx.act', said::text, true);
    END IF;
    INSERT INTO core_change AS c (act, at, door, what, user_id, who, address, request, kinds)
    VALUES ((said->>'id')::uuid, now(), said->>'door', coalesce(said->>'what', ''), (said->>'user')::int,
            coalesce(said->>'who', ''), coalesce(said->>'address', ''), coalesce(said->>'request', ''), ARRAY[changed])
    ON CONFLICT (act) DO UPDATE SET
        door = CASE WHEN EXCLUDED.what <> '' THEN EXCLUDED.door ELSE c.door END,
        what = CASE WHEN EXCLUDED.what <> '' THEN EXCLUDED.what ELSE c.what END,
        user_id = coalesce(EXCLUDED.user_id, c.user_id),
        who = CASE WHEN EXCLUDED.who <> '' THEN EXCLUDED.who ELSE c.who END,
        kinds = CASE WHEN changed = ANY(c.kinds) THEN c.kinds ELSE c.kinds || changed END
    WHERE NOT changed = ANY(c.kinds) OR (EXCLUDED.what <> '' AND EXCLUDED.what <> c.what)
       OR (EXCLUDED.who <> '' AND EXCLUDED.who <> c.who)
    RETURNING id INTO found;
    IF found IS NULL THEN
        SELECT id INTO found FROM core_change WHERE act = (said->>'id')::uuid;
    END IF;
    RETURN found;
END $$
"""
"""Gives the row of the present act, made with its first change; the triggers' rows name it."""


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("core", "0001_api_key"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "act",
                    models.UUIDField(editable=False, help_text="The same for all changes of one act.", unique=True),
                ),
                (
                    "at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        help_text="When its transaction began.",
                    ),
                ),
                (
                    "door",
                    models.CharField(
                        choices=[
                            ("admin", "Admin"),
                            ("action", "Action"),
                            ("api", "API"),
                            ("legacy", "Old routes"),
                            ("import", "Import"),
                            ("command", "Command"),
                            ("device", "Device"),
                            ("system", "System"),
                            ("database", "Database"),
                        ],
                        editable=False,
                        help_text="By which way it came.",
                        max_length=20,
                    ),
                ),
                ("what", models.TextField(blank=True, editable=False, help_text="What it was for, if it was said.")),
                (
                    "who",
                    models.TextField(blank=True, editable=False, help_text="Their name then, which outlives the user."),
                ),
                ("address", models.TextField(blank=True, editable=False, help_text="The request's method and path.")),
                (
                    "request",
                    models.TextField(
                        blank=True, editable=False, help_text="The request's id, by which its logs are found."
                    ),
                ),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        editable=False,
                        help_text="The kinds of objects that it changed.",
                        size=None,
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-id"],
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="ChangedRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.TextField(editable=False, help_text="The model, such as devices.device.")),
                ("object_id", models.BigIntegerField(editable=False, help_text="The object's key.")),
                (
                    "action",
                    models.CharField(
                        choices=[("added", "Added"), ("changed", "Changed"), ("deleted", "Deleted")],
                        editable=False,
                        help_text="What became of it.",
                        max_length=7,
                    ),
                ),
                ("label", models.TextField(editable=False, help_text="The object's name then.")),
                (
                    "fields",
                    models.JSONField(
                        default=dict,
                        editable=False,
                        help_text="Changed: {field: [from, to]}. Added or deleted: {field: value}.",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="TrackedClocked",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("django_celery_beat.clockedschedule",),
        ),
        migrations.CreateModel(
            name="TrackedCrontab",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("django_celery_beat.crontabschedule",),
        ),
        migrations.CreateModel(
            name="TrackedInterval",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("django_celery_beat.intervalschedule",),
        ),
        migrations.CreateModel(
            name="TrackedRole",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("auth.group",),
            managers=[
                ("objects", django.contrib.auth.models.GroupManager()),
            ],
        ),
        migrations.CreateModel(
            name="TrackedRoleRight",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("auth.group_permissions",),
        ),
        migrations.CreateModel(
            name="TrackedSolar",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("django_celery_beat.solarschedule",),
        ),
        migrations.CreateModel(
            name="TrackedTask",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("django_celery_beat.periodictask",),
        ),
        migrations.CreateModel(
            name="TrackedUser",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("auth.user",),
            managers=[
                ("objects", django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name="TrackedUserRight",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("auth.user_user_permissions",),
        ),
        migrations.CreateModel(
            name="TrackedUserRole",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("auth.user_groups",),
        ),
        migrations.RunSQL(CREATE_FUNCTION, "DROP FUNCTION dgx_change(text)"),
        pgtrigger.migrations.AddTrigger(
            model_name="apikey",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('core.apikey')), 'core.apikey', n.id, 'added', coalesce(n.name, ''), jsonb_strip_nulls(jsonb_build_object('name', n.\"name\", 'user', n.\"user_id\", 'scope', n.\"scope\", 'prefix', n.\"prefix\", 'expires_at', n.\"expires_at\", 'revoked_at', n.\"revoked_at\")) FROM new_values n; RETURN NULL;",
                    hash="e9696d9b1b9c29e08745f4e686bf365d6daa2382",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_7abde",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="core_apikey",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="apikey",
            trigger=pgtrigger.compiler.Trigger(
                name="track_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change(\'core.apikey\')), \'core.apikey\', n.id, \'changed\', coalesce(n.name, \'\'), CASE WHEN o."name" IS DISTINCT FROM n."name" THEN jsonb_build_object(\'name\', jsonb_build_array(o."name", n."name")) ELSE \'{}\'::jsonb END || CASE WHEN o."user_id" IS DISTINCT FROM n."user_id" THEN jsonb_build_object(\'user\', jsonb_build_array(o."user_id", n."user_id")) ELSE \'{}\'::jsonb END || CASE WHEN o."scope" IS DISTINCT FROM n."scope" THEN jsonb_build_object(\'scope\', jsonb_build_array(o."scope", n."scope")) ELSE \'{}\'::jsonb END || CASE WHEN o."prefix" IS DISTINCT FROM n."prefix" THEN jsonb_build_object(\'prefix\', jsonb_build_array(o."prefix", n."prefix")) ELSE \'{}\'::jsonb END || CASE WHEN o."expires_at" IS DISTINCT FROM n."expires_at" THEN jsonb_build_object(\'expires_at\', jsonb_build_array(o."expires_at", n."expires_at")) ELSE \'{}\'::jsonb END || CASE WHEN o."revoked_at" IS DISTINCT FROM n."revoked_at" THEN jsonb_build_object(\'revoked_at\', jsonb_build_array(o."revoked_at", n."revoked_at")) ELSE \'{}\'::jsonb END FROM old_values o FULL JOIN new_values n ON n.id = o.id WHERE (o."name", o."user_id", o."scope", o."prefix", o."expires_at", o."revoked_at") IS DISTINCT FROM (n."name", n."user_id", n."scope", n."prefix", n."expires_at", n."revoked_at"); RETURN NULL;',
                    hash="851547774cfd73746142eeb0b7b1b22ccb0142f5",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_track_update_9de4f",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="core_apikey",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="apikey",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('core.apikey')), 'core.apikey', o.id, 'deleted', coalesce(o.name, ''), jsonb_strip_nulls(jsonb_build_object('name', o.\"name\", 'user', o.\"user_id\", 'scope', o.\"scope\", 'prefix', o.\"prefix\", 'expires_at', o.\"expires_at\", 'revoked_at', o.\"revoked_at\")) FROM old_values o; RETURN NULL;",
                    hash="9e139047a2cdee25ea00af1fdbedc48ccd0fc424",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_1127c",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="core_apikey",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="change",
            name="user",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                editable=False,
                help_text="Who did it.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="changedrow",
            name="change",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                editable=False,
                help_text="The act that it is a part of.",
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="rows",
                to="core.change",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedclocked",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('django_celery_beat.clockedschedule')), 'django_celery_beat.clockedschedule', n.id, 'added', coalesce(n.clocked_time::text, ''), jsonb_strip_nulls(jsonb_build_object('clocked_time', n.\"clocked_time\")) FROM new_values n; RETURN NULL;",
                    hash="c388e45ea5afb499678a0707e0892ad9b46c8266",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_11b35",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="django_celery_beat_clockedschedule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedclocked",
            trigger=pgtrigger.compiler.Trigger(
                name="track_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('django_celery_beat.clockedschedule')), 'django_celery_beat.clockedschedule', n.id, 'changed', coalesce(n.clocked_time::text, ''), CASE WHEN o.\"clocked_time\" IS DISTINCT FROM n.\"clocked_time\" THEN jsonb_build_object('clocked_time', jsonb_build_array(o.\"clocked_time\", n.\"clocked_time\")) ELSE '{}'::jsonb END FROM old_values o FULL JOIN new_values n ON n.id = o.id WHERE (o.\"clocked_time\") IS DISTINCT FROM (n.\"clocked_time\"); RETURN NULL;",
                    hash="b333f15a085ffd9e7e0662be308d9def10da6053",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_track_update_3f832",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="django_celery_beat_clockedschedule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedclocked",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('django_celery_beat.clockedschedule')), 'django_celery_beat.clockedschedule', o.id, 'deleted', coalesce(o.clocked_time::text, ''), jsonb_strip_nulls(jsonb_build_object('clocked_time', o.\"clocked_time\")) FROM old_values o; RETURN NULL;",
                    hash="deace0661b2df1b70746fc4b98c639b613f0528c",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_f93bf",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="django_celery_beat_clockedschedule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedcrontab",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('django_celery_beat.crontabschedule')), 'django_celery_beat.crontabschedule', n.id, 'added', coalesce(concat_ws(' ', n.minute, n.hour, n.day_of_month, n.month_of_year, n.day_of_week), ''), jsonb_strip_nulls(jsonb_build_object('minute', n.\"minute\", 'hour', n.\"hour\", 'day_of_month', n.\"day_of_month\", 'month_of_year', n.\"month_of_year\", 'day_of_week', n.\"day_of_week\", 'timezone', n.\"timezone\")) FROM new_values n; RETURN NULL;",
                    hash="f1932faf490036fde856b0e5123d80ff271ab999",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_11df3",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="django_celery_beat_crontabschedule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedcrontab",
            trigger=pgtrigger.compiler.Trigger(
                name="track_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change(\'django_celery_beat.crontabschedule\')), \'django_celery_beat.crontabschedule\', n.id, \'changed\', coalesce(concat_ws(\' \', n.minute, n.hour, n.day_of_month, n.month_of_year, n.day_of_week), \'\'), CASE WHEN o."minute" IS DISTINCT FROM n."minute" THEN jsonb_build_object(\'minute\', jsonb_build_array(o."minute", n."minute")) ELSE \'{}\'::jsonb END || CASE WHEN o."hour" IS DISTINCT FROM n."hour" THEN jsonb_build_object(\'hour\', jsonb_build_array(o."hour", n."hour")) ELSE \'{}\'::jsonb END || CASE WHEN o."day_of_month" IS DISTINCT FROM n."day_of_month" THEN jsonb_build_object(\'day_of_month\', jsonb_build_array(o."day_of_month", n."day_of_month")) ELSE \'{}\'::jsonb END || CASE WHEN o."month_of_year" IS DISTINCT FROM n."month_of_year" THEN jsonb_build_object(\'month_of_year\', jsonb_build_array(o."month_of_year", n."month_of_year")) ELSE \'{}\'::jsonb END || CASE WHEN o."day_of_week" IS DISTINCT FROM n."day_of_week" THEN jsonb_build_object(\'day_of_week\', jsonb_build_array(o."day_of_week", n."day_of_week")) ELSE \'{}\'::jsonb END || CASE WHEN o."timezone" IS DISTINCT FROM n."timezone" THEN jsonb_build_object(\'timezone\', jsonb_build_array(o."timezone", n."timezone")) ELSE \'{}\'::jsonb END FROM old_values o FULL JOIN new_values n ON n.id = o.id WHERE (o."minute", o."hour", o."day_of_month", o."month_of_year", o."day_of_week", o."timezone") IS DISTINCT FROM (n."minute", n."hour", n."day_of_month", n."month_of_year", n."day_of_week", n."timezone"); RETURN NULL;',
                    hash="1129e9d8fe75fafd19eabdc74007d0b749111e73",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_track_update_e4cd9",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="django_celery_beat_crontabschedule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedcrontab",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('django_celery_beat.crontabschedule')), 'django_celery_beat.crontabschedule', o.id, 'deleted', coalesce(concat_ws(' ', o.minute, o.hour, o.day_of_month, o.month_of_year, o.day_of_week), ''), jsonb_strip_nulls(jsonb_build_object('minute', o.\"minute\", 'hour', o.\"hour\", 'day_of_month', o.\"day_of_month\", 'month_of_year', o.\"month_of_year\", 'day_of_week', o.\"day_of_week\", 'timezone', o.\"timezone\")) FROM old_values o; RETURN NULL;",
                    hash="0b28ade0293df55e721d5f08f0d7d0c25e3da0a0",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_c8d75",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="django_celery_beat_crontabschedule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedinterval",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('django_celery_beat.intervalschedule')), 'django_celery_beat.intervalschedule', n.id, 'added', coalesce(concat_ws(' ', 'every', n.every, n.period), ''), jsonb_strip_nulls(jsonb_build_object('every', n.\"every\", 'period', n.\"period\")) FROM new_values n; RETURN NULL;",
                    hash="63e66c5cc4460dd2aad95fbd19d9bce16d49993a",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_b29a4",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="django_celery_beat_intervalschedule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedinterval",
            trigger=pgtrigger.compiler.Trigger(
                name="track_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change(\'django_celery_beat.intervalschedule\')), \'django_celery_beat.intervalschedule\', n.id, \'changed\', coalesce(concat_ws(\' \', \'every\', n.every, n.period), \'\'), CASE WHEN o."every" IS DISTINCT FROM n."every" THEN jsonb_build_object(\'every\', jsonb_build_array(o."every", n."every")) ELSE \'{}\'::jsonb END || CASE WHEN o."period" IS DISTINCT FROM n."period" THEN jsonb_build_object(\'period\', jsonb_build_array(o."period", n."period")) ELSE \'{}\'::jsonb END FROM old_values o FULL JOIN new_values n ON n.id = o.id WHERE (o."every", o."period") IS DISTINCT FROM (n."every", n."period"); RETURN NULL;',
                    hash="1e59bf82a29f78eaa14ada1c12407b453bc2c94d",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_track_update_bb662",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="django_celery_beat_intervalschedule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedinterval",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('django_celery_beat.intervalschedule')), 'django_celery_beat.intervalschedule', o.id, 'deleted', coalesce(concat_ws(' ', 'every', o.every, o.period), ''), jsonb_strip_nulls(jsonb_build_object('every', o.\"every\", 'period', o.\"period\")) FROM old_values o; RETURN NULL;",
                    hash="6182f14c3a08382c37556a6491264926a82c6216",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_efff1",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="django_celery_beat_intervalschedule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedrole",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('auth.group')), 'auth.group', n.id, 'added', coalesce(n.name, ''), jsonb_strip_nulls(jsonb_build_object('name', n.\"name\")) FROM new_values n; RETURN NULL;",
                    hash="ed24ee87070795a12e80f527bb77b7806ffcd8fb",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_5fd57",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="auth_group",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedrole",
            trigger=pgtrigger.compiler.Trigger(
                name="track_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('auth.group')), 'auth.group', n.id, 'changed', coalesce(n.name, ''), CASE WHEN o.\"name\" IS DISTINCT FROM n.\"name\" THEN jsonb_build_object('name', jsonb_build_array(o.\"name\", n.\"name\")) ELSE '{}'::jsonb END FROM old_values o FULL JOIN new_values n ON n.id = o.id WHERE (o.\"name\") IS DISTINCT FROM (n.\"name\"); RETURN NULL;",
                    hash="9488c5a46b965459f85c2e037de2948d2f2d21de",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_track_update_5663b",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="auth_group",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedrole",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('auth.group')), 'auth.group', o.id, 'deleted', coalesce(o.name, ''), jsonb_strip_nulls(jsonb_build_object('name', o.\"name\")) FROM old_values o; RETURN NULL;",
                    hash="f57332a06ef32bfaaa8c66a60b8942ea53f54eea",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_0f38d",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="auth_group",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedroleright",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('auth.group')), 'auth.group', n.\"group_id\", 'changed', coalesce((SELECT g.name FROM auth_group g WHERE g.id = n.group_id), ''), jsonb_build_object('permissions', jsonb_build_array(NULL, n.\"permission_id\")) FROM new_values n; RETURN NULL;",
                    hash="e070252f17b7f49df50b3c1dc3fe99710c8df14d",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_a5c2a",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="auth_group_permissions",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedroleright",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('auth.group')), 'auth.group', o.\"group_id\", 'changed', coalesce((SELECT g.name FROM auth_group g WHERE g.id = o.group_id), ''), jsonb_build_object('permissions', jsonb_build_array(o.\"permission_id\", NULL)) FROM old_values o; RETURN NULL;",
                    hash="630723c60fb152d4a6b1b56b7393c93ccb1b62f7",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_05482",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="auth_group_permissions",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedsolar",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('django_celery_beat.solarschedule')), 'django_celery_beat.solarschedule', n.id, 'added', coalesce(n.event, ''), jsonb_strip_nulls(jsonb_build_object('event', n.\"event\", 'latitude', n.\"latitude\", 'longitude', n.\"longitude\")) FROM new_values n; RETURN NULL;",
                    hash="3eeaa47dacffc260275eb85533442402536718c4",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_4df6d",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="django_celery_beat_solarschedule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedsolar",
            trigger=pgtrigger.compiler.Trigger(
                name="track_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change(\'django_celery_beat.solarschedule\')), \'django_celery_beat.solarschedule\', n.id, \'changed\', coalesce(n.event, \'\'), CASE WHEN o."event" IS DISTINCT FROM n."event" THEN jsonb_build_object(\'event\', jsonb_build_array(o."event", n."event")) ELSE \'{}\'::jsonb END || CASE WHEN o."latitude" IS DISTINCT FROM n."latitude" THEN jsonb_build_object(\'latitude\', jsonb_build_array(o."latitude", n."latitude")) ELSE \'{}\'::jsonb END || CASE WHEN o."longitude" IS DISTINCT FROM n."longitude" THEN jsonb_build_object(\'longitude\', jsonb_build_array(o."longitude", n."longitude")) ELSE \'{}\'::jsonb END FROM old_values o FULL JOIN new_values n ON n.id = o.id WHERE (o."event", o."latitude", o."longitude") IS DISTINCT FROM (n."event", n."latitude", n."longitude"); RETURN NULL;',
                    hash="133a1c529f80cfffb31b2010454e496390a5e06d",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_track_update_eff87",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="django_celery_beat_solarschedule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedsolar",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('django_celery_beat.solarschedule')), 'django_celery_beat.solarschedule', o.id, 'deleted', coalesce(o.event, ''), jsonb_strip_nulls(jsonb_build_object('event', o.\"event\", 'latitude', o.\"latitude\", 'longitude', o.\"longitude\")) FROM old_values o; RETURN NULL;",
                    hash="af3e28f8b491afe790f7d547e5efe8a94932d6e4",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_8f0c8",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="django_celery_beat_solarschedule",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedtask",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('django_celery_beat.periodictask')), 'django_celery_beat.periodictask', n.id, 'added', coalesce(n.name, ''), jsonb_strip_nulls(jsonb_build_object('name', n.\"name\", 'task', n.\"task\", 'enabled', n.\"enabled\", 'interval', n.\"interval_id\", 'crontab', n.\"crontab_id\", 'solar', n.\"solar_id\", 'clocked', n.\"clocked_id\", 'one_off', n.\"one_off\", 'args', n.\"args\", 'kwargs', n.\"kwargs\", 'start_time', n.\"start_time\", 'expires', n.\"expires\")) FROM new_values n; RETURN NULL;",
                    hash="1b429d0cff7847f9324f359764358956c1bb3f88",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_efd7e",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="django_celery_beat_periodictask",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedtask",
            trigger=pgtrigger.compiler.Trigger(
                name="track_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change(\'django_celery_beat.periodictask\')), \'django_celery_beat.periodictask\', n.id, \'changed\', coalesce(n.name, \'\'), CASE WHEN o."name" IS DISTINCT FROM n."name" THEN jsonb_build_object(\'name\', jsonb_build_array(o."name", n."name")) ELSE \'{}\'::jsonb END || CASE WHEN o."task" IS DISTINCT FROM n."task" THEN jsonb_build_object(\'task\', jsonb_build_array(o."task", n."task")) ELSE \'{}\'::jsonb END || CASE WHEN o."enabled" IS DISTINCT FROM n."enabled" THEN jsonb_build_object(\'enabled\', jsonb_build_array(o."enabled", n."enabled")) ELSE \'{}\'::jsonb END || CASE WHEN o."interval_id" IS DISTINCT FROM n."interval_id" THEN jsonb_build_object(\'interval\', jsonb_build_array(o."interval_id", n."interval_id")) ELSE \'{}\'::jsonb END || CASE WHEN o."crontab_id" IS DISTINCT FROM n."crontab_id" THEN jsonb_build_object(\'crontab\', jsonb_build_array(o."crontab_id", n."crontab_id")) ELSE \'{}\'::jsonb END || CASE WHEN o."solar_id" IS DISTINCT FROM n."solar_id" THEN jsonb_build_object(\'solar\', jsonb_build_array(o."solar_id", n."solar_id")) ELSE \'{}\'::jsonb END || CASE WHEN o."clocked_id" IS DISTINCT FROM n."clocked_id" THEN jsonb_build_object(\'clocked\', jsonb_build_array(o."clocked_id", n."clocked_id")) ELSE \'{}\'::jsonb END || CASE WHEN o."one_off" IS DISTINCT FROM n."one_off" THEN jsonb_build_object(\'one_off\', jsonb_build_array(o."one_off", n."one_off")) ELSE \'{}\'::jsonb END || CASE WHEN o."args" IS DISTINCT FROM n."args" THEN jsonb_build_object(\'args\', jsonb_build_array(o."args", n."args")) ELSE \'{}\'::jsonb END || CASE WHEN o."kwargs" IS DISTINCT FROM n."kwargs" THEN jsonb_build_object(\'kwargs\', jsonb_build_array(o."kwargs", n."kwargs")) ELSE \'{}\'::jsonb END || CASE WHEN o."start_time" IS DISTINCT FROM n."start_time" THEN jsonb_build_object(\'start_time\', jsonb_build_array(o."start_time", n."start_time")) ELSE \'{}\'::jsonb END || CASE WHEN o."expires" IS DISTINCT FROM n."expires" THEN jsonb_build_object(\'expires\', jsonb_build_array(o."expires", n."expires")) ELSE \'{}\'::jsonb END FROM old_values o FULL JOIN new_values n ON n.id = o.id WHERE (o."name", o."task", o."enabled", o."interval_id", o."crontab_id", o."solar_id", o."clocked_id", o."one_off", o."args", o."kwargs", o."start_time", o."expires") IS DISTINCT FROM (n."name", n."task", n."enabled", n."interval_id", n."crontab_id", n."solar_id", n."clocked_id", n."one_off", n."args", n."kwargs", n."start_time", n."expires"); RETURN NULL;',
                    hash="cede82adce7863e1d41e0408780e5d9f26037974",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_track_update_59382",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="django_celery_beat_periodictask",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedtask",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('django_celery_beat.periodictask')), 'django_celery_beat.periodictask', o.id, 'deleted', coalesce(o.name, ''), jsonb_strip_nulls(jsonb_build_object('name', o.\"name\", 'task', o.\"task\", 'enabled', o.\"enabled\", 'interval', o.\"interval_id\", 'crontab', o.\"crontab_id\", 'solar', o.\"solar_id\", 'clocked', o.\"clocked_id\", 'one_off', o.\"one_off\", 'args', o.\"args\", 'kwargs', o.\"kwargs\", 'start_time', o.\"start_time\", 'expires', o.\"expires\")) FROM old_values o; RETURN NULL;",
                    hash="b024af6c91a782159454b277022fc87bbf501602",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_ade9d",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="django_celery_beat_periodictask",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackeduser",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('auth.user')), 'auth.user', n.id, 'added', coalesce(n.username, ''), jsonb_strip_nulls(jsonb_build_object('username', n.\"username\", 'first_name', n.\"first_name\", 'last_name', n.\"last_name\", 'email', n.\"email\", 'is_active', n.\"is_active\", 'is_staff', n.\"is_staff\", 'is_superuser', n.\"is_superuser\")) FROM new_values n; RETURN NULL;",
                    hash="e4ec939407dba075e1f2659e0275e8a3baaecef8",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_8ef5d",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="auth_user",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackeduser",
            trigger=pgtrigger.compiler.Trigger(
                name="track_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change(\'auth.user\')), \'auth.user\', n.id, \'changed\', coalesce(n.username, \'\'), CASE WHEN o."username" IS DISTINCT FROM n."username" THEN jsonb_build_object(\'username\', jsonb_build_array(o."username", n."username")) ELSE \'{}\'::jsonb END || CASE WHEN o."first_name" IS DISTINCT FROM n."first_name" THEN jsonb_build_object(\'first_name\', jsonb_build_array(o."first_name", n."first_name")) ELSE \'{}\'::jsonb END || CASE WHEN o."last_name" IS DISTINCT FROM n."last_name" THEN jsonb_build_object(\'last_name\', jsonb_build_array(o."last_name", n."last_name")) ELSE \'{}\'::jsonb END || CASE WHEN o."email" IS DISTINCT FROM n."email" THEN jsonb_build_object(\'email\', jsonb_build_array(o."email", n."email")) ELSE \'{}\'::jsonb END || CASE WHEN o."is_active" IS DISTINCT FROM n."is_active" THEN jsonb_build_object(\'is_active\', jsonb_build_array(o."is_active", n."is_active")) ELSE \'{}\'::jsonb END || CASE WHEN o."is_staff" IS DISTINCT FROM n."is_staff" THEN jsonb_build_object(\'is_staff\', jsonb_build_array(o."is_staff", n."is_staff")) ELSE \'{}\'::jsonb END || CASE WHEN o."is_superuser" IS DISTINCT FROM n."is_superuser" THEN jsonb_build_object(\'is_superuser\', jsonb_build_array(o."is_superuser", n."is_superuser")) ELSE \'{}\'::jsonb END || CASE WHEN o."password" IS DISTINCT FROM n."password" THEN jsonb_build_object(\'password\', jsonb_build_array(NULL, NULL)) ELSE \'{}\'::jsonb END FROM old_values o FULL JOIN new_values n ON n.id = o.id WHERE (o."username", o."first_name", o."last_name", o."email", o."is_active", o."is_staff", o."is_superuser", o."password") IS DISTINCT FROM (n."username", n."first_name", n."last_name", n."email", n."is_active", n."is_staff", n."is_superuser", n."password"); RETURN NULL;',
                    hash="c19bbcaa8c47a898ce0dfa1dde0211779e0069e9",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_track_update_b5287",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="auth_user",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackeduser",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('auth.user')), 'auth.user', o.id, 'deleted', coalesce(o.username, ''), jsonb_strip_nulls(jsonb_build_object('username', o.\"username\", 'first_name', o.\"first_name\", 'last_name', o.\"last_name\", 'email', o.\"email\", 'is_active', o.\"is_active\", 'is_staff', o.\"is_staff\", 'is_superuser', o.\"is_superuser\")) FROM old_values o; RETURN NULL;",
                    hash="ac56fb58616452c83491ae5527469357283344c5",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_3ae37",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="auth_user",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackeduserright",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('auth.user')), 'auth.user', n.\"user_id\", 'changed', coalesce((SELECT u.username FROM auth_user u WHERE u.id = n.user_id), ''), jsonb_build_object('user_permissions', jsonb_build_array(NULL, n.\"permission_id\")) FROM new_values n; RETURN NULL;",
                    hash="e4ca40f73ccd8d0154afae1b5430f6feb4915e94",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_47b7d",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="auth_user_user_permissions",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackeduserright",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('auth.user')), 'auth.user', o.\"user_id\", 'changed', coalesce((SELECT u.username FROM auth_user u WHERE u.id = o.user_id), ''), jsonb_build_object('user_permissions', jsonb_build_array(o.\"permission_id\", NULL)) FROM old_values o; RETURN NULL;",
                    hash="2852ef6a8e97ed848ac73366852bb7de724403dc",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_94ac7",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="auth_user_user_permissions",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackeduserrole",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('auth.user')), 'auth.user', n.\"user_id\", 'changed', coalesce((SELECT u.username FROM auth_user u WHERE u.id = n.user_id), ''), jsonb_build_object('groups', jsonb_build_array(NULL, n.\"group_id\")) FROM new_values n; RETURN NULL;",
                    hash="a3e8ccc0a3a966783137433acce2cc0fd74fdae6",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_8b0fa",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="auth_user_groups",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackeduserrole",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('auth.user')), 'auth.user', o.\"user_id\", 'changed', coalesce((SELECT u.username FROM auth_user u WHERE u.id = o.user_id), ''), jsonb_build_object('groups', jsonb_build_array(o.\"group_id\", NULL)) FROM old_values o; RETURN NULL;",
                    hash="cf9246826c28fe92faa37c3a916429ccc640bf8f",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_81de4",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="auth_user_groups",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(fields=["at", "id"], name="change_at"),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(fields=["user", "at", "id"], name="change_by_user"),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(fields=["door", "at", "id"], name="change_by_door"),
        ),
        migrations.AddIndex(
            model_name="change",
            index=django.contrib.postgres.indexes.GinIndex(fields=["kinds"], name="change_kinds"),
        ),
        migrations.AddIndex(
            model_name="changedrow",
            index=models.Index(fields=["kind", "object_id", "id"], name="changedrow_object"),
        ),
        migrations.AddIndex(
            model_name="changedrow",
            index=models.Index(fields=["change", "id"], name="changedrow_change"),
        ),
        migrations.AddIndex(
            model_name="changedrow",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Lower("label"), name="text_pattern_ops"
                ),
                name="changedrow_label",
            ),
        ),
    ]
