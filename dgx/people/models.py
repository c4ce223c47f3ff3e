"""What a person is logged in by: sessions of browsers and token logins of programs; and what proves them beside the
password: an authenticator app and recovery codes, which are django-otp's, kept so that a copy of the database opens
nothing."""

import uuid
from datetime import datetime
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from dgx.core.audit_triggers import tracked_members
from dgx.people.agents import in_words
from dgx.people.querysets import SessionQuerySet, TokenLoginQuerySet

AGENT_MAX_LENGTH = 255

_USER = "(SELECT u.username FROM auth_user u WHERE u.id = {row}.user_id)"

_END_ALL = (
    "DELETE FROM people_session WHERE user_id = {user}; "
    "UPDATE people_tokenlogin SET ended_at = now(), ended_by = 'credentials' "
    "WHERE user_id = {user} AND ended_at IS NULL; RETURN NULL;"
)
"""By whichever path it comes, the admin, a command or SQL: who may come in has changed, so all come in anew."""


class Session(AbstractBaseSession):
    """A browser's session. Its key is made of the cookie's by SHA-256, so it may be shown and opens nothing."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.CASCADE,
        db_constraint=False,  # a person who was deleted meanwhile is none; a failed save would try other keys for ever
        related_name="+",
        help_text="Who is logged in; empty before the second step.",
    )
    agent = models.CharField(
        max_length=AGENT_MAX_LENGTH, blank=True, help_text="The browser's User-Agent; empty until one came."
    )
    address = models.CharField(max_length=45, blank=True, help_text="Where it was last seen from.")
    began_at = models.DateTimeField(default=timezone.now, help_text="When the person logged in.")
    last_seen_at = models.DateTimeField(default=timezone.now, help_text="To within a minute.")

    objects: Any = SessionQuerySet.as_manager()  # type: ignore[assignment,misc]  # in place of the base's

    class Meta(AbstractBaseSession.Meta):
        default_permissions = ()

    @classmethod
    def get_session_store_class(cls) -> Any:
        """The store that writes these rows."""
        from dgx.people.sessions import SessionStore  # noqa: PLC0415 — the store knows this model

        return SessionStore

    @property
    def browser(self) -> str:
        """“Firefox on Windows”."""
        return in_words(self.agent)

    def __str__(self) -> str:
        return f"{self.browser} at {self.address}" if self.address else self.browser


class TokenLogin(models.Model):
    """A program that logged in with a name and a password. All its refresh tokens, each made of the one before, are one
    family: they carry its id and end with it."""

    class Ending(models.TextChoices):
        LOGOUT = "logout", "Logged out"
        PERSON = "person", "Ended in the admin"
        REUSE = "reuse", "A refresh token came twice"
        CREDENTIALS = "credentials", "Password, second factor or standing changed"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False, help_text="What its tokens carry.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", help_text="Who logged in."
    )
    agent = models.CharField(max_length=AGENT_MAX_LENGTH, blank=True, help_text="The program's User-Agent.")
    address = models.CharField(max_length=45, blank=True, help_text="Where it was last seen from.")
    began_at = models.DateTimeField(default=timezone.now, help_text="When it logged in.")
    last_used_at = models.DateTimeField(default=timezone.now, help_text="When it last refreshed its tokens.")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Since when its tokens open nothing.")
    ended_by = models.CharField(max_length=20, blank=True, choices=Ending.choices, help_text="Why it ended.")

    objects = TokenLoginQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["-last_used_at"]

    def __str__(self) -> str:
        program = in_words(self.agent)
        return f"{program} at {self.address}" if self.address else program

    @property
    def program(self) -> str:
        """“Python”, “curl”: what its User-Agent says."""
        return in_words(self.agent)

    def end(self, why: str, *, now: datetime) -> bool:
        """Its tokens open nothing from now on; False where they did not any more."""
        return bool(TokenLogin.objects.filter(pk=self.pk, ended_at=None).update(ended_at=now, ended_by=why))


class Authenticator(TOTPDevice):
    """An app that shows six digits. The row keeps random bytes from which, with DGX_SECRET_KEY, the app's secret is
    made: neither of both alone gives it."""

    NAME = "authenticator app"

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = [
            *tracked_members("second_factor", kind="auth.user", owner="user_id", member="name", label=_USER),
            pgtrigger.Trigger(
                name="new_ends_access",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func=_END_ALL.format(user="NEW.user_id"),
            ),
            pgtrigger.Trigger(
                name="gone_ends_access",
                when=pgtrigger.After,
                operation=pgtrigger.Delete,
                func=_END_ALL.format(user="OLD.user_id"),
            ),
        ]

    @property
    def bin_key(self) -> bytes:
        """The app's secret, 20 bytes, as RFC 4226 wants it at least."""
        return secret_of(self.key)


class RecoveryCodes(StaticDevice):
    """Ten codes, each good once, for the day on which the phone is gone. Kept as a fingerprint that DGX_SECRET_KEY has
    its part in."""

    class Meta:
        proxy = True
        default_permissions = ()

    def verify_token(self, token: str) -> bool:
        return bool(super().verify_token(fingerprint_of(token)))


class PersonsAccess(User):
    """A new password, or standing that was taken away, ends all sessions and token logins."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = [
            pgtrigger.Trigger(
                name="change_ends_access",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("password", "is_active"),
                condition=pgtrigger.Condition(
                    "OLD.password IS DISTINCT FROM NEW.password OR (OLD.is_active AND NOT NEW.is_active)"
                ),
                func=_END_ALL.format(user="NEW.id"),
            )
        ]


def secret_of(key: str) -> bytes:
    """The secret of an authenticator app whose row keeps `key`."""
    return salted_hmac("dgx.people.authenticator", key, algorithm="sha256").digest()[:20]


def fingerprint_of(code: str) -> str:
    """What is kept of a recovery code: 64 bits, as many as django-otp's column takes; a code has 40."""
    return salted_hmac("dgx.people.recovery", code, algorithm="sha256").hexdigest()[:16]
