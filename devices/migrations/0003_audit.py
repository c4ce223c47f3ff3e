import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0002_audit"),
        ("devices", "0002_content_changed_at"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="device",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('devices.device')), 'devices.device', n.id, 'added', coalesce(CASE WHEN n.name = '' THEN n.mobile_id ELSE n.name || ' (' || n.mobile_id || ')' END, ''), jsonb_strip_nulls(jsonb_build_object('mobile_id', n.\"mobile_id\", 'name', n.\"name\", 'kind', n.\"kind\", 'state', n.\"state\", 'group', n.\"group_id\", 'shop', n.\"shop_id\", 'notes', n.\"notes\", 'report_interval_s', n.\"report_interval_s\", 'missed_reports', n.\"missed_reports\")) FROM new_values n; RETURN NULL;",
                    hash="394fa4612f02947d2b078922e857a43f19166984",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_f808f",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="devices_device",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="device",
            trigger=pgtrigger.compiler.Trigger(
                name="track_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change(\'devices.device\')), \'devices.device\', n.id, \'changed\', coalesce(CASE WHEN n.name = \'\' THEN n.mobile_id ELSE n.name || \' (\' || n.mobile_id || \')\' END, \'\'), CASE WHEN o."mobile_id" IS DISTINCT FROM n."mobile_id" THEN jsonb_build_object(\'mobile_id\', jsonb_build_array(o."mobile_id", n."mobile_id")) ELSE \'{}\'::jsonb END || CASE WHEN o."name" IS DISTINCT FROM n."name" THEN jsonb_build_object(\'name\', jsonb_build_array(o."name", n."name")) ELSE \'{}\'::jsonb END || CASE WHEN o."kind" IS DISTINCT FROM n."kind" THEN jsonb_build_object(\'kind\', jsonb_build_array(o."kind", n."kind")) ELSE \'{}\'::jsonb END || CASE WHEN o."state" IS DISTINCT FROM n."state" THEN jsonb_build_object(\'state\', jsonb_build_array(o."state", n."state")) ELSE \'{}\'::jsonb END || CASE WHEN o."group_id" IS DISTINCT FROM n."group_id" THEN jsonb_build_object(\'group\', jsonb_build_array(o."group_id", n."group_id")) ELSE \'{}\'::jsonb END || CASE WHEN o."shop_id" IS DISTINCT FROM n."shop_id" THEN jsonb_build_object(\'shop\', jsonb_build_array(o."shop_id", n."shop_id")) ELSE \'{}\'::jsonb END || CASE WHEN o."notes" IS DISTINCT FROM n."notes" THEN jsonb_build_object(\'notes\', jsonb_build_array(o."notes", n."notes")) ELSE \'{}\'::jsonb END || CASE WHEN o."report_interval_s" IS DISTINCT FROM n."report_interval_s" THEN jsonb_build_object(\'report_interval_s\', jsonb_build_array(o."report_interval_s", n."report_interval_s")) ELSE \'{}\'::jsonb END || CASE WHEN o."missed_reports" IS DISTINCT FROM n."missed_reports" THEN jsonb_build_object(\'missed_reports\', jsonb_build_array(o."missed_reports", n."missed_reports")) ELSE \'{}\'::jsonb END FROM old_values o FULL JOIN new_values n ON n.id = o.id WHERE (o."mobile_id", o."name", o."kind", o."state", o."group_id", o."shop_id", o."notes", o."report_interval_s", o."missed_reports") IS DISTINCT FROM (n."mobile_id", n."name", n."kind", n."state", n."group_id", n."shop_id", n."notes", n."report_interval_s", n."missed_reports"); RETURN NULL;',
                    hash="c8b3691ef2a38f30cc6319c748887ad2229f0410",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_track_update_b389d",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="devices_device",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="device",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('devices.device')), 'devices.device', o.id, 'deleted', coalesce(CASE WHEN o.name = '' THEN o.mobile_id ELSE o.name || ' (' || o.mobile_id || ')' END, ''), jsonb_strip_nulls(jsonb_build_object('mobile_id', o.\"mobile_id\", 'name', o.\"name\", 'kind', o.\"kind\", 'state', o.\"state\", 'group', o.\"group_id\", 'shop', o.\"shop_id\", 'notes', o.\"notes\", 'report_interval_s', o.\"report_interval_s\", 'missed_reports', o.\"missed_reports\")) FROM old_values o; RETURN NULL;",
                    hash="16e502f81a2a895432e99a1e560d86843d6e7976",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_f2bd3",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="devices_device",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="devicetoken",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('devices.devicetoken')), 'devices.devicetoken', n.id, 'added', coalesce(coalesce((SELECT d.mobile_id FROM devices_device d WHERE d.id = n.device_id) || ' · ', '') || n.prefix || '…', ''), jsonb_strip_nulls(jsonb_build_object('device', n.\"device_id\", 'prefix', n.\"prefix\", 'expires_at', n.\"expires_at\", 'revoked_at', n.\"revoked_at\")) FROM new_values n; RETURN NULL;",
                    hash="244a69a82b50b57bed7ccdf8fdcc6f715d56f3c7",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_39dbe",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="devices_devicetoken",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="devicetoken",
            trigger=pgtrigger.compiler.Trigger(
                name="track_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change(\'devices.devicetoken\')), \'devices.devicetoken\', n.id, \'changed\', coalesce(coalesce((SELECT d.mobile_id FROM devices_device d WHERE d.id = n.device_id) || \' · \', \'\') || n.prefix || \'…\', \'\'), CASE WHEN o."device_id" IS DISTINCT FROM n."device_id" THEN jsonb_build_object(\'device\', jsonb_build_array(o."device_id", n."device_id")) ELSE \'{}\'::jsonb END || CASE WHEN o."prefix" IS DISTINCT FROM n."prefix" THEN jsonb_build_object(\'prefix\', jsonb_build_array(o."prefix", n."prefix")) ELSE \'{}\'::jsonb END || CASE WHEN o."expires_at" IS DISTINCT FROM n."expires_at" THEN jsonb_build_object(\'expires_at\', jsonb_build_array(o."expires_at", n."expires_at")) ELSE \'{}\'::jsonb END || CASE WHEN o."revoked_at" IS DISTINCT FROM n."revoked_at" THEN jsonb_build_object(\'revoked_at\', jsonb_build_array(o."revoked_at", n."revoked_at")) ELSE \'{}\'::jsonb END FROM old_values o FULL JOIN new_values n ON n.id = o.id WHERE (o."device_id", o."prefix", o."expires_at", o."revoked_at") IS DISTINCT FROM (n."device_id", n."prefix", n."expires_at", n."revoked_at"); RETURN NULL;',
                    hash="0c6ac6229f4ab678c6bd7e39048f49cb0b858b24",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_track_update_e4436",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="devices_devicetoken",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="devicetoken",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('devices.devicetoken')), 'devices.devicetoken', o.id, 'deleted', coalesce(coalesce((SELECT d.mobile_id FROM devices_device d WHERE d.id = o.device_id) || ' · ', '') || o.prefix || '…', ''), jsonb_strip_nulls(jsonb_build_object('device', o.\"device_id\", 'prefix', o.\"prefix\", 'expires_at', o.\"expires_at\", 'revoked_at', o.\"revoked_at\")) FROM old_values o; RETURN NULL;",
                    hash="83b18c94d539a423a9964c8b529d2acdac2260b0",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_fd9a2",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="devices_devicetoken",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="enrolmentkey",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('devices.enrolmentkey')), 'devices.enrolmentkey', n.id, 'added', coalesce(n.label, ''), jsonb_strip_nulls(jsonb_build_object('label', n.\"label\", 'prefix', n.\"prefix\", 'group', n.\"group_id\", 'shop', n.\"shop_id\", 'expires_at', n.\"expires_at\", 'max_uses', n.\"max_uses\", 'revoked_at', n.\"revoked_at\")) FROM new_values n; RETURN NULL;",
                    hash="338001c57894b1dbec7c21def2ca02d7b1bf5d2b",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_cac79",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="devices_enrolmentkey",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="enrolmentkey",
            trigger=pgtrigger.compiler.Trigger(
                name="track_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change(\'devices.enrolmentkey\')), \'devices.enrolmentkey\', n.id, \'changed\', coalesce(n.label, \'\'), CASE WHEN o."label" IS DISTINCT FROM n."label" THEN jsonb_build_object(\'label\', jsonb_build_array(o."label", n."label")) ELSE \'{}\'::jsonb END || CASE WHEN o."prefix" IS DISTINCT FROM n."prefix" THEN jsonb_build_object(\'prefix\', jsonb_build_array(o."prefix", n."prefix")) ELSE \'{}\'::jsonb END || CASE WHEN o."group_id" IS DISTINCT FROM n."group_id" THEN jsonb_build_object(\'group\', jsonb_build_array(o."group_id", n."group_id")) ELSE \'{}\'::jsonb END || CASE WHEN o."shop_id" IS DISTINCT FROM n."shop_id" THEN jsonb_build_object(\'shop\', jsonb_build_array(o."shop_id", n."shop_id")) ELSE \'{}\'::jsonb END || CASE WHEN o."expires_at" IS DISTINCT FROM n."expires_at" THEN jsonb_build_object(\'expires_at\', jsonb_build_array(o."expires_at", n."expires_at")) ELSE \'{}\'::jsonb END || CASE WHEN o."max_uses" IS DISTINCT FROM n."max_uses" THEN jsonb_build_object(\'max_uses\', jsonb_build_array(o."max_uses", n."max_uses")) ELSE \'{}\'::jsonb END || CASE WHEN o."revoked_at" IS DISTINCT FROM n."revoked_at" THEN jsonb_build_object(\'revoked_at\', jsonb_build_array(o."revoked_at", n."revoked_at")) ELSE \'{}\'::jsonb END FROM old_values o FULL JOIN new_values n ON n.id = o.id WHERE (o."label", o."prefix", o."group_id", o."shop_id", o."expires_at", o."max_uses", o."revoked_at") IS DISTINCT FROM (n."label", n."prefix", n."group_id", n."shop_id", n."expires_at", n."max_uses", n."revoked_at"); RETURN NULL;',
                    hash="aa48c68127621ba21aafe4ec7343d5860025746d",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_track_update_97881",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="devices_enrolmentkey",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="enrolmentkey",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('devices.enrolmentkey')), 'devices.enrolmentkey', o.id, 'deleted', coalesce(o.label, ''), jsonb_strip_nulls(jsonb_build_object('label', o.\"label\", 'prefix', o.\"prefix\", 'group', o.\"group_id\", 'shop', o.\"shop_id\", 'expires_at', o.\"expires_at\", 'max_uses', o.\"max_uses\", 'revoked_at', o.\"revoked_at\")) FROM old_values o; RETURN NULL;",
                    hash="ec6bbe8b362f28767c1e85058f8bf543e6506c48",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_50fab",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="devices_enrolmentkey",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="group",
            trigger=pgtrigger.compiler.Trigger(
                name="track_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('devices.group')), 'devices.group', n.id, 'added', coalesce(n.name, ''), jsonb_strip_nulls(jsonb_build_object('name', n.\"name\", 'report_interval_s', n.\"report_interval_s\", 'missed_reports', n.\"missed_reports\")) FROM new_values n; RETURN NULL;",
                    hash="6bbfd71c867b8ed5450a46d77530df224fab1f6b",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_track_insert_00b16",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="devices_group",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="group",
            trigger=pgtrigger.compiler.Trigger(
                name="track_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change(\'devices.group\')), \'devices.group\', n.id, \'changed\', coalesce(n.name, \'\'), CASE WHEN o."name" IS DISTINCT FROM n."name" THEN jsonb_build_object(\'name\', jsonb_build_array(o."name", n."name")) ELSE \'{}\'::jsonb END || CASE WHEN o."report_interval_s" IS DISTINCT FROM n."report_interval_s" THEN jsonb_build_object(\'report_interval_s\', jsonb_build_array(o."report_interval_s", n."report_interval_s")) ELSE \'{}\'::jsonb END || CASE WHEN o."missed_reports" IS DISTINCT FROM n."missed_reports" THEN jsonb_build_object(\'missed_reports\', jsonb_build_array(o."missed_reports", n."missed_reports")) ELSE \'{}\'::jsonb END FROM old_values o FULL JOIN new_values n ON n.id = o.id WHERE (o."name", o."report_interval_s", o."missed_reports") IS DISTINCT FROM (n."name", n."report_interval_s", n."missed_reports"); RETURN NULL;',
                    hash="4e8b1f99e805e863ca50a32f1d74599f8e3df953",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_track_update_87d8a",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="devices_group",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="group",
            trigger=pgtrigger.compiler.Trigger(
                name="track_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change('devices.group')), 'devices.group', o.id, 'deleted', coalesce(o.name, ''), jsonb_strip_nulls(jsonb_build_object('name', o.\"name\", 'report_interval_s', o.\"report_interval_s\", 'missed_reports', o.\"missed_reports\")) FROM old_values o; RETURN NULL;",
                    hash="9cb1906b590908aef268209d55e91c5a1e2eea29",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_track_delete_1b6e8",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="devices_group",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pairing",
            trigger=pgtrigger.compiler.Trigger(
                name="track_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO core_changedrow (change_id, kind, object_id, action, label, fields) SELECT (SELECT dgx_change(\'devices.pairing\')), \'devices.pairing\', n.id, \'changed\', coalesce(n.mobile_id, \'\'), CASE WHEN o."state" IS DISTINCT FROM n."state" THEN jsonb_build_object(\'state\', jsonb_build_array(o."state", n."state")) ELSE \'{}\'::jsonb END || CASE WHEN o."group_id" IS DISTINCT FROM n."group_id" THEN jsonb_build_object(\'group\', jsonb_build_array(o."group_id", n."group_id")) ELSE \'{}\'::jsonb END || CASE WHEN o."shop_id" IS DISTINCT FROM n."shop_id" THEN jsonb_build_object(\'shop\', jsonb_build_array(o."shop_id", n."shop_id")) ELSE \'{}\'::jsonb END || CASE WHEN o."device_id" IS DISTINCT FROM n."device_id" THEN jsonb_build_object(\'device\', jsonb_build_array(o."device_id", n."device_id")) ELSE \'{}\'::jsonb END || CASE WHEN o."decided_by_id" IS DISTINCT FROM n."decided_by_id" THEN jsonb_build_object(\'decided_by\', jsonb_build_array(o."decided_by_id", n."decided_by_id")) ELSE \'{}\'::jsonb END FROM old_values o FULL JOIN new_values n ON n.id = o.id WHERE (o."state", o."group_id", o."shop_id", o."device_id", o."decided_by_id") IS DISTINCT FROM (n."state", n."group_id", n."shop_id", n."device_id", n."decided_by_id"); RETURN NULL;',
                    hash="71c875058128f7182616508d0fd51f721cda8448",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_track_update_bdb82",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="devices_pairing",
                    when="AFTER",
                ),
            ),
        ),
    ]
