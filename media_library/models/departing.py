"""Objects of the store whose row was deleted for good, and which wait until nobody can be fetching them any more."""

from django.db import models


class DepartingObject(models.Model):
    """A stored object that goes once the addresses that manifests held of it are dead, unless a row names it again."""

    key = models.CharField(max_length=512, unique=True, help_text="The object's key.")
    due_at = models.DateTimeField(db_index=True, help_text="It goes from then on, if no row names it.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.key
