import uuid
from typing import Any

import django.contrib.auth.models
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

TASKS = ("dgx.core.tasks.clear_expired", "dgx.people.tasks.clear_expired")


def forget_secrets(apps: Any) -> None:
    """Django's own sessions are used no more, and the tokens that simplejwt kept in clear belong to no login: people and
    programs log in once more."""
    apps.get_model("sessions", "Session").objects.all().delete()
    apps.get_model("token_blacklist", "OutstandingToken").objects.exclude(token="").update(token="")


def rename_task(apps: Any, old: str, new: str) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(task=old).update(task=new)


def forwards(apps: Any, schema_editor: Any) -> None:
    forget_secrets(apps)
    rename_task(apps, *TASKS)


def backwards(apps: Any, schema_editor: Any) -> None:
    rename_task(apps, *reversed(TASKS))


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("core", "0002_audit"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
        ("sessions", "0001_initial"),
        ("token_blacklist", "0013_alter_blacklistedtoken_options_and_more"),
        ("otp_static", "0003_add_timestamps"),
        ("otp_totp", "0003_add_timestamps"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Authenticator",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("otp_totp.totpdevice",),
        ),
        migrations.CreateModel(
            name="PersonsAccess",
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
            name="RecoveryCodes",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("otp_static.staticdevice",),
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                (
                    "agent",
                    models.CharField(
                        blank=True, help_text="The browser's User-Agent; empty until one came.", max_length=255
                    ),
                ),
                ("address", models.CharField(blank=True, help_text="Where it was last seen from.", max_length=45)),
                (
                    "began_at",
                    models.DateTimeField(default=django.utils.timezone.now, help_text="When the person logged in."),
                ),
                (
                    "last_seen_at",
                    models.DateTimeField(default=django.utils.timezone.now, help_text="To within a minute."),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        help_text="Who is logged in; empty before the second step.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="TokenLogin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, help_text="What its tokens carry.", unique=True
                    ),
                ),
                ("agent", models.CharField(blank=True, help_text="The program's User-Agent.", max_length=255)),
                ("address", models.CharField(blank=True, help_text="Where it was last seen from.", max_length=45)),
                ("began_at", models.DateTimeField(default=django.utils.timezone.now, help_text="When it logged in.")),
                (
                    "last_used_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, help_text="When it last refreshed its tokens."
                    ),
                ),
                (
                    "ended_at",
                    models.DateTimeField(blank=True, help_text="Since when its tokens open nothing.", null=True),
                ),
                (
                    "ended_by",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("logout", "Logged out"),
                            ("person", "Ended in the admin"),
                            ("reuse", "A refresh token came twice"),
                            ("credentials", "Password, second factor or standing changed"),
                        ],
                        help_text="Why it ended.",
                        max_length=20,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        help_text="Who logged in.",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-last_used_at"],
                "default_permissions": (),
            },
        ),
        migrations.RunPython(forwards, backwards),
        pgtrigger.migrations.AddTrigger(
            model_name="authenticator",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('auth.user')), 'auth.user', n.\"user_id\", 'changed', coalesce((SELECT u.username FROM auth_user u WHERE u.id = n.user_id), ''), jsonb_build_object('second_factor', jsonb_build_array(NULL, n.\"name\")) FROM new_values n; RETURN NULL;",
                    hash="414a2fe5c24f81e398aa92882be23bce2138e70c",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_cec88",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="otp_totp_totpdevice",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="authenticator",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('auth.user')), 'auth.user', o.\"user_id\", 'changed', coalesce((SELECT u.username FROM auth_user u WHERE u.id = o.user_id), ''), jsonb_build_object('second_factor', jsonb_build_array(o.\"name\", NULL)) FROM old_values o; RETURN NULL;",
                    hash="d2b0f3583319ad7d431707e9fa5b690192494d0a",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_04709",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="otp_totp_totpdevice",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="authenticator",
            trigger=pgtrigger.compiler.Trigger(
                name="new_ends_access",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="DELETE FROM people_session WHERE user_id = NEW.user_id; UPDATE people_tokenlogin SET ended_at = now(), ended_by = 'credentials' WHERE user_id = NEW.user_id AND ended_at IS NULL; RETURN NULL;",
                    hash="ab157773433104819a07e87d98dd475b6ec5e19d",
                    operation="INSERT",
                    pgid="pgtrigger_new_ends_access_3e408",
                    table="otp_totp_totpdevice",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="authenticator",
            trigger=pgtrigger.compiler.Trigger(
                name="gone_ends_access",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="DELETE FROM people_session WHERE user_id = OLD.user_id; UPDATE people_tokenlogin SET ended_at = now(), ended_by = 'credentials' WHERE user_id = OLD.user_id AND ended_at IS NULL; RETURN NULL;",
                    hash="2b8468237337776e9362e068b3698ebe562393bb",
                    operation="DELETE",
                    pgid="pgtrigger_gone_ends_access_43aaa",
                    table="otp_totp_totpdevice",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="personsaccess",
            trigger=pgtrigger.compiler.Trigger(
                name="change_ends_access",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.password IS DISTINCT FROM NEW.password OR (OLD.is_active AND NOT NEW.is_active))",
                    func="DELETE FROM people_session WHERE user_id = NEW.id; UPDATE people_tokenlogin SET ended_at = now(), ended_by = 'credentials' WHERE user_id = NEW.id AND ended_at IS NULL; RETURN NULL;",
                    hash="43231b018c938f0dff98bc411a0bf207d7d3d8bc",
                    operation='UPDATE OF "password", "is_active"',
                    pgid="pgtrigger_change_ends_access_eac33",
                    table="auth_user",
                    when="AFTER",
                ),
            ),
        ),
    ]
