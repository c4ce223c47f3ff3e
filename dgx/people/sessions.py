"""Sessions in the database, bound to the browser that began them, with an idle limit and a longest life.

The row's key is a hash of the cookie's, so a copy of the database opens nothing. What is checked needs no query of its
own: it stands in the row that Django reads anyway, and `last_seen_at` is written once a minute.
"""

import hashlib
import logging
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.http import HttpRequest
from django.utils import timezone

from dgx.core.api.errors import as_refusal
from dgx.core.audit import Door, change
from dgx.core.audit_notes import note
from dgx.core.errors import Unavailable
from dgx.core.lockout import address_of
from dgx.people.agents import family_of, in_words
from dgx.people.models import AGENT_MAX_LENGTH, Session

logger = logging.getLogger(__name__)

KEY = re.compile(r"[a-z0-9]{8,40}")
SEEN_STEP = timedelta(minutes=1)
_BEGAN = "_began"
_AGENT = "_agent"
NO_AGENT = "-"
"""Of a caller who names no browser; empty is the agent of a session that was made outside of a request."""


def row_key(session_key: str) -> str:
    """What is kept of a cookie's key: 160 bits of its SHA-256."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:40]


class SessionStore(db.SessionStore):
    """Django's, on rows of ours. `called_from` says which browser holds the cookie; without it nothing is bound."""

    agent: str = ""
    address: str = ""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def called_from(self, request: HttpRequest) -> None:
        """Remember who calls, for when the session is read or written."""
        agent = request.headers.get("User-Agent", "").replace("\x00", "")
        self.agent = agent[:AGENT_MAX_LENGTH] or NO_AGENT
        self.address = (address_of(request) or "")[:45]

    def _validate_session_key(self, key: str) -> bool:
        """A cookie can hold anything, a NUL too, that PostgreSQL cannot even compare with: such a key is nobody's."""
        return bool(key) and KEY.fullmatch(key) is not None

    def load(self) -> dict[str, Any]:
        """The session's data; nothing where it ran out, or where another browser brings it."""
        now = timezone.now()
        row = self._alive(now)
        if row is None or not self._is_theirs(row):
            self._session_key = None
            return {}
        self._touch(row, now)
        return dict(self.decode(row.session_data))

    def save(self, must_create: bool = False) -> None:
        """As Django's, which takes a database that fails for a session that was ended meanwhile: that would be 400."""
        try:
            super().save(must_create)
        except UpdateError as ended:
            failure = ended.__context__
            if isinstance(failure, Exception) and isinstance(as_refusal(failure), Unavailable):
                raise failure from failure.__cause__
            raise

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(session_key=row_key(session_key)).exists()

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            Session.objects.filter(session_key=row_key(key)).delete()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row to be saved. When and where a person's session began goes along in its data."""
        now = timezone.now()
        if data.get(SESSION_KEY):
            data.setdefault(_BEGAN, now.timestamp())
            data[_AGENT] = data.get(_AGENT) or self.agent
        began = datetime.fromtimestamp(data.get(_BEGAN, now.timestamp()), UTC)
        return Session(
            session_key=row_key(self._get_or_create_session_key()),  # type: ignore[attr-defined]  # Django's own
            session_data=self.encode(data),
            expire_date=ends_at(began, now),
            user_id=data.get(SESSION_KEY),
            agent=data.get(_AGENT) or self.agent,
            address=self.address,
            began_at=began,
            last_seen_at=now,
        )

    def _alive(self, now: datetime) -> Session | None:
        key = self.session_key
        return Session.objects.alive(now).filter(session_key=row_key(key)).first() if key else None

    def _is_theirs(self, row: Session) -> bool:
        """A cookie that comes from another kind of browser was carried off: its session ends."""
        is_known = row.user_id and row.agent and self.agent
        if not is_known or family_of(row.agent) == family_of(self.agent):
            return True
        end_strayed(row, agent=self.agent, address=self.address)
        return False

    def _touch(self, row: Session, now: datetime) -> None:
        """Note that it was seen, once a minute, and by which browser if that was not known yet."""
        is_first = not row.agent and self.agent not in {"", NO_AGENT}
        if is_first or now - row.last_seen_at >= SEEN_STEP:
            Session.objects.filter(pk=row.pk).update(
                last_seen_at=now,
                expire_date=ends_at(row.began_at, now),
                address=self.address or row.address,
                agent=row.agent or self.agent,
            )


def ends_at(began: datetime, seen: datetime) -> datetime:
    """When a session ends by itself: after its idle limit, and at the latest after its longest life."""
    idle = timedelta(hours=settings.DGX_SESSION_IDLE_HOURS)
    return min(seen + idle, began + timedelta(seconds=settings.SESSION_COOKIE_AGE))


def end_strayed(row: Session, *, agent: str, address: str) -> None:
    """End a session whose cookie came from another browser; the log and the audit say so."""
    deleted, _ = Session.objects.filter(pk=row.pk).delete()
    if not deleted:
        return
    stray = in_words(agent)
    logger.warning("ended a session of user %s: its cookie came from %s at %s", row.user_id, stray, address)
    if row.user is None:
        return
    with change(door=Door.SYSTEM, what="Ended a session: its cookie came from another browser"):
        note(row.user, session=(str(row), None), came_from=(None, f"{stray} at {address}"))
