"""What the audit keeps: acts with their person and door, and each row that was changed in one, from what to what.

The database writes both (`dgx.core.audit_triggers`); they outlive what they are about.
"""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Lower, Now

from dgx.core.audit import Door
from dgx.core.audit_triggers import tracked_kinds
from dgx.core.scope import is_known, is_limited, manager_of, visible

ROWS_COUNTED = 1000
"""So many rows of an act are counted, and no more: an act may be of 100,000."""
ROWS_SEARCHED = 5000
"""A search, and a limited person's list, go through the newest so many changed rows that match (of each kind)."""


class Bounded(models.Subquery):
    """The number of rows of a sliced query, up to where it is cut."""

    template = "(SELECT count(*) FROM (%(subquery)s) bounded)"
    output_field = models.IntegerField()


class ChangeQuerySet(models.QuerySet["Change"]):
    """Reads of acts."""

    def visible_to(self, user: Any) -> "ChangeQuerySet":
        """Acts that changed something that the person may see. A limited person finds the newest of them."""
        kinds = kinds_seen_by(user)
        if is_limited(user):
            rows = [
                ChangedRow.objects.of_kind(kind, user).order_by("-id").values("change")[:ROWS_SEARCHED]
                for kind in kinds
            ]
            return self.filter(pk__in=rows[0].union(*rows[1:], all=True)) if rows else self.none()
        return self if kinds == tracked_kinds() else self.filter(kinds__overlap=sorted(kinds))

    def naming(self, text: str) -> "ChangeQuerySet":
        """Acts that changed an object whose name begins so; the newest of them."""
        rows = ChangedRow.objects.alias(name=Lower("label")).filter(name__startswith=text.lower())
        return self.filter(pk__in=rows.order_by("-id").values("change")[:ROWS_SEARCHED])

    def with_rows(self, user: Any) -> "ChangeQuerySet":
        """With `count`, the number of changed rows that the person may see, up to ROWS_COUNTED + 1, and the key of the
        `first` of them."""
        rows = ChangedRow.objects.filter(change=models.OuterRef("pk")).visible_to(user)
        first = rows.order_by("id").values("pk")[:1]
        return self.annotate(
            count=Bounded(rows.order_by().values("pk")[: ROWS_COUNTED + 1]), first=models.Subquery(first)
        )


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

    def visible_to(self, user: Any) -> "ChangedRowQuerySet":
        """Rows of objects that the person may see; for a limited one, of those that are there now."""
        kinds = kinds_seen_by(user)
        if is_limited(user):
            seen = models.Q(pk=None)
            for kind, model in kinds.items():
                seen |= models.Q(kind=kind, object_id__in=visible(manager_of(model).all(), user).values("pk"))
            return self.filter(seen)
        return self if kinds == tracked_kinds() else self.filter(kind__in=sorted(kinds))

    def of_kind(self, kind: str, user: Any) -> "ChangedRowQuerySet":
        """Rows of one kind that the person may see."""
        seen = visible(manager_of(tracked_kinds()[kind]).all(), user)
        return self.filter(kind=kind, object_id__in=seen.values("pk"))

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


def kinds_seen_by(user: Any) -> dict[str, type[models.Model]]:
    """The tracked kinds of objects that the person may look at, of which they may read the changes."""
    if not is_known(user):
        return {}
    limited = is_limited(user)
    return {
        kind: model
        for kind, model in tracked_kinds().items()
        if (hasattr(manager_of(model).all(), "visible_to") or not limited)
        and user.has_perm(f"{model._meta.app_label}.view_{model._meta.model_name}")
    }
