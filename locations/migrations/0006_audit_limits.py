import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("locations", "0005_shop_limit"),
    ]

    operations = [
        migrations.CreateModel(
            name="TrackedLimit",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("locations.shoplimit_shops",),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="shoplimit",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('locations.shoplimit')), 'locations.shoplimit', n.id, 'added', coalesce((SELECT u.username FROM auth_user u WHERE u.id = n.user_id), ''), jsonb_strip_nulls(jsonb_build_object('user', n.\"user_id\")) FROM new_values n; RETURN NULL;",
                    hash="78451a454ebe7053746cf46c140660ae380653c8",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_ef103",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="locations_shoplimit",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="shoplimit",
            trigger=pgtrigger.compiler.Trigger(
                name="track_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('locations.shoplimit')), 'locations.shoplimit', n.id, 'changed', coalesce((SELECT u.username FROM auth_user u WHERE u.id = n.user_id), ''), CASE WHEN o.\"user_id\" IS DISTINCT FROM n.\"user_id\" THEN jsonb_build_object('user', jsonb_build_array(o.\"user_id\", n.\"user_id\")) ELSE '{}'::jsonb END FROM old_values o FULL JOIN new_values n ON n.id = o.id WHERE (o.\"user_id\") IS DISTINCT FROM (n.\"user_id\"); RETURN NULL;",
                    hash="c8f343ab1533004e9df181649cb0aeebf08f8f1b",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_track_update_9d039",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="locations_shoplimit",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="shoplimit",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('locations.shoplimit')), 'locations.shoplimit', o.id, 'deleted', coalesce((SELECT u.username FROM auth_user u WHERE u.id = o.user_id), ''), jsonb_strip_nulls(jsonb_build_object('user', o.\"user_id\")) FROM old_values o; RETURN NULL;",
                    hash="01a6027dc277637b00dacd7035a016445f9419bd",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_23269",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="locations_shoplimit",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedlimit",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('locations.shoplimit')), 'locations.shoplimit', n.\"shoplimit_id\", 'changed', coalesce((SELECT u.username FROM locations_shoplimit l JOIN auth_user u ON u.id = l.user_id WHERE l.id = n.shoplimit_id), ''), jsonb_build_object('shops', jsonb_build_array(NULL, n.\"shop_id\")) FROM new_values n; RETURN NULL;",
                    hash="d37784c115974e39a2a2349bfa505002049b4444",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_21c74",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="locations_shoplimit_shops",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="trackedlimit",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('locations.shoplimit')), 'locations.shoplimit', o.\"shoplimit_id\", 'changed', coalesce((SELECT u.username FROM locations_shoplimit l JOIN auth_user u ON u.id = l.user_id WHERE l.id = o.shoplimit_id), ''), jsonb_build_object('shops', jsonb_build_array(o.\"shop_id\", NULL)) FROM old_values o; RETURN NULL;",
                    hash="bc35932dc059b34007815febe5d3f95d20f764a4",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_27418",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="locations_shoplimit_shops",
                    when="AFTER",
                ),
            ),
        ),
    ]
