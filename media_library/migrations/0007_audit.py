import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0002_audit"),
        ("media_library", "0006_uploads"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="link",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('media_library.link')), 'media_library.link', n.id, 'added', coalesce((SELECT v.name FROM media_library_video v WHERE v.id = n.video_id) || ' → ' || coalesce(nullif(concat_ws(' + ', (SELECT d.mobile_id FROM devices_device d WHERE d.id = n.device_id), (SELECT g.name FROM devices_group g WHERE g.id = n.group_id), (SELECT s.name FROM locations_shop s WHERE s.id = n.shop_id)), ''), 'the whole chain'), ''), jsonb_strip_nulls(jsonb_build_object('video', n.\"video_id\", 'layer', n.\"layer\", 'device', n.\"device_id\", 'group', n.\"group_id\", 'shop', n.\"shop_id\", 'display_order', n.\"display_order\", 'valid_from', n.\"valid_from\", 'valid_until', n.\"valid_until\", 'weekdays', n.\"weekdays\", 'start_time', n.\"start_time\", 'end_time', n.\"end_time\")) FROM new_values n; RETURN NULL;",
                    hash="b5798dcf95041a7c492b58e04d6687cd8a962112",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_0582c",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="media_library_link",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="link",
            trigger=pgtrigger.compiler.Trigger(
                name="track_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change(\'media_library.link\')), \'media_library.link\', n.id, \'changed\', coalesce((SELECT v.name FROM media_library_video v WHERE v.id = n.video_id) || \' → \' || coalesce(nullif(concat_ws(\' + \', (SELECT d.mobile_id FROM devices_device d WHERE d.id = n.device_id), (SELECT g.name FROM devices_group g WHERE g.id = n.group_id), (SELECT s.name FROM locations_shop s WHERE s.id = n.shop_id)), \'\'), \'the whole chain\'), \'\'), CASE WHEN o."video_id" IS DISTINCT FROM n."video_id" THEN jsonb_build_object(\'video\', jsonb_build_array(o."video_id", n."video_id")) ELSE \'{}\'::jsonb END || CASE WHEN o."layer" IS DISTINCT FROM n."layer" THEN jsonb_build_object(\'layer\', jsonb_build_array(o."layer", n."layer")) ELSE \'{}\'::jsonb END || CASE WHEN o."device_id" IS DISTINCT FROM n."device_id" THEN jsonb_build_object(\'device\', jsonb_build_array(o."device_id", n."device_id")) ELSE \'{}\'::jsonb END || CASE WHEN o."group_id" IS DISTINCT FROM n."group_id" THEN jsonb_build_object(\'group\', jsonb_build_array(o."group_id", n."group_id")) ELSE \'{}\'::jsonb END || CASE WHEN o."shop_id" IS DISTINCT FROM n."shop_id" THEN jsonb_build_object(\'shop\', jsonb_build_array(o."shop_id", n."shop_id")) ELSE \'{}\'::jsonb END || CASE WHEN o."display_order" IS DISTINCT FROM n."display_order" THEN jsonb_build_object(\'display_order\', jsonb_build_array(o."display_order", n."display_order")) ELSE \'{}\'::jsonb END || CASE WHEN o."valid_from" IS DISTINCT FROM n."valid_from" THEN jsonb_build_object(\'valid_from\', jsonb_build_array(o."valid_from", n."valid_from")) ELSE \'{}\'::jsonb END || CASE WHEN o."valid_until" IS DISTINCT FROM n."valid_until" THEN jsonb_build_object(\'valid_until\', jsonb_build_array(o."valid_until", n."valid_until")) ELSE \'{}\'::jsonb END || CASE WHEN o."weekdays" IS DISTINCT FROM n."weekdays" THEN jsonb_build_object(\'weekdays\', jsonb_build_array(o."weekdays", n."weekdays")) ELSE \'{}\'::jsonb END || CASE WHEN o."start_time" IS DISTINCT FROM n."start_time" THEN jsonb_build_object(\'start_time\', jsonb_build_array(o."start_time", n."start_time")) ELSE \'{}\'::jsonb END || CASE WHEN o."end_time" IS DISTINCT FROM n."end_time" THEN jsonb_build_object(\'end_time\', jsonb_build_array(o."end_time", n."end_time")) ELSE \'{}\'::jsonb END FROM old_values o FULL JOIN new_values n ON n.id = o.id WHERE (o."video_id", o."layer", o."device_id", o."group_id", o."shop_id", o."display_order", o."valid_from", o."valid_until", o."weekdays", o."start_time", o."end_time") IS DISTINCT FROM (n."video_id", n."layer", n."device_id", n."group_id", n."shop_id", n."display_order", n."valid_from", n."valid_until", n."weekdays", n."start_time", n."end_time"); RETURN NULL;',
                    hash="ba3f5454ec290fb974ddcc2ccc8a821c95c48351",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_track_update_9bc3b",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="media_library_link",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="link",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('media_library.link')), 'media_library.link', o.id, 'deleted', coalesce((SELECT v.name FROM media_library_video v WHERE v.id = o.video_id) || ' → ' || coalesce(nullif(concat_ws(' + ', (SELECT d.mobile_id FROM devices_device d WHERE d.id = o.device_id), (SELECT g.name FROM devices_group g WHERE g.id = o.group_id), (SELECT s.name FROM locations_shop s WHERE s.id = o.shop_id)), ''), 'the whole chain'), ''), jsonb_strip_nulls(jsonb_build_object('video', o.\"video_id\", 'layer', o.\"layer\", 'device', o.\"device_id\", 'group', o.\"group_id\", 'shop', o.\"shop_id\", 'display_order', o.\"display_order\", 'valid_from', o.\"valid_from\", 'valid_until', o.\"valid_until\", 'weekdays', o.\"weekdays\", 'start_time', o.\"start_time\", 'end_time', o.\"end_time\")) FROM old_values o; RETURN NULL;",
                    hash="506bc90f82312c0eb694d011f7eb70c74371c166",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_c5d61",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="media_library_link",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="linkexception",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('media_library.link')), 'media_library.link', n.\"link_id\", 'changed', coalesce((SELECT (SELECT v.name FROM media_library_video v WHERE v.id = l.video_id) || ' → ' || coalesce(nullif(concat_ws(' + ', (SELECT d.mobile_id FROM devices_device d WHERE d.id = l.device_id), (SELECT g.name FROM devices_group g WHERE g.id = l.group_id), (SELECT s.name FROM locations_shop s WHERE s.id = l.shop_id)), ''), 'the whole chain') FROM media_library_link l WHERE l.id = n.link_id), ''), jsonb_build_object('except_devices', jsonb_build_array(NULL, n.\"device_id\")) FROM new_values n; RETURN NULL;",
                    hash="8013138fb9b2b69ef5c0df51a21091dd7f043b14",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_bdc7b",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="media_library_linkexception",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="linkexception",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('media_library.link')), 'media_library.link', o.\"link_id\", 'changed', coalesce((SELECT (SELECT v.name FROM media_library_video v WHERE v.id = l.video_id) || ' → ' || coalesce(nullif(concat_ws(' + ', (SELECT d.mobile_id FROM devices_device d WHERE d.id = l.device_id), (SELECT g.name FROM devices_group g WHERE g.id = l.group_id), (SELECT s.name FROM locations_shop s WHERE s.id = l.shop_id)), ''), 'the whole chain') FROM media_library_link l WHERE l.id = o.link_id), ''), jsonb_build_object('except_devices', jsonb_build_array(o.\"device_id\", NULL)) FROM old_values o; RETURN NULL;",
                    hash="598ca32f8c5c86c253506dff8577c6dcfbb61869",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_fe393",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="media_library_linkexception",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="video",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('media_library.video')), 'media_library.video', n.id, 'added', coalesce(n.name, ''), jsonb_strip_nulls(jsonb_build_object('name', n.\"name\", 'kind', n.\"kind\", 'file', n.\"file\", 'source_url', n.\"source_url\", 'original_name', n.\"original_name\", 'rotation', n.\"rotation\", 'fit_mode', n.\"fit_mode\", 'display_duration', n.\"display_duration\", 'state', n.\"state\", 'state_reason', n.\"state_reason\", 'binned_at', n.\"binned_at\")) FROM new_values n; RETURN NULL;",
                    hash="95799b6ffa53acb38742ff3c6ae83cea8feaf8da",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_4b1e9",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="media_library_video",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="video",
            trigger=pgtrigger.compiler.Trigger(
                name="track_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change(\'media_library.video\')), \'media_library.video\', n.id, \'changed\', coalesce(n.name, \'\'), CASE WHEN o."name" IS DISTINCT FROM n."name" THEN jsonb_build_object(\'name\', jsonb_build_array(o."name", n."name")) ELSE \'{}\'::jsonb END || CASE WHEN o."kind" IS DISTINCT FROM n."kind" THEN jsonb_build_object(\'kind\', jsonb_build_array(o."kind", n."kind")) ELSE \'{}\'::jsonb END || CASE WHEN o."file" IS DISTINCT FROM n."file" THEN jsonb_build_object(\'file\', jsonb_build_array(o."file", n."file")) ELSE \'{}\'::jsonb END || CASE WHEN o."source_url" IS DISTINCT FROM n."source_url" THEN jsonb_build_object(\'source_url\', jsonb_build_array(o."source_url", n."source_url")) ELSE \'{}\'::jsonb END || CASE WHEN o."original_name" IS DISTINCT FROM n."original_name" THEN jsonb_build_object(\'original_name\', jsonb_build_array(o."original_name", n."original_name")) ELSE \'{}\'::jsonb END || CASE WHEN o."rotation" IS DISTINCT FROM n."rotation" THEN jsonb_build_object(\'rotation\', jsonb_build_array(o."rotation", n."rotation")) ELSE \'{}\'::jsonb END || CASE WHEN o."fit_mode" IS DISTINCT FROM n."fit_mode" THEN jsonb_build_object(\'fit_mode\', jsonb_build_array(o."fit_mode", n."fit_mode")) ELSE \'{}\'::jsonb END || CASE WHEN o."display_duration" IS DISTINCT FROM n."display_duration" THEN jsonb_build_object(\'display_duration\', jsonb_build_array(o."display_duration", n."display_duration")) ELSE \'{}\'::jsonb END || CASE WHEN o."state" IS DISTINCT FROM n."state" THEN jsonb_build_object(\'state\', jsonb_build_array(o."state", n."state")) ELSE \'{}\'::jsonb END || CASE WHEN o."state_reason" IS DISTINCT FROM n."state_reason" THEN jsonb_build_object(\'state_reason\', jsonb_build_array(o."state_reason", n."state_reason")) ELSE \'{}\'::jsonb END || CASE WHEN o."binned_at" IS DISTINCT FROM n."binned_at" THEN jsonb_build_object(\'binned_at\', jsonb_build_array(o."binned_at", n."binned_at")) ELSE \'{}\'::jsonb END FROM old_values o FULL JOIN new_values n ON n.id = o.id WHERE (o."name", o."kind", o."file", o."source_url", o."original_name", o."rotation", o."fit_mode", o."display_duration", o."state", o."state_reason", o."binned_at") IS DISTINCT FROM (n."name", n."kind", n."file", n."source_url", n."original_name", n."rotation", n."fit_mode", n."display_duration", n."state", n."state_reason", n."binned_at"); RETURN NULL;',
                    hash="5e5413159de881c9cc16b84a7565668f34238d25",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_track_update_2f151",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="media_library_video",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="video",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('media_library.video')), 'media_library.video', o.id, 'deleted', coalesce(o.name, ''), jsonb_strip_nulls(jsonb_build_object('name', o.\"name\", 'kind', o.\"kind\", 'file', o.\"file\", 'source_url', o.\"source_url\", 'original_name', o.\"original_name\", 'rotation', o.\"rotation\", 'fit_mode', o.\"fit_mode\", 'display_duration', o.\"display_duration\", 'state', o.\"state\", 'state_reason', o.\"state_reason\", 'binned_at', o.\"binned_at\")) FROM old_values o; RETURN NULL;",
                    hash="ed2405ab602150f8548b29c565883701f5ea1bff",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_05c76",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="media_library_video",
                    when="AFTER",
                ),
            ),
        ),
    ]
