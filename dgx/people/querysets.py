"""Reads of sessions and token logins: whose, and which still open something."""

from datetime import datetime
from typing import Any

from django.db import models


class SessionQuerySet(models.QuerySet[Any]):
    """Reads of browsers' sessions."""

    def alive(self, at: datetime) -> "SessionQuerySet":
        """Those that did not run out."""
        return self.filter(expire_date__gt=at)

    def of(self, user: Any) -> "SessionQuerySet":
        """The person's, last seen first."""
        return self.filter(user_id=user.pk).order_by("-last_seen_at", "session_key")


class TokenLoginQuerySet(models.QuerySet[Any]):
    """Reads of programs' logins."""

    def alive(self, since: datetime) -> "TokenLoginQuerySet":
        """Those that did not end and whose last refresh token is still good: it was given after `since`."""
        return self.filter(ended_at=None, last_used_at__gt=since)

    def of(self, user: Any) -> "TokenLoginQuerySet":
        """The person's, last used first."""
        return self.filter(user_id=user.pk).order_by("-last_used_at", "pk")
