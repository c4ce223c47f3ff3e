"""Model parts that every app shares, and the API keys of programs."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from dgx.core import audit_tracked  # noqa: F401 — proxies, which carry the triggers on the models of others
from dgx.core.audit_models import Change, ChangedRow
from dgx.core.audit_triggers import tracked
from dgx.core.clock import ClockState
from dgx.core.credentials import hash_secret, make_secret, prefix_of
from dgx.core.scope import OfPersonQuerySet

__all__ = ["ApiKey", "Change", "ChangedRow", "ClockState", "Resource"]


class Resource(models.Model):
    """What the API names: a public UUID beside the database's own key, and when it was made and last touched."""

    public_id = models.UUIDField(
        "public id", default=uuid.uuid4, unique=True, editable=False, help_text="The id in the API; never reused."
    )
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now(), help_text="When it was made.")
    updated_at = models.DateTimeField(auto_now=True, db_default=Now(), help_text="When it was last touched.")

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; `updated_at` always goes along with named fields, so that it stays true."""
        fields = kwargs.get("update_fields")
        if fields is not None and fields:
            kwargs["update_fields"] = {*fields, "updated_at"}
        super().save(*args, **kwargs)


class ApiKeyQuerySet(OfPersonQuerySet["ApiKey"]):
    """Reads of API keys."""

    def valid(self, at: datetime) -> "ApiKeyQuerySet":
        """Keys that open something at that instant: not revoked, not expired, of an active user."""
        return self.filter(
            models.Q(expires_at=None) | models.Q(expires_at__gt=at), revoked_at=None, user__is_active=True
        )


class ApiKey(Resource):
    """A program's credential. It has the rights of its user, or only the reading ones."""

    class Scope(models.TextChoices):
        READ = "read", "Read only"
        WRITE = "write", "Read and write"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="api_keys",
        help_text="The key can do what this user can do.",
    )
    name = models.CharField(max_length=100, help_text="What uses it, such as “stock system”.")
    scope = models.CharField(
        max_length=10, choices=Scope.choices, default=Scope.READ, help_text="Read only refuses every changing call."
    )
    prefix = models.CharField(max_length=20, editable=False, help_text="The first characters, to tell keys apart.")
    key_hash = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the key.")
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="Stops working then. A new key without one gets the latest that is allowed."
    )
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="When it was taken back.")
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="To within a minute.")

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(scope__in=["read", "write"]), name="apikey_scope_known"),
        ]
        triggers = tracked("name", "user", "scope", "prefix", "expires_at", "revoked_at", label="{row}.name")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def clean(self) -> None:
        """A key ends, DGX_API_KEY_DAYS after it was made at the latest. Raises ValidationError."""
        latest = latest_end(self.created_at if self.pk else timezone.now())
        if latest is None:
            return
        if self.expires_at is None and self.pk:
            raise ValidationError({"expires_at": f"Give an end, {latest:%Y-%m-%d} at the latest."})
        if self.expires_at and self.expires_at > latest:
            days = settings.DGX_API_KEY_DAYS
            raise ValidationError({"expires_at": f"At most {days} days after it was made: {latest:%Y-%m-%d}."})

    @classmethod
    def issue(cls, **fields: Any) -> tuple["ApiKey", str]:
        """Make a key; returns it with its secret, which is not kept. Without `expires_at` it gets the latest end."""
        secret = make_secret("k")
        fields["expires_at"] = fields.get("expires_at") or latest_end(timezone.now())
        return cls.objects.create(prefix=prefix_of(secret), key_hash=hash_secret(secret), **fields), secret

    def revoke(self) -> None:
        """Take the key back, at once and for good."""
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])


def latest_end(made_at: datetime) -> datetime | None:
    """When a key that is made then ends at the latest; None where keys may live for ever."""
    days = settings.DGX_API_KEY_DAYS
    return made_at + timedelta(days=days) if days else None
