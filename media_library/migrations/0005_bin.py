"""Videos may lie in a bin: they keep their row, their links and their bytes, and are in no placement."""

from importlib import import_module

import django.core.validators
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import dgx.core.validators

# 4503599627370496 is 2^52, Placement.DERIVED_FROM; 26 is Placement.DEVICE_BITS
CREATE_VIEW = """
CREATE VIEW media_library_placement AS
WITH reach AS (
    SELECT l.id AS link_id, d.id AS device_id, 1 AS breadth
      FROM media_library_link l
      JOIN devices_device d ON d.id = l.device_id
     WHERE (l.group_id IS NULL OR l.group_id = d.group_id) AND (l.shop_id IS NULL OR l.shop_id = d.shop_id)
    UNION ALL
    SELECT l.id, d.id, 2
      FROM media_library_link l
      JOIN devices_device d ON d.group_id = l.group_id
     WHERE l.device_id IS NULL AND (l.shop_id IS NULL OR l.shop_id = d.shop_id)
    UNION ALL
    SELECT l.id, d.id, 3
      FROM media_library_link l
      JOIN devices_device d ON d.shop_id = l.shop_id
     WHERE l.device_id IS NULL AND l.group_id IS NULL
    UNION ALL
    SELECT l.id, d.id, 4
      FROM media_library_link l
     CROSS JOIN devices_device d
     WHERE l.device_id IS NULL AND l.group_id IS NULL AND l.shop_id IS NULL
)
SELECT CASE WHEN l.device_id IS NOT NULL THEN coalesce(l.legacy_id, l.id)
            ELSE 4503599627370496 + (l.id << 26) + r.device_id END AS id,
       r.link_id, r.device_id, r.breadth, l.video_id,
       coalesce(l.group_id, d.group_id) AS group_id,
       coalesce(l.shop_id, d.shop_id) AS shop_id,
       l.layer, l.display_order, l.valid_from, l.valid_until, l.weekdays, l.start_time, l.end_time,
       l.created_at, l.updated_at
  FROM reach r
  JOIN media_library_link l ON l.id = r.link_id
  JOIN devices_device d ON d.id = r.device_id
  JOIN media_library_video v ON v.id = l.video_id AND v.binned_at IS NULL
 WHERE NOT EXISTS (SELECT FROM media_library_linkexception e WHERE e.link_id = l.id AND e.device_id = r.device_id)
"""
DROP_VIEW = "DROP VIEW media_library_placement"
CREATE_VIEW_BEFORE = import_module("media_library.migrations.0004_placement_layers").CREATE_VIEW
GIVE_NAMES_OF_THEIR_OWN = (
    "UPDATE media_library_video SET name = left(name, 220) || ' (bin ' || id || ')' WHERE binned_at IS NOT NULL"
)
"""Without a bin, what lay in it is there again: under names that nobody else has."""


class Migration(migrations.Migration):
    dependencies = [
        ("media_library", "0004_placement_layers"),
    ]

    operations = [
        migrations.RunSQL(DROP_VIEW, CREATE_VIEW_BEFORE),
        pgtrigger.migrations.RemoveTrigger(
            model_name="video",
            name="video_update_bumps_versions",
        ),
        migrations.AddField(
            model_name="video",
            name="binned_at",
            field=models.DateTimeField(
                blank=True, editable=False, help_text="When it was put into the bin; empty: it is not there.", null=True
            ),
        ),
        migrations.AddField(
            model_name="video",
            name="binned_by",
            field=models.CharField(
                blank=True,
                db_default="",
                editable=False,
                help_text="Who put it there; empty: a program.",
                max_length=150,
            ),
        ),
        migrations.AlterField(
            model_name="video",
            name="name",
            field=models.CharField(
                help_text="Unique among what is not in the bin. The old routes find a video by it.",
                max_length=255,
                validators=[
                    django.core.validators.ProhibitNullCharactersValidator(),
                    dgx.core.validators.validate_not_blank,
                ],
            ),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, GIVE_NAMES_OF_THEIR_OWN),
        migrations.AddIndex(
            model_name="video",
            index=models.Index(
                condition=models.Q(("binned_at", None), _negated=True), fields=["binned_at"], name="video_in_bin"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="video",
            trigger=pgtrigger.compiler.Trigger(
                name="video_update_bumps_versions",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="UPDATE devices_device SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_device WHERE id IN (SELECT device_id FROM (SELECT l.device_id, l.group_id, l.shop_id FROM media_library_link l JOIN new_values n ON n.id = l.video_id JOIN old_values o ON o.id = n.id WHERE (o.name, o.kind, o.state, o.file, o.source_url, o.mime, o.size, o.sha256, o.rotation, o.fit_mode, o.display_duration, o.binned_at) IS DISTINCT FROM (n.name, n.kind, n.state, n.file, n.source_url, n.mime, n.size, n.sha256, n.rotation, n.fit_mode, n.display_duration, n.binned_at)) touched WHERE device_id IS NOT NULL) ORDER BY id FOR NO KEY UPDATE);\nUPDATE devices_group SET content_version = content_version + 1 WHERE id IN (SELECT id FROM devices_group WHERE id IN (SELECT group_id FROM (SELECT l.device_id, l.group_id, l.shop_id FROM media_library_link l JOIN new_values n ON n.id = l.video_id JOIN old_values o ON o.id = n.id WHERE (o.name, o.kind, o.state, o.file, o.source_url, o.mime, o.size, o.sha256, o.rotation, o.fit_mode, o.display_duration, o.binned_at) IS DISTINCT FROM (n.name, n.kind, n.state, n.file, n.source_url, n.mime, n.size, n.sha256, n.rotation, n.fit_mode, n.display_duration, n.binned_at)) touched WHERE device_id IS NULL AND group_id IS NOT NULL) ORDER BY id FOR NO KEY UPDATE);\nUPDATE locations_shop SET content_version = content_version + 1 WHERE id IN (SELECT id FROM locations_shop WHERE id IN (SELECT shop_id FROM (SELECT l.device_id, l.group_id, l.shop_id FROM media_library_link l JOIN new_values n ON n.id = l.video_id JOIN old_values o ON o.id = n.id WHERE (o.name, o.kind, o.state, o.file, o.source_url, o.mime, o.size, o.sha256, o.rotation, o.fit_mode, o.display_duration, o.binned_at) IS DISTINCT FROM (n.name, n.kind, n.state, n.file, n.source_url, n.mime, n.size, n.sha256, n.rotation, n.fit_mode, n.display_duration, n.binned_at)) touched WHERE device_id IS NULL AND group_id IS NULL) ORDER BY id FOR NO KEY UPDATE);\nINSERT INTO locations_chain AS chain (id, content_version) SELECT 1, 1 WHERE EXISTS (SELECT FROM (SELECT l.device_id, l.group_id, l.shop_id FROM media_library_link l JOIN new_values n ON n.id = l.video_id JOIN old_values o ON o.id = n.id WHERE (o.name, o.kind, o.state, o.file, o.source_url, o.mime, o.size, o.sha256, o.rotation, o.fit_mode, o.display_duration, o.binned_at) IS DISTINCT FROM (n.name, n.kind, n.state, n.file, n.source_url, n.mime, n.size, n.sha256, n.rotation, n.fit_mode, n.display_duration, n.binned_at)) touched WHERE device_id IS NULL AND group_id IS NULL AND shop_id IS NULL) ON CONFLICT (id) DO UPDATE SET content_version = chain.content_version + 1;\nRETURN NULL;",
                    hash="5429300171ad9044caf6062a928d4c223a5c2456",
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
            model_name="video",
            constraint=models.UniqueConstraint(
                condition=models.Q(("binned_at", None)),
                fields=("name",),
                name="video_name_unique",
                violation_error_code="unique",
                violation_error_message="There is already a media file of this name.",
            ),
        ),
        migrations.RunSQL(CREATE_VIEW, DROP_VIEW),
    ]
