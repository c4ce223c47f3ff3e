"""All by which a person is logged in: seen on one page, and ended from it, one by one or all at once."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from dgx.core.audit import describe
from dgx.core.audit_notes import note
from dgx.core.errors import NotFound
from dgx.core.models import ApiKey
from dgx.people.models import Session, TokenLogin
from dgx.people.tokens import alive_since

SHOWN = 50
"""So many of each are on the page; “end all” ends the others as well."""


@dataclass(frozen=True)
class Access:
    """By what a person comes in at an instant."""

    sessions: list[Session]
    logins: list[TokenLogin]
    keys: list[ApiKey]


def access_of(user: Any, *, now: datetime) -> Access:
    """The person's sessions, token logins and API keys that open something."""
    return Access(
        sessions=list(Session.objects.of(user).alive(now)[:SHOWN]),
        logins=list(TokenLogin.objects.of(user).alive(alive_since(now))[:SHOWN]),
        keys=list(ApiKey.objects.valid(now).filter(user=user.pk).order_by("-created_at")[:SHOWN]),
    )


@transaction.atomic
def end_session(user: Any, key: str) -> None:
    """End one of the person's sessions, by its row's key. Raises NotFound."""
    session = Session.objects.of(user).filter(session_key=key[:40]).first()
    if session is None:
        raise NotFound("This session has ended already.")
    session.delete()
    describe(f"Ended a session of {user}")
    note(user, session=(str(session), None))


@transaction.atomic
def end_login(user: Any, public_id: str, *, now: datetime) -> None:
    """End one of the person's token logins. Raises NotFound."""
    login = TokenLogin.objects.of(user).filter(public_id=_uuid(public_id)).first()
    if login is None or not login.end(TokenLogin.Ending.PERSON, now=now):
        raise NotFound("This login has ended already.")
    describe(f"Ended a token login of {user}")
    note(user, token_login=(str(login), None))


@transaction.atomic
def end_all(user: Any, *, now: datetime, but: str = "") -> int:
    """End all of the person's sessions and token logins but the session of that row; returns how many."""
    sessions, _ = Session.objects.of(user).exclude(session_key=but).delete()
    alive = TokenLogin.objects.filter(user=user.pk, ended_at=None, last_used_at__gt=alive_since(now))
    logins = alive.update(ended_at=now, ended_by=TokenLogin.Ending.PERSON)
    if sessions or logins:
        describe(f"Ended all {'other ' if but else ''}sessions and logins of {user}")
        note(user, sessions_and_logins=(sessions + logins, 0))
    return sessions + logins


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
