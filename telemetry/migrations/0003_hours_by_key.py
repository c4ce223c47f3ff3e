"""The list of hours is read newest first through an index that ends the tie of a fleet's many rows of one hour."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("telemetry", "0002_proof_of_play")]
    operations = [
        AddIndexConcurrently(
            model_name="deviceloghour",
            index=models.Index(fields=["hour", "id"], name="devicelog_hour_recent"),
        ),
        RemoveIndexConcurrently(model_name="deviceloghour", name="devicelog_hour"),
    ]
