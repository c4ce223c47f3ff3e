"""What the audit keeps: acts with their person and door, and each row that was changed in one, from what to what.

The database writes both (`dgx.core.audit_triggers`); they outlive what they are about.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Lower, Now

from dgx.core.audit import Door


class ChangeQuerySet(models.QuerySet["Change"]):
    """Reads of acts."""


class Change(models.Model):
    """One act: everything that a request, an action, an import or a command changed."""

    act = models.UUIDField(unique=True, editable=False, help_text="The same for all changes of one act.")
    at = models.DateTimeField(db_default=Now(), editable=False, help_text="When its transaction began.")
    door = models.CharField(max_length=20, choices=Door.choices, editable=False, help_text="By which way it came.")
    what = models.TextField(blank=True, editable=False, help_text="What it was for, if it was said.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        editable=False,
        db_constraint=False,
        db_index=False,
        on_delete=models.DO_NOTHING,
        related_name="+",
        help_text="Who did it.",
    )
    who = models.TextField(blank=True, editable=False, help_text="Their name then, which outlives the user.")
    address = models.TextField(blank=True, editable=False, help_text="The request's method and path.")
    request = models.TextField(blank=True, editable=False, help_text="The request's id, by which its logs are found.")
    kinds = ArrayField(models.TextField(), editable=False, help_text="The kinds of objects that it changed.")

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["at", "id"], name="change_at"),
            models.Index(fields=["user", "at", "id"], name="change_by_user"),
            models.Index(fields=["door", "at", "id"], name="change_by_door"),
            GinIndex(fields=["kinds"], name="change_kinds"),
        ]

    def __str__(self) -> str:
        return self.what or self.address or self.get_door_display()


class ChangedRowQuerySet(models.QuerySet["ChangedRow"]):
    """Reads of what was changed."""

    def of(self, obj: models.Model) -> "ChangedRowQuerySet":
        """The history of one object, newest first."""
        return self.filter(kind=obj._meta.label_lower, object_id=obj.pk).select_related("change").order_by("-id")


class ChangedRow(models.Model):
    """One row that an act added, changed or deleted."""

    class Action(models.TextChoices):
        ADDED = "added", "Added"
        CHANGED = "changed", "Changed"
        DELETED = "deleted", "Deleted"

    change = models.ForeignKey(
        Change,
        editable=False,
        db_constraint=False,
        db_index=False,
        on_delete=models.DO_NOTHING,
        related_name="rows",
        help_text="The act that it is a part of.",
    )
    kind = models.TextField(editable=False, help_text="The model, such as devices.device.")
    object_id = models.BigIntegerField(editable=False, help_text="The object's key.")
    action = models.CharField(max_length=7, choices=Action.choices, editable=False, help_text="What became of it.")
    label = models.TextField(editable=False, help_text="The object's name then.")
    fields = models.JSONField(
        default=dict, editable=False, help_text="Changed: {field: [from, to]}. Added or deleted: {field: value}."
    )

    objects = ChangedRowQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["kind", "object_id", "id"], name="changedrow_object"),
            models.Index(fields=["change", "id"], name="changedrow_change"),
            models.Index(OpClass(Lower("label"), name="text_pattern_ops"), name="changedrow_label"),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.action}"
