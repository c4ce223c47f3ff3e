"""Links have a layer, and default and emergency links may reach the whole chain."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

FORGET_LAYERS = """
DELETE FROM media_library_linkexception e USING media_library_link l WHERE l.id = e.link_id AND l.layer <> 'regular';
DELETE FROM media_library_link WHERE layer <> 'regular';
SET CONSTRAINTS ALL IMMEDIATE;
"""
"""Backwards only: before this, there was no place for links of the other layers."""


class Migration(migrations.Migration):
    dependencies = [
        ("devices", "0001_fleet"),
        ("locations", "0002_chain"),
        ("media_library", "0002_placement"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="link",
            name="link_insert_bumps_versions",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="link",
            name="link_update_bumps_versions",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="link",
            name="link_delete_bumps_versions",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="video",
            name="video_update_bumps_versions",
        ),
        migrations.RemoveConstraint(
            model_name="link",
            name="link_has_a_target",
        ),
        migrations.RemoveConstraint(
            model_name="link",
            name="link_unique",
        ),
        migrations.AddField(
            model_name="link",
            name="layer",
            field=models.CharField(
                choices=[
                    ("regular", "Regular: the daily programme"),
                    ("default", "Default: while nothing regular plays"),
                    ("emergency", "Emergency: takes over until it ends"),
                ],
                db_default="regular",
                default="regular",
                help_text="Emergency takes the screen over until its end; default fills it while nothing regular plays.",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="link",
            index=models.Index(
                condition=models.Q(("device", None), ("group", None), ("shop", None)),
                fields=["layer"],
                name="link_whole_chain",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="link",
            trigger=pgtrigger.compiler.Trigger(
                name="link_insert_bumps_versions",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="UPDATE devices_device SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_device WHERE id IN (SELECT device_id FROM (SELECT device_id, group_id, shop_id FROM new_values) touched WHERE device_id IS NOT NULL) ORDER BY id FOR NO KEY UPDATE);\nUPDATE devices_group SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_group WHERE id IN (SELECT group_id FROM (SELECT device_id, group_id, shop_id FROM new_values) touched WHERE device_id IS NULL AND group_id IS NOT NULL) ORDER BY id FOR NO KEY UPDATE);\nUPDATE locations_shop SET content_version = content_version + 1 WHERE id IN (SELECT id FROM locations_shop WHERE id IN (SELECT shop_id FROM (SELECT device_id, group_id, shop_id FROM new_values) touched WHERE device_id IS NULL AND group_id IS NULL) ORDER BY id FOR NO KEY UPDATE);\nINSERT INTO locations_chain AS chain (id, content_version) SELECT 1, 1 WHERE EXISTS (SELECT FROM (SELECT device_id, group_id, shop_id FROM new_values) touched WHERE device_id IS NULL AND group_id IS NULL AND shop_id IS NULL) ON CONFLICT (id) DO UPDATE SET content_version = chain.content_version + 1;\nRETURN NULL;",
                    hash="39d41cf5a49ba403f3c7d7c71ed93a2148832df6",
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
                    func="UPDATE devices_device SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_device WHERE id IN (SELECT device_id FROM (SELECT device_id, group_id, shop_id FROM old_values UNION SELECT device_id, group_id, shop_id FROM new_values) touched WHERE device_id IS NOT NULL) ORDER BY id FOR NO KEY UPDATE);\nUPDATE devices_group SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_group WHERE id IN (SELECT group_id FROM (SELECT device_id, group_id, shop_id FROM old_values UNION SELECT device_id, group_id, shop_id FROM new_values) touched WHERE device_id IS NULL AND group_id IS NOT NULL) ORDER BY id FOR NO KEY UPDATE);\nUPDATE locations_shop SET content_version = content_version + 1 WHERE id IN (SELECT id FROM locations_shop WHERE id IN (SELECT shop_id FROM (SELECT device_id, group_id, shop_id FROM old_values UNION SELECT device_id, group_id, shop_id FROM new_values) touched WHERE device_id IS NULL AND group_id IS NULL) ORDER BY id FOR NO KEY UPDATE);\nINSERT INTO locations_chain AS chain (id, content_version) SELECT 1, 1 WHERE EXISTS (SELECT FROM (SELECT device_id, group_id, shop_id FROM old_values UNION SELECT device_id, group_id, shop_id FROM new_values) touched WHERE device_id IS NULL AND group_id IS NULL AND shop_id IS NULL) ON CONFLICT (id) DO UPDATE SET content_version = chain.content_version + 1;\nRETURN NULL;",
                    hash="108e0098a01aca70c5e325056f683bc26982ba73",
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
                    func="UPDATE devices_device SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_device WHERE id IN (SELECT device_id FROM (SELECT device_id, group_id, shop_id FROM old_values) touched WHERE device_id IS NOT NULL) ORDER BY id FOR NO KEY UPDATE);\nUPDATE devices_group SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_group WHERE id IN (SELECT group_id FROM (SELECT device_id, group_id, shop_id FROM old_values) touched WHERE device_id IS NULL AND group_id IS NOT NULL) ORDER BY id FOR NO KEY UPDATE);\nUPDATE locations_shop SET content_version = content_version + 1 WHERE id IN (SELECT id FROM locations_shop WHERE id IN (SELECT shop_id FROM (SELECT device_id, group_id, shop_id FROM old_values) touched WHERE device_id IS NULL AND group_id IS NULL) ORDER BY id FOR NO KEY UPDATE);\nINSERT INTO locations_chain AS chain (id, content_version) SELECT 1, 1 WHERE EXISTS (SELECT FROM (SELECT device_id, group_id, shop_id FROM old_values) touched WHERE device_id IS NULL AND group_id IS NULL AND shop_id IS NULL) ON CONFLICT (id) DO UPDATE SET content_version = chain.content_version + 1;\nRETURN NULL;",
                    hash="3c08dcd4ffba2a5ca5533c45a6639d44ff32451f",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_link_delete_bumps_versions_11966",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="media_library_link",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="video",
            trigger=pgtrigger.compiler.Trigger(
                name="video_update_bumps_versions",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="UPDATE devices_device SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_device WHERE id IN (SELECT device_id FROM (SELECT l.device_id, l.group_id, l.shop_id FROM media_library_link l JOIN new_values n ON n.id = l.video_id JOIN old_values o ON o.id = n.id WHERE (o.name, o.kind, o.state, o.file, o.source_url, o.mime, o.size, o.sha256, o.rotation, o.fit_mode, o.display_duration) IS DISTINCT FROM (n.name, n.kind, n.state, n.file, n.source_url, n.mime, n.size, n.sha256, n.rotation, n.fit_mode, n.display_duration)) touched WHERE device_id IS NOT NULL) ORDER BY id FOR NO KEY UPDATE);\nUPDATE devices_group SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_group WHERE id IN (SELECT group_id FROM (SELECT l.device_id, l.group_id, l.shop_id FROM media_library_link l JOIN new_values n ON n.id = l.video_id JOIN old_values o ON o.id = n.id WHERE (o.name, o.kind, o.state, o.file, o.source_url, o.mime, o.size, o.sha256, o.rotation, o.fit_mode, o.display_duration) IS DISTINCT FROM (n.name, n.kind, n.state, n.file, n.source_url, n.mime, n.size, n.sha256, n.rotation, n.fit_mode, n.display_duration)) touched WHERE device_id IS NULL AND group_id IS NOT NULL) ORDER BY id FOR NO KEY UPDATE);\nUPDATE locations_shop SET content_version = content_version + 1 WHERE id IN (SELECT id FROM locations_shop WHERE id IN (SELECT shop_id FROM (SELECT l.device_id, l.group_id, l.shop_id FROM media_library_link l JOIN new_values n ON n.id = l.video_id JOIN old_values o ON o.id = n.id WHERE (o.name, o.kind, o.state, o.file, o.source_url, o.mime, o.size, o.sha256, o.rotation, o.fit_mode, o.display_duration) IS DISTINCT FROM (n.name, n.kind, n.state, n.file, n.source_url, n.mime, n.size, n.sha256, n.rotation, n.fit_mode, n.display_duration)) touched WHERE device_id IS NULL AND group_id IS NULL) ORDER BY id FOR NO KEY UPDATE);\nINSERT INTO locations_chain AS chain (id, content_version) SELECT 1, 1 WHERE EXISTS (SELECT FROM (SELECT l.device_id, l.group_id, l.shop_id FROM media_library_link l JOIN new_values n ON n.id = l.video_id JOIN old_values o ON o.id = n.id WHERE (o.name, o.kind, o.state, o.file, o.source_url, o.mime, o.size, o.sha256, o.rotation, o.fit_mode, o.display_duration) IS DISTINCT FROM (n.name, n.kind, n.state, n.file, n.source_url, n.mime, n.size, n.sha256, n.rotation, n.fit_mode, n.display_duration)) touched WHERE device_id IS NULL AND group_id IS NULL AND shop_id IS NULL) ON CONFLICT (id) DO UPDATE SET content_version = chain.content_version + 1;\nRETURN NULL;",
                    hash="eb17be497a5229c2aa8e85934013c0c5d1060de6",
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
            model_name="link",
            constraint=models.CheckConstraint(
                condition=models.Q(("layer__in", ["regular", "default", "emergency"])), name="link_layer_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("device", None), ("group", None), ("layer", "regular"), ("shop", None), _negated=True
                ),
                name="link_regular_has_a_target",
                violation_error_message="Give a device, a group or a shop; only default and emergency links may reach the whole chain.",
            ),
        ),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("layer", "emergency"), _negated=True), ("valid_until__isnull", False), _connector="OR"
                ),
                name="link_emergency_ends",
                violation_error_message="An emergency needs an end, by which it reverts by itself.",
            ),
        ),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.UniqueConstraint(
                fields=("video", "device", "group", "shop", "layer"),
                name="link_unique_in_layer",
                nulls_distinct=False,
                violation_error_message="This video is already linked to just that.",
            ),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, FORGET_LAYERS),
    ]
