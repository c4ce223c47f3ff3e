import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0002_audit"),
        ("locations", "0003_content_changed_at"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="shop",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('locations.shop')), 'locations.shop', n.id, 'added', coalesce(n.name, ''), jsonb_strip_nulls(jsonb_build_object('name', n.\"name\", 'code', n.\"code\", 'address', n.\"address\", 'timezone', n.\"timezone\", 'latitude', n.\"latitude\", 'longitude', n.\"longitude\")) FROM new_values n; RETURN NULL;",
                    hash="a86d65312ba9fe574a3155e96ada445986934e4b",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_716e0",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="locations_shop",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="shop",
            trigger=pgtrigger.compiler.Trigger(
                name="track_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change(\'locations.shop\')), \'locations.shop\', n.id, \'changed\', coalesce(n.name, \'\'), CASE WHEN o."name" IS DISTINCT FROM n."name" THEN jsonb_build_object(\'name\', jsonb_build_array(o."name", n."name")) ELSE \'{}\'::jsonb END || CASE WHEN o."code" IS DISTINCT FROM n."code" THEN jsonb_build_object(\'code\', jsonb_build_array(o."code", n."code")) ELSE \'{}\'::jsonb END || CASE WHEN o."address" IS DISTINCT FROM n."address" THEN jsonb_build_object(\'address\', jsonb_build_array(o."address", n."address")) ELSE \'{}\'::jsonb END || CASE WHEN o."timezone" IS DISTINCT FROM n."timezone" THEN jsonb_build_object(\'timezone\', jsonb_build_array(o."timezone", n."timezone")) ELSE \'{}\'::jsonb END || CASE WHEN o."latitude" IS DISTINCT FROM n."latitude" THEN jsonb_build_object(\'latitude\', jsonb_build_array(o."latitude", n."latitude")) ELSE \'{}\'::jsonb END || CASE WHEN o."longitude" IS DISTINCT FROM n."longitude" THEN jsonb_build_object(\'longitude\', jsonb_build_array(o."longitude", n."longitude")) ELSE \'{}\'::jsonb END FROM old_values o FULL JOIN new_values n ON n.id = o.id WHERE (o."name", o."code", o."address", o."timezone", o."latitude", o."longitude") IS DISTINCT FROM (n."name", n."code", n."address", n."timezone", n."latitude", n."longitude"); RETURN NULL;',
                    hash="2ba4832e98a7b0647faa03af38fc57fb6a6ec497",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_track_update_31402",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="locations_shop",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="shop",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('locations.shop')), 'locations.shop', o.id, 'deleted', coalesce(o.name, ''), jsonb_strip_nulls(jsonb_build_object('name', o.\"name\", 'code', o.\"code\", 'address', o.\"address\", 'timezone', o.\"timezone\", 'latitude', o.\"latitude\", 'longitude', o.\"longitude\")) FROM old_values o; RETURN NULL;",
                    hash="949bb0630d7f1fca26451dd5808d65b893b7ac1e",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_bf07e",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="locations_shop",
                    when="AFTER",
                ),
            ),
        ),
    ]
