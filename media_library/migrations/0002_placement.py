"""The view that says which video is on which device, through which link."""

from django.db import migrations

from media_library.models.placement import VIEW_SQL


class Migration(migrations.Migration):
    dependencies = [("media_library", "0001_media"), ("devices", "0001_fleet"), ("locations", "0001_shop")]

    operations = [migrations.RunSQL(VIEW_SQL, "DROP VIEW media_library_placement")]
