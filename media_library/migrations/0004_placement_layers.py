"""The placement view with the layer of each link, and with the links that reach the whole chain."""

from importlib import import_module

from django.db import migrations

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
 WHERE NOT EXISTS (SELECT FROM media_library_linkexception e WHERE e.link_id = l.id AND e.device_id = r.device_id)
"""
DROP_VIEW = "DROP VIEW media_library_placement"
CREATE_FIRST_VIEW = import_module("media_library.migrations.0002_placement").CREATE_VIEW


class Migration(migrations.Migration):
    dependencies = [("media_library", "0003_layers")]

    operations = [migrations.RunSQL([DROP_VIEW, CREATE_VIEW], [DROP_VIEW, CREATE_FIRST_VIEW])]
