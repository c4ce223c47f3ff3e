"""How far an old database has been read."""

from django.db import models


class ImportMark(models.Model):
    """The highest id that was read from a table of an old database, so that the next import reads what is newer."""

    source = models.CharField(max_length=200, help_text="The old database: its cluster's identifier and its name.")
    table = models.CharField(max_length=100, help_text="The old table.")
    last_id = models.BigIntegerField(help_text="Rows up to this id have been read.")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["source", "table"], name="importmark_unique")]

    def __str__(self) -> str:
        return f"{self.table} of {self.source} up to {self.last_id}"
